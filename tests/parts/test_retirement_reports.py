"""Partners are told of retired learners by tables in a bucket of a real S3 server, once, and none is lost."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from retirement_run import Run, account
from s3_server import S3Server

pytestmark = pytest.mark.parts

BUCKET = "dev-exports"


def run(server: S3Server, place: Path, accounts: dict[str, Any], key: str = "", **more: Any) -> Run:
    reports = {"bucket": BUCKET, "endpoint": server.url, **more}
    secrets = {
        "retirement_reports_access_key": server.secrets["s3_access_key"],
        "retirement_reports_secret_key": key or server.secrets["s3_secret_key"],
    }
    return Run(place, accounts, secrets=secrets, partner_reports=reports)


def tables(server: S3Server, folder: str) -> dict[str, list[dict[str, str]]]:
    """The rows of all tables, by the partner's folder."""
    client = server.platform()
    found: dict[str, list[dict[str, str]]] = {}
    for each in client.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/").get("Contents", []):
        if each["Key"].endswith(".csv"):
            body = client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read().decode()
            partner = each["Key"].removeprefix(f"{folder}/").partition("/")[0]
            found.setdefault(partner, []).extend(csv.DictReader(io.StringIO(body)))
    return found


def test_each_partner_is_told_of_its_own_learners_once(s3: S3Server, tmp_path: Path) -> None:
    accounts = {
        "ann": account(1, orgs=["NorthX", "EastX"], name="=SUM(A1)"),
        "bob": account(2, orgs=["NorthX"]),
        "cleo": account(3, orgs=["QuietX"]),
        "dora": account(4),
    }
    partners = {"NorthX": ["north", "union"], "QuietX": []}
    done = run(s3, tmp_path, accounts, folder="told", partners=partners)
    assert done.code == 0 and set(done.states().values()) == {"COMPLETE"}, done.printed
    found = tables(s3, "told")
    assert {name: [row["original_username"] for row in rows] for name, rows in found.items()} == {
        "north": ["ann", "bob"],
        "union": ["ann", "bob"],
        "EastX": ["ann"],
    }
    first = found["north"][0]
    assert (first["user_id"], first["original_email"]) == ("1", "ann@example.org")
    assert first["deletion_completed"] == "2026-11-23T05:00:00Z"
    assert first["original_name"] == "'=SUM(A1)", "a spreadsheet would run it"
    assert {each.get("queued") for each in done.accounts.values()} == {"reported", None}
    assert "ann" not in done.printed

    again = run(s3, tmp_path, done.accounts, folder="told", partners=partners)
    assert again.code == 0 and tables(s3, "told") == found


def test_a_bucket_that_takes_nothing_leaves_the_queue_as_it_is(s3: S3Server, tmp_path: Path) -> None:
    done = run(s3, tmp_path, {"ann": account(1, orgs=["NorthX"])}, key="wrong", folder="refused")
    assert done.code == 1 and "took nothing, and no partner was told" in done.printed
    assert done.accounts["ann"]["queued"] == "waits" and done.states() == {"ann": "COMPLETE"}
    assert tables(s3, "refused") == {}
    later = run(s3, tmp_path, done.accounts, folder="refused")
    assert later.code == 0 and list(tables(s3, "refused")) == ["NorthX"]
