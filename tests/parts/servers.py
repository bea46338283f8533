"""Servers that tests of parts start: processes, each with a folder and a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from authority import Pair

HOST = "127.0.0.1"
"""Where servers are reached: to MySQL's clients, `localhost` means a socket."""
PATIENCE = 30
"""Seconds until a server must answer: they take one or two."""
SYSTEM_PYTHON = "/usr/bin/python3"
"""It has the client libraries that the platform's image has, by packages."""


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return int(nobody.getsockname()[1])


def demand(*programs: str) -> None:
    """Skip the test where a program is missing, which fails a run in CI."""
    if missing := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"needs {', '.join(missing)}: .ci/run names the packages")


def demand_modules(*modules: str) -> None:
    """The same for libraries of the system's Python."""
    done = subprocess.run(
        [SYSTEM_PYTHON, "-c", f"import {', '.join(modules)}"], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"{SYSTEM_PYTHON} lacks libraries, whose packages .ci/run names: {done.stderr[-200:]}")


def wait(answers: Callable[[], bool], what: str, log: Path) -> None:
    """Return when a server answers. Raises TimeoutError with the end of its log."""
    end = time.monotonic() + PATIENCE
    while not answers():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} does not answer: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


@dataclass
class Process:
    """A server as a process."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def run(self, command: Sequence[str], **environment: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(command), stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment}
            )

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def open(self) -> bool:
        """Whether it listens."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


class MariaDb(Process):
    """A MariaDB server with its data in a folder."""

    def start(self, pair: Pair, *options: str) -> None:
        demand("mariadbd", "mariadb-install-db", "mysql")
        data = self.folder / "data"
        if not data.exists():
            subprocess.run(
                [
                    "mariadb-install-db",
                    "--no-defaults",
                    f"--datadir={data}",
                    "--user=root",
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                ],
                check=True,
                capture_output=True,
            )
        shutil.copy(pair.certificate, self.folder / "server.crt")
        shutil.copy(pair.key, self.folder / "server.key")
        self.run(
            [
                "mariadbd",
                "--no-defaults",
                "--user=root",
                f"--datadir={data}",
                f"--socket={self.socket}",
                f"--port={self.port}",
                "--bind-address=127.0.0.1,127.0.0.2",
                "--skip-name-resolve",
                "--innodb-buffer-pool-size=16M",
                f"--pid-file={self.folder}/pid",
                f"--ssl-cert={self.folder}/server.crt",
                f"--ssl-key={self.folder}/server.key",
                *options,
            ]
        )
        wait(lambda: self._asks("SELECT 1").returncode == 0, "mariadbd", self.log)

    @property
    def socket(self) -> Path:
        return self.folder / "socket"

    def certify(self, pair: Pair) -> None:
        """Have it prove by another certificate who it is."""
        shutil.copy(pair.certificate, self.folder / "server.crt")
        shutil.copy(pair.key, self.folder / "server.key")
        self.sql("FLUSH SSL")

    def sql(self, *statements: str) -> str:
        """What root is told by the socket."""
        done = self._asks(";".join(statements))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _asks(self, sql: str) -> subprocess.CompletedProcess[str]:
        command = [
            "mysql",
            "--no-defaults",
            f"--socket={self.socket}",
            "--user=root",
            "--batch",
            "-N",
            "-e",
            sql,
        ]
        return subprocess.run(command, capture_output=True, text=True)


class Redis(Process):
    """A Redis server, or a Sentinel, which forgets everything."""

    def start(
        self, *lines: str, pair: Pair | None = None, authority: Path | None = None, ready: bool = True
    ) -> None:
        demand("redis-server")
        tls = [f"tls-port {self.port}", "port 0", "tls-auth-clients no"]
        if pair:
            tls += [
                f"tls-cert-file {pair.certificate}",
                f"tls-key-file {pair.key}",
                f"tls-ca-cert-file {authority}",
            ]
        text = [
            f"dir {self.folder}",
            "bind 127.0.0.1",
            'save ""',
            *(tls if pair else [f"port {self.port}"]),
            *lines,
        ]
        sentinel = any(line.startswith("sentinel ") for line in lines)
        config = self.folder / "redis.conf"
        config.write_text(
            "\n".join(line for line in text if not (sentinel and line.startswith("save"))) + "\n"
        )
        self.run(["redis-server", str(config), *(["--sentinel"] if sentinel else [])])
        wait(self.open, "redis-server", self.log)
