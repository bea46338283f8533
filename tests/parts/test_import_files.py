"""Uploaded files of an old site come to where the target keeps each kind: buckets, or folders of volumes."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from import_target import PASSWORD, Target
from rich.console import Console
from s3_server import S3Server
from servers import MariaDb, demand_modules

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.transfer.file_copying import FileCopying
from openedx_infra.operations.transfer.place import Place
from openedx_infra.operations.transfer.report import Report
from openedx_infra.operations.transfer.source import Folder
from openedx_infra.settings.connections import Buckets, Volumes
from openedx_infra.settings.datastores.buckets import bucket_secrets
from openedx_infra.settings.datastores.files import files

pytestmark = pytest.mark.parts

NAMES = ("public", "private", "grades", "ora", "exports")
OLD = {
    "media": {
        "profile-images/ab_30.jpg": b"face",
        "video-transcripts/x.srt": b"words",
        "grades/X/report.csv": b"a,b",
        "X/Y/edx_sga/block/sum.pdf": b"assignment",
        "notes/ümlaut file.txt": b"x" * 3_000_000,
        "django-pyfs/one": b"of an xblock",
    },
    "private": {"openedx-learning/a/b": b"library", "something": b"else"},
    "ora2": {
        "openedxuploads/submissions_attachments/key/content": b"essay",
        "openedxuploads/submissions_attachments/key/metadata.json": b"{}",
    },
}
IN_FOLDERS = {
    "media/profile-images/ab_30.jpg",
    "media/notes/ümlaut file.txt",
    "media/django-pyfs/one",
    "private/transcripts/video-transcripts/x.srt",
    "private/reports/grades/X/report.csv",
    "private/sga/X/Y/edx_sga/block/sum.pdf",
    "private/openedx-learning/a/b",
    "private/ora2/ora2/submissions_attachments/key/content",
    "private/ora2/ora2/submissions_attachments/key/metadata.json",
}
IN_BUCKETS = {
    "dev-public/profile-images/ab_30.jpg",
    "dev-private/media/notes/ümlaut file.txt",
    "dev-private/django-pyfs/one",
    "dev-private/transcripts/video-transcripts/x.srt",
    "dev-private/sga/X/Y/edx_sga/block/sum.pdf",
    "dev-private/openedx-learning/a/b",
    "dev-grades/grades/X/report.csv",
    "dev-ora/submissions_attachments/key",
}


class _Pod:
    """The target as the verb sees it. Streams can be cut, as a kill cuts them."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.keep: Callable[[bytes], bytes] = lambda data: data
        self.sent: list[int] = []

    def ask(self, script: str, request: Any, *, data: Any = None, on_line: Any = None) -> Any:
        parts = []
        while data is not None and (piece := data.read(2**16)):
            parts.append(piece)
        whole = b"".join(parts)
        if request["action"] == "files_put":
            self.sent.append(len(whole))
            whole = self.keep(whole)
        answer = self.target.ask(data=whole, **request)
        if "refused" in answer:
            raise OperationError(str(answer["refused"]))
        return answer["done"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    for kind, content in OLD.items():
        for name, data in content.items():
            path = tmp_path / "old" / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (1_700_000_000, 1_700_000_000))
    return tmp_path / "old"


def pod(tmp_path: Path, mariadb: MariaDb, storage: dict[str, Any]) -> _Pod:
    demand_modules("MySQLdb", "yaml", "boto3")
    target = Target(tmp_path, mariadb, None, storage=storage)
    target.prepare()
    return _Pod(target)


def copied(pod: _Pod, old: Path) -> Report:
    report = Report(stack="campus", source="old", release="verawood")
    for kind in OLD:
        folder = Folder(kind=kind, place=Place(path=str(old / kind)))
        FileCopying(pod=pod, report=report, console=Console(file=io.StringIO())).run(folder)
    return report


def in_folders(tmp_path: Path) -> Any:
    """Settings of volumes, with the folders of a pod below another one."""
    text = yaml.safe_dump(files("lms", Volumes()))
    return yaml.safe_load(text.replace("/openedx/", f"{tmp_path}/openedx/"))


