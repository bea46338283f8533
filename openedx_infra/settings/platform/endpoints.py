"""boto3 with two endpoints: requests go to the address among pods, signed addresses name the public one.

Runs in the platform. Requests go to the server's address among pods. An address that is made for somebody
else, with a signature or without one, names the public endpoint instead, before it is signed: no request is
made to the public name, and no pod needs to resolve it.
"""

import os
from functools import partial
from urllib.parse import urlsplit

import boto3
import botocore
import botocore.session
from botocore.config import Config


def prepare(endpoint, public_endpoint, region, addressing):
    """Tell libraries that ask boto3 alone: openassessment, django-pyfs, fs-s3fs."""
    os.environ["AWS_DEFAULT_REGION"] = region
    if endpoint:
        os.environ["AWS_ENDPOINT_URL_S3"] = endpoint
        # Not every server knows the checksums that boto3 adds by itself.
        os.environ["AWS_REQUEST_CHECKSUM_CALCULATION"] = "when_required"
        os.environ["AWS_RESPONSE_CHECKSUM_VALIDATION"] = "when_required"
    boto3.setup_default_session(botocore_session=prepared(endpoint, public_endpoint, addressing))


class Session(botocore.session.Session):
    """Signs addresses of S3 by version 4 of AWS' signatures, which servers and new buckets of AWS ask for.

    For some regions, us-east-1 among them, boto3 signs addresses by version 2, unless a profile of AWS' own
    configuration says otherwise. A client whose own configuration says otherwise, such as one that signs
    nothing, stays as it is.
    """

    def get_scoped_config(self):
        """The profile of AWS' own configuration, with the signatures of S3."""
        profile = dict(super().get_scoped_config())
        of_s3 = profile.get("s3")
        profile["s3"] = {"signature_version": "s3v4"} | (of_s3 if isinstance(of_s3, dict) else {})
        return profile


def prepared(endpoint, public_endpoint, addressing):
    """A session of botocore whose clients of S3 sign addresses for browsers."""
    session = Session()
    session.set_default_client_config(Config(s3={"addressing_style": addressing}))
    if endpoint and public_endpoint and endpoint != public_endpoint:
        inside, outside = urlsplit(endpoint), urlsplit(public_endpoint)
        session.register("before-sign.s3", partial(name_public_endpoint, inside, outside))
    return session


def name_public_endpoint(inside, outside, request, signature_version, **event):
    """Let an address that is about to be signed name the public endpoint, with the bucket before it, if
    that is where it stands. Requests proper stay as they are.
    """
    if signature_version is not botocore.UNSIGNED and not signature_version.endswith("-query"):
        return
    address = urlsplit(request.url)
    if address.netloc.endswith(inside.netloc):
        host = address.netloc.removesuffix(inside.netloc) + outside.netloc
        request.url = address._replace(scheme=outside.scheme, netloc=host).geturl()
