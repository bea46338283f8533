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


def prepared(endpoint, public_endpoint, addressing):
    """A session of botocore whose clients of S3 sign addresses for browsers."""
    session = botocore.session.Session()
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
