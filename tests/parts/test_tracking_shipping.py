"""Every tracking event arrives in the bucket, once, whoever is killed and whatever is away meanwhile.

The handler of the platform's settings, the script of the sidecar, rclone, and the instance's own S3 server;
minutes are one second long.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from s3_fixtures import SECRETS
from s3_server import BUCKETS, S3Server
from testing_tools import ensure_for_tests

from openedx_infra import scripts
from openedx_infra.components.edx_platform import tracking_logs
from openedx_infra.components.instance import FLUSH_SECONDS
from openedx_infra.config.sections.monitoring import Monitoring, Tracking
from openedx_infra.settings import logs, paths
from openedx_infra.settings.connections import Buckets, Purpose

pytestmark = pytest.mark.parts

ROOT = Path(__file__).parents[2]
SAID = Tracking()
NAMES: dict[Purpose, str] = {"private": "dev-private"}


class Pod:
    """What a pod is to Kubernetes: a folder that several processes share."""

    def __init__(self, folder: Path, server: S3Server, rclone: Path) -> None:
        self.folder, self.server, self.rclone = folder, server, rclone
        self.spool, self.config = folder / "spool", folder / "config"
        self.spool.mkdir(parents=True)
        self.config.mkdir()
        storage = Buckets(names=NAMES, region="us-east-1", endpoint=server.url)
        login = (SECRETS["s3_access_key"], SECRETS["s3_secret_key"])
        for name, text in {
            "ship.sh": scripts.text("tracking_ship.sh"),
            "rclone.conf": tracking_logs.rclone_config(SAID, storage, *login),
            "remote": tracking_logs.remote_path(SAID, storage),
        }.items():
            (self.config / name).write_text(text)
        self._started: list[subprocess.Popen[str]] = []

    def write(self, name: str, count: int, pause: float) -> subprocess.Popen[str]:
        """Start a process that logs, with the platform's own LOGGING."""
        said = logs.logs(Monitoring(tracking=SAID), "lms")["LOGGING"]
        said["handlers"]["spool"] |= {"class": "spool.SpoolHandler", "folder": f"{self.spool}/open"}
        # What the platform's libraries would do for its other lines.
        said |= {"filters": {}}
        said["handlers"]["stderr"]["filters"] = []
        platform = ROOT / "openedx_infra" / "settings" / "platform"
        return self._start(
            [
                sys.executable,
                str(ROOT / "tests/data/tracking_writer.py"),
                json.dumps(said),
                name,
                str(count),
                str(pause),
            ],
            {"PYTHONPATH": str(platform)},
        )

    def ship(self, limit: int = 100_000) -> subprocess.Popen[str]:
        """Start the sidecar, in a group of its own, with all that it starts."""
        command = tracking_logs.command(limit) + " 1"
        here = command.replace(tracking_logs.CONFIG, str(self.config)).replace(
            paths.TRACKING_DIR, str(self.spool)
        )
        return self._start(
            ["sh", "-c", here],
            {"RCLONE_CONFIG": f"{self.config}/rclone.conf", "PATH": f"{self.rclone.parent}:/usr/bin:/bin"},
        )

    def stop(self) -> None:
        """Leave nothing running."""
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def arrived(self) -> Counter[str]:
        """How often each event is in the bucket."""
        client, found = self.server.platform(), Counter[str]()
        for page in client.get_paginator("list_objects_v2").paginate(
            Bucket="dev-private", Prefix="tracking/"
        ):
            for item in page.get("Contents", ()):
                assert re.fullmatch(r"tracking/\d{4}/\d\d/\d\d/.+-\d+-\d{14}\.log\.gz", item["Key"])
                text = gzip.decompress(
                    client.get_object(Bucket="dev-private", Key=item["Key"])["Body"].read()
                )
                found.update(json.loads(line)["name"] for line in text.splitlines())
        return found

    def _start(self, command: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.spool), **env},
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process


@pytest.fixture(scope="module")
def rclone() -> Path:
    return ensure_for_tests(["rclone"]).paths["rclone"]


