"""The instance's S3 server, started as its container starts it, and the Job that makes the buckets."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openedx_infra import scripts
from openedx_infra.services import object_storage

BUCKETS = [f"dev-{purpose}" for purpose in ("public", "private", "grades", "ora", "exports")]
"""The buckets of the stack `dev`."""
PATIENCE = 20
"""Seconds until the server must be ready: it takes a tenth of one."""


@dataclass
class S3Server:
    """What a container and a volume are to Kubernetes, a process and a folder are here."""

    folder: Path
    """Its volume, its accounts, its log."""
    binary: Path
    container: Mapping[str, Any]
    """The container, as the graph has it."""
    job: Mapping[str, Any]
    """The container of the Job that makes the buckets."""
    secrets: dict[str, str]
    port: int = field(default_factory=lambda: _free_pair())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Return when its readiness probe succeeds."""
        users = self.folder / "users"
        users.mkdir(exist_ok=True)
        (self.folder / "data").mkdir(exist_ok=True)
        names = ("s3_root_secret_key", "s3_access_key", "s3_secret_key")
        text = object_storage.users_file(*(self.secrets[name] for name in names))
        (users / "users.json").write_text(text, encoding="utf-8")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._here(word) for word in self.container["command"]],
                env={variable["name"]: variable["value"] for variable in self.container["env"]}
                | {"PATH": f"{self.binary.parent}:/usr/bin:/bin", "TMPDIR": "/nonexistent"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._await(self.container["readinessProbe"]["httpGet"]["path"])

    def stop(self) -> None:
        """As Kubernetes does it: SIGTERM, and patience."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def provision(self, **changed: str) -> subprocess.CompletedProcess[str]:
        """Run the Job's script; `changed` are files of its secrets that differ."""
        folder = self.folder / "secrets"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, value in (self.secrets | changed).items():
            (folder / name).write_text(value, encoding="utf-8")
        env = {variable["name"]: variable["value"] for variable in self.job["env"]}
        return subprocess.run(
            [sys.executable, "-c", scripts.text("storage_provision.py")],
            env=env | {"S3_ENDPOINT": self.url, "SECRETS_DIR": str(folder), "PAUSE_SECONDS": "0.1"},
            capture_output=True,
            text=True,
        )

    def client(self, access: str, key: str, url: str | None = None) -> Any:
        """boto3's client, set up as the platform's storages are."""
        # Loaded late: every run collects this folder, and most run none of its tests.
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=url or self.url,
            region_name=object_storage.REGION,
            aws_access_key_id=access,
            aws_secret_access_key=key,
            config=Config(
                s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 1}
            ),
        )

    def platform(self, url: str | None = None) -> Any:
        """The platform's account."""
        return self.client(self.secrets["s3_access_key"], self.secrets["s3_secret_key"], url)

    def environment(self) -> str:
        """What whoever looks at the process sees: its arguments and its environment."""
        assert self.process is not None
        folder = Path("/proc") / str(self.process.pid)
        return "".join((folder / name).read_text(errors="replace") for name in ("cmdline", "environ"))

    def _here(self, word: str) -> str:
        """A word of the container's command, with the folders and ports of this machine."""
        own = {
            object_storage.DATA: str(self.folder / "data"),
            object_storage.USERS: str(self.folder / "users"),
            f":{object_storage.PORT}": f":{self.port}",
            f":{object_storage.PORT + 1}": f":{self.port + 1}",
        }
        for theirs, ours in own.items():
            if word == theirs or word.startswith(f"{theirs}/") or word.endswith(theirs):
                return word.replace(theirs, ours)
        return word

    def _await(self, path: str) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process is not None and self.process.poll() is None, self.log
            try:
                with urllib.request.urlopen(f"{self.url}{path}", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log)


def _free_pair() -> int:
    """A port that is free, with the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
