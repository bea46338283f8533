"""The preflight looks at every bucket, even when strangers can't reach one of them."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.message import Message
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from openedx_infra.scripts.preflight import buckets
from openedx_infra.scripts.preflight.report import Report

STORE = {
    "origins": [],
    "connection": {
        "names": {"private": "campus-private", "grades": "campus-grades"},
        "endpoint": None,
        "region": "eu-west-1",
        "addressing": "virtual",
        "role": None,
    },
}


class Client:
    """An S3 server that has every bucket, and holds what was put into it last."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.meta = SimpleNamespace(endpoint_url="https://s3.eu-west-1.amazonaws.com")

    def head_bucket(self, **_: Any) -> dict[str, Any]:
        return {"ResponseMetadata": {"HTTPHeaders": {}}}

    def put_object(self, **_: Any) -> None: ...

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": BytesIO(b"preflight")}

    def delete_object(self, **arguments: Any) -> None:
        self.deleted.append(arguments["Bucket"])


@pytest.mark.parametrize(
    "error",
    [urllib.error.URLError("Name or service not known"), TimeoutError("timed out")],
    ids=["dns", "time"],
)
def test_each_bucket_that_strangers_cannot_reach_is_a_fault_of_its_own(
    monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    client = Client()

    def urlopen(url: str, **_: Any) -> Any:
        if "campus-private" in url:
            raise error
        raise urllib.error.HTTPError(url, 403, "Forbidden", Message(), None)

    errors = SimpleNamespace(ClientError=KeyError, BotoCoreError=KeyError)
    monkeypatch.setattr(buckets, "import_module", lambda name: errors)
    monkeypatch.setattr(buckets, "_client", lambda _: client)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    report = Report()
    buckets.check(STORE, report.of("openedx:datastores.storage", external=True))
    [fault] = report.faults
    assert fault.startswith(
        "openedx:datastores.storage.buckets.private: bucket campus-private can't be reached"
    )
    assert "campus-private.s3.eu-west-1.amazonaws.com" in fault
    assert client.deleted == ["campus-private", "campus-grades"], "no probe is left"
