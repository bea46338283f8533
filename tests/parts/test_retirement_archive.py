"""Records of retired accounts are in a bucket of a real S3 server before the LMS deletes them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from retirement_run import Run, account
from s3_server import S3Server

pytestmark = pytest.mark.parts

BUCKET = "dev-exports"


def archived(server: S3Server, folder: str) -> list[dict[str, Any]]:
    """All records in a folder of the bucket."""
    client = server.platform()
    objects = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/").get("Contents", [])
    bodies = [client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in objects]
    return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]


def run(server: S3Server, place: Path, folder: str, key: str, accounts: dict[str, Any]) -> Run:
    archive = {"bucket": BUCKET, "endpoint": server.url, "folder": folder}
    keys = {
        "retirement_archive_access_key": server.secrets["s3_access_key"],
        "retirement_archive_secret_key": key,
    }
    return Run(place, accounts, secrets=keys, archive=archive)


def test_all_records_are_there_once(s3: S3Server, tmp_path: Path) -> None:
    accounts = {f"old-{n}": account(n, state="COMPLETE", days=60) for n in range(150)}
    accounts["young"] = account(999, state="COMPLETE", days=20)
    for _ in range(2):  # The second is that of a run that was cut short before the LMS deleted them.
        done = run(s3, tmp_path, "retired", s3.secrets["s3_secret_key"], accounts)
        assert done.code == 0 and set(done.accounts) == {"young"}, done.printed
    names = sorted(record["original_username"] for record in archived(s3, "retired"))
    assert names == sorted(name for name in accounts if name != "young")


def test_a_wrong_key_loses_no_record(s3: S3Server, tmp_path: Path) -> None:
    done = run(s3, tmp_path, "refused", "wrong", {"old-ann": account(1, state="COMPLETE", days=60)})
    assert done.code == 1 and set(done.accounts) == {"old-ann"}, done.printed
    assert "bucket dev-exports took nothing, and no record was deleted" in done.printed
    assert "SignatureDoesNotMatch" in done.printed
    assert archived(s3, "refused") == []