@pytest.fixture
def pod(tmp_path: Path, s3_servers: Callable[[], S3Server], rclone: Path) -> Iterator[Pod]:
    server = s3_servers()
    assert server.provision().returncode == 0
    assert NAMES["private"] in BUCKETS
    found = Pod(tmp_path, server, rclone)
    yield found
    found.stop()


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Kubernetes' way to stop: SIGTERM, and 30 s. Returns stdout and stderr."""
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=FLUSH_SECONDS)


def numbered(name: str, count: int) -> dict[str, int]:
    return {f"{name}-{number}": 1 for number in range(count)}


def test_every_event_arrives_once(pod: Pod) -> None:
    sidecar = pod.ship()
    writers = [pod.write(f"web{n}", 300, 0.02) for n in range(3)]
    for writer in writers:
        out, err = writer.communicate(timeout=60)
        assert (len(out.splitlines()), err) == (300, "")
    before = pod.arrived()
    assert before, "events leave while processes write"
    _, told = ended(sidecar)
    assert sidecar.returncode == 0, told
    assert pod.arrived() == {name: 1 for n in range(3) for name in numbered(f"web{n}", 300)}
    assert list(pod.spool.rglob("*.log*")) == []


def test_killed_processes_and_sidecars_lose_nothing(pod: Pod) -> None:
    """SIGKILL: to the writer, which says on stdout what is in the spool; and, six times at any moment, to the
    sidecar with its gzip and rclone."""
    writer, lasting = pod.write("killed", 100_000, 0.005), pod.write("lasting", 1200, 0.005)
    for moment in range(6):
        sidecar = pod.ship()
        time.sleep(0.9 + moment * 0.13)
        os.killpg(sidecar.pid, signal.SIGKILL)
        sidecar.wait(10)
    os.killpg(writer.pid, signal.SIGKILL)
    said = [
        json.loads(line)["name"]
        for line in writer.communicate(timeout=10)[0].splitlines()
        if line.endswith("}")
    ]
    lasting.communicate(timeout=60)
    last = pod.ship()
    time.sleep(1)  # a shell that has not begun yet knows no signals
    ended(last)
    found = pod.arrived()
    assert said
    assert [name for name in (*said, *numbered("lasting", 1200)) if found[name] < 1] == []
    assert [name for name, times in found.items() if times > 1] == []


def test_events_wait_while_the_bucket_is_away(pod: Pod) -> None:
    pod.server.stop()
    sidecar = pod.ship()
    pod.write("patient", 200, 0.01).communicate(timeout=60)
    assert sidecar.stderr is not None
    assert any("the bucket did not take all; the rest waits" in line for line in sidecar.stderr)
    pod.server.start()
    ended(sidecar)
    assert pod.arrived() == numbered("patient", 200)


def test_a_full_folder_drops_the_oldest(pod: Pod) -> None:
    """Rather than let the pod be evicted: beyond the limit the oldest go, and the log says so."""
    pod.server.stop()
    old, new = (
        pod.spool / "packed/2026/11/22" / f"lms-1-202611221015{second}.log.gz" for second in ("00", "30")
    )
    old.parent.mkdir(parents=True)
    for path in (old, new):
        path.write_bytes(gzip.compress(os.urandom(300_000)))
    sidecar = pod.ship(limit=500)
    end = time.monotonic() + 60
    while old.exists() and time.monotonic() < end:
        time.sleep(0.2)
    os.killpg(sidecar.pid, signal.SIGKILL)
    assert (old.exists(), new.exists()) == (False, True)
    assert "the bucket is away for too long: dropped" in sidecar.communicate(timeout=10)[1]


def test_pods_without_a_sidecar_write_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs have the same settings, and no such folder."""
    monkeypatch.syspath_prepend(str(ROOT / "openedx_infra" / "settings" / "platform"))
    handler: Any = __import__("spool").SpoolHandler(f"{tmp_path}/missing/open")
    handler.emit(logging.makeLogRecord({"msg": "event"}))
    assert list(tmp_path.iterdir()) == []