def test_into_volumes(tmp_path: Path, mariadb: MariaDb, old: Path) -> None:
    there = pod(tmp_path, mariadb, in_folders(tmp_path))
    report = copied(there, old)
    root = tmp_path / "openedx"
    found = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    assert {*found} == IN_FOLDERS
    assert found["private/ora2/ora2/submissions_attachments/key/content"].read_bytes() == b"essay"
    assert report.files["media"] == {"count": 6, "bytes": 3_000_000 + 4 + 5 + 3 + 10 + 12, "compared": 6}
    assert "1 files of private have no place here" in report.notes
    before = len(there.sent)
    copied(there, old)
    assert len(there.sent) == before, "nothing is sent that is there"
    (old / "media" / "profile-images" / "ab_30.jpg").write_bytes(b"smil")
    (old / "media" / "new.txt").write_bytes(b"new")
    copied(there, old)
    assert found["media/profile-images/ab_30.jpg"].read_bytes() == b"smil"
    assert there.sent[before:] == [there.sent[-1]] and there.sent[-1] < 100_000, "only what changed is sent"


def test_a_stream_that_is_cut_goes_on(tmp_path: Path, mariadb: MariaDb, old: Path) -> None:
    there = pod(tmp_path, mariadb, in_folders(tmp_path))
    there.keep = lambda data: data[: len(data) // 2]
    with pytest.raises(OperationError, match=r"cut short|did not come"):
        copied(there, old)
    assert not [path for path in (tmp_path / "openedx").rglob("*.txt") if path.stat().st_size < 3_000_000]
    there.keep = lambda data: data
    assert copied(there, old).files["media"]["count"] == 6


def test_a_difference_under_the_same_size_is_found(tmp_path: Path, mariadb: MariaDb, old: Path) -> None:
    there = pod(tmp_path, mariadb, in_folders(tmp_path))
    copied(there, old)
    (tmp_path / "openedx" / "media" / "profile-images" / "ab_30.jpg").write_bytes(b"evil")
    with pytest.raises(OperationError, match=r"differ from the source's: profile-images/ab_30\.jpg"):
        copied(there, old)


def test_into_buckets(tmp_path: Path, mariadb: MariaDb, old: Path, s3: S3Server) -> None:
    buckets = Buckets(names={name: f"dev-{name}" for name in NAMES}, region="us-east-1", endpoint=s3.url)
    plain, secret = files("lms", buckets), bucket_secrets(buckets, s3.secrets)
    there = pod(tmp_path, mariadb, {**plain, **{k: v for k, v in secret.items() if k != "DJFS"}})
    report = copied(there, old)
    client = s3.client(s3.secrets["s3_access_key"], s3.secrets["s3_secret_key"])
    found = {
        f"dev-{name}/{each['Key']}"
        for name in NAMES
        for each in client.list_objects_v2(Bucket=f"dev-{name}").get("Contents", ())
    }
    assert found == IN_BUCKETS
    assert client.get_object(Bucket="dev-ora", Key="submissions_attachments/key")["Body"].read() == b"essay"
    assert (
        client.head_object(Bucket="dev-public", Key="profile-images/ab_30.jpg")["ContentType"] == "image/jpeg"
    )
    assert report.files["ora2"] == {"count": 1, "bytes": 5, "compared": 1}
    before = len(there.sent)
    copied(there, old)
    assert len(there.sent) == before
    for each in found:
        bucket, _, key = each.partition("/")
        client.delete_object(Bucket=bucket, Key=key)


def test_a_file_that_would_leave_its_folder(tmp_path: Path, mariadb: MariaDb) -> None:
    there = pod(tmp_path, mariadb, in_folders(tmp_path))
    done = subprocess.run(
        ["tar", "-cPf", "-", "--transform", "s,^.*$,../../evil,", __file__], capture_output=True
    )
    with pytest.raises(OperationError, match="would leave its folder"):
        there.ask("transfer", {"action": "files_put", "kind": "media"}, data=io.BytesIO(done.stdout))
    assert not (tmp_path.parent / "evil").exists() and PASSWORD
