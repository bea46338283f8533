"""Checks of buckets: they exist, the platform may write, and strangers may read the public one alone."""

import time
import urllib.error
import urllib.request
import uuid
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from . import cors, network, proxy
from .report import Fault, Findings, secret

PROBE = "openedx-preflight"
"""What the names of probe objects begin with."""


def check(store: dict[str, Any], findings: Findings) -> None:
    """Look at each bucket."""
    connection = store["connection"]
    if "names" not in connection:  # volumes: nobody is asked
        return
    if connection["endpoint"]:
        endpoint = urlsplit(connection["endpoint"])
        tls = network.WEB if endpoint.scheme == "https" else None
        port = endpoint.port or (443 if tls else 80)
        host = endpoint.hostname or ""
        if not proxy.is_used_for(host, port, encrypted=tls is not None):
            network.probe(host, port, tls, findings, "endpoint")
        elif tls:
            proxy.probe(host, port, tls, findings, "endpoint")
    client = _client(connection)
    for purpose, name in connection["names"].items():
        try:
            Bucket(client, connection, purpose, name, findings).look()
            if purpose in cors.METHODS:
                cors.look(connection, purpose, name, store["origins"], findings)
        except Fault as fault:
            findings.fault(fault.text, fault.field)
    for service in store.get("services", ()):
        bucket = Bucket(client, connection, service["purpose"], service["name"], findings)
        bucket.field = service["field"]
        try:
            bucket.look()
        except Fault as fault:
            findings.fault(fault.text, fault.field)


class Bucket:
    """One bucket, and what it is for."""

    def __init__(
        self, client: Any, connection: dict[str, Any], purpose: str, name: str, findings: Findings
    ) -> None:
        self.client, self.connection, self.purpose, self.name = client, connection, purpose, name
        self.findings, self.field = findings, f"buckets.{purpose}"

    def look(self) -> None:
        """Put, get and delete an object, and see what strangers may."""
        self._head()
        key = f"{PROBE}/{uuid.uuid4()}"
        self._do("put into", "put_object", Key=key, Body=b"preflight")
        try:
            if self._do("get from", "get_object", Key=key)["Body"].read() != b"preflight":
                raise Fault(f"bucket {self.name} gives back something else than was put into it", self.field)
            if not self.connection["role"]:
                self._look_as_stranger(key)
            if self.purpose != "public" and self.connection["endpoint"]:
                self._look_by_signature(key)
        finally:
            self._do("delete from", "delete_object", Key=key)

    def _head(self) -> None:
        before = time.time()
        answer = self._do("see", "head_bucket")
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if date and self.purpose == "public":
            self.findings.clock(parsedate_to_datetime(date).timestamp(), before - 1, time.time())

    def _look_as_stranger(self, key: str) -> None:
        reads, lists = self._answers(f"/{key}"), self._answers("/?list-type=2")
        if self.purpose == "public":
            if not reads:
                self.findings.fault(
                    f"strangers can't read bucket {self.name}, so that pages would lack their images: allow "
                    "s3:GetObject to everybody",
                    self.field,
                )
            if lists:
                self.findings.fault(
                    f"strangers can list bucket {self.name}: take s3:ListBucket from everybody", self.field
                )
        elif reads or lists:
            self.findings.fault(
                f"strangers can {'read' if reads else 'list'} bucket {self.name}, which is private: take all "
                "rights from everybody",
                self.field,
            )

    def _look_by_signature(self, key: str) -> None:
        """As browsers get a private file: by a signed address at the public endpoint, by the platform's keys
        (settings/platform/endpoints.py). Pods need not reach that endpoint."""
        public = self.connection["public_endpoint"] or self.connection["endpoint"]
        signing = _client({**self.connection, "endpoint": public})
        params = {"Bucket": self.name, "Key": key}
        url = signing.generate_presigned_url("get_object", Params=params, ExpiresIn=300)
        try:
            with urllib.request.urlopen(url, timeout=network.TIMEOUT):
                return
        except urllib.error.HTTPError as error:
            self.findings.fault(
                f"a signed address of bucket {self.name} is refused at {urlsplit(url).netloc} "
                f"({error.code}), so that browsers get none of its files: let what stands before the S3 "
                "server pass on the host and the query that were asked for, as signatures cover both",
                "public_endpoint" if self.connection["public_endpoint"] else self.field,
            )
        except OSError as error:
            reason = getattr(error, "reason", error)
            self.findings.note(f"signed addresses at {urlsplit(url).netloc} were not tried ({reason})")

    def _answers(self, path: str) -> bool:
        """Whether a stranger gets what is at a path of the bucket."""
        address = cors.address(self.client.meta.endpoint_url, self.connection["addressing"], self.name)
        host = urlsplit(address).netloc
        try:
            with urllib.request.urlopen(f"{address}{path}", timeout=network.TIMEOUT) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False
        except OSError as error:
            why = getattr(error, "reason", error)
            raise Fault(
                f"bucket {self.name} can't be reached at {host} as browsers would ({why}): publish the name, "
                "and give the server a certificate for it",
                self.field,
            ) from error

    def _do(self, what: str, call: str, **arguments: Any) -> Any:
        errors = import_module("botocore.exceptions")
        try:
            return getattr(self.client, call)(Bucket=self.name, **arguments)
        except errors.ClientError as error:
            raise Fault(*self._refusal(what, error.response)) from error
        except errors.BotoCoreError as error:
            raise Fault(f"bucket {self.name} can't be reached ({error})", "endpoint") from error

    def _refusal(self, what: str, response: dict[str, Any]) -> tuple[str, str]:
        code = str(response["Error"]["Code"])
        if code in ("404", "NoSuchBucket"):
            return f"there is no bucket {self.name}: make it, or correct its name", self.field
        if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
            return (
                f"its keys are refused ({code}): put the right ones into openedx:secrets.s3_access_key and "
                "openedx:secrets.s3_secret_key",
                "",
            )
        if code == "RequestTimeTooSkewed":
            return "the clocks differ too much for signed requests: let both keep time by NTP", ""
        return (
            f"the platform may not {what} bucket {self.name} ({code}): allow its key s3:ListBucket, "
            "s3:GetObject, s3:PutObject and s3:DeleteObject, or put the right key into openedx:secrets",
            self.field,
        )


def _client(connection: dict[str, Any]) -> Any:
    boto3, config = import_module("boto3"), import_module("botocore.config")
    keys = (
        {}
        if connection["role"]
        else {
            "aws_access_key_id": secret("s3_access_key"),
            "aws_secret_access_key": secret("s3_secret_key"),
        }
    )
    return boto3.client(
        "s3",
        endpoint_url=connection["endpoint"],
        region_name=connection["region"],
        config=config.Config(
            s3={"addressing_style": connection["addressing"]},
            signature_version="s3v4",  # as the platform's storages sign
            connect_timeout=network.TIMEOUT,
            read_timeout=network.TIMEOUT,
            retries={"max_attempts": 2},
        ),
        **keys,
    )
