"""An empty instance as `import data` sees it: settings files of its LMS, and a pod that is a process here."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from servers import HOST, SYSTEM_PYTHON, MariaDb, Process

from openedx_infra import scripts
from openedx_infra.operations.users_and_courses.platform_script import _LOAD, ANSWER

PASSWORD = "wörd \\ '1'"
PIECE = 2048
"""Bytes that are sent at once, so that a kill finds it at many places."""


@dataclass(frozen=True)
class Target:
    """The target, with a stage beside each database."""

    folder: Path
    mariadb: MariaDb
    mongodb: Process | None
    history: bool = False
    storage: Mapping[str, Any] | None = None

    def prepare(self) -> None:
        """Make the user and empty databases, and write the settings files."""
        names = ["openedx", *(["openedx_history"] if self.history else [])]
        rights = [
            f"GRANT ALL ON `{name.replace('_', chr(92) + '_')}{end}`.* TO openedx@'%'"
            for name in names
            for end in ("", "\\_import")
        ]
        literal = PASSWORD.replace("\\", "\\\\").replace("'", "''")
        self.mariadb.sql(
            *(f"DROP DATABASE IF EXISTS {name}{end}" for name in names for end in ("", "_import")),
            *(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci" for name in names),
            f"CREATE OR REPLACE USER openedx@'%' IDENTIFIED BY '{literal}'",
            *rights,
        )
        alias = {"HOST": HOST, "PORT": str(self.mariadb.port), "USER": "openedx", "OPTIONS": {}}
        databases = {"default": {**alias, "NAME": "openedx"}}
        if self.history:
            databases["student_module_history"] = {**alias, "NAME": "openedx_history"}
        plain: dict[str, Any] = {"DATABASES": databases, **(self.storage or {})}
        if self.mongodb:
            plain["DOC_STORE_CONFIG"] = {
                "host": HOST, "port": self.mongodb.port, "db": "openedx", "user": "openedx",
                "authsource": "admin", "collection": "modulestore", "socketTimeoutMS": 3000,
            }  # fmt: skip
        secret = {
            "DATABASES": {name: {"PASSWORD": PASSWORD} for name in databases},
            "DOC_STORE_CONFIG": {"password": PASSWORD},
        }
        (self.folder / "lms.yml").write_text(yaml.safe_dump(plain), encoding="utf-8")
        (self.folder / "secrets.yml").write_text(yaml.safe_dump(secret), encoding="utf-8")

    def start(self, action: str, **request: Any) -> subprocess.Popen[bytes]:
        """The process that carries out a request; its stream is still to come."""
        text = scripts.in_import_pod("transfer").encode()
        process = subprocess.Popen(
            [SYSTEM_PYTHON, "-c", _LOAD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "LMS_CFG": str(self.folder / "lms.yml"),
                "LMS_SECRETS": str(self.folder / "secrets.yml"),
            },
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(
            b"%d\n%b%b\n" % (len(text), text, json.dumps({"action": action, **request}).encode())
        )
        return process

    def ask(self, action: str, data: bytes = b"", **request: Any) -> dict[str, Any]:
        """The answer to a request: `done` or `refused`."""
        process = self.start(action, **request)
        out, errors = process.communicate(data)
        assert process.returncode == 0, errors.decode()
        answer: dict[str, Any] = json.loads(out.partition(ANSWER)[2].partition(b"\n")[0])
        return answer

    def killed(self, action: str, data: bytes, after: int, **request: Any) -> None:
        """Send so many bytes of a stream, let them be worked on, and kill the process."""
        process = self.start(action, **request)
        assert process.stdin is not None and process.stdout is not None
        for piece in _pieces(data[:after]):
            process.stdin.write(piece)
        process.stdin.flush()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _pieces(data: bytes) -> Iterable[bytes]:
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))
