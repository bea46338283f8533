"""The S3 server for backups: on this machine, outside of the cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path

from openedx_infra.config.secrets.catalogue import BY_NAME
from openedx_infra.operations.secrets.secrets import stand_in
from tools.paths import private_dir
from tools.ports import choose
from tools.processes import Daemon, stop_all

KEYS = ("backup_access_key", "backup_secret_key")
"""Secrets that open it."""
ADDRESS = "10.255.255.1"
"""An address of this machine, as long as the server runs: pods reach none of its loopback's own."""


class Bucket:
    """A server in a folder, with one bucket."""

    name = "kept-backups"

    def __init__(self, folder: Path, program: Path) -> None:
        self.files = private_dir(folder) / "data" / self.name
        """What is in the bucket, as files."""
        self._port = choose(folder / "ports.json", ["s3"])["s3"]
        self._program = program
        self._server = Daemon("versitygw", folder / "versitygw.log", folder / "versitygw.json")

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self._port}"

    def start(self) -> None:
        """Start it; clients try again until it answers, a moment later."""
        self.files.mkdir(parents=True)
        subprocess.run(["ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True)
        access, secret = (stand_in(BY_NAME[name]) for name in KEYS)
        self._server.start(
            [str(self._program), "--port", f"{ADDRESS}:{self._port}", "posix", str(self.files.parent)],
            {"ROOT_ACCESS_KEY_ID": access, "ROOT_SECRET_ACCESS_KEY": secret},
        )

    def stop(self) -> None:
        """Stop it, and give the address back."""
        stop_all([self._server])
        command = ["ip", "address", "delete", f"{ADDRESS}/32", "dev", "lo"]
        subprocess.run(command, check=False, capture_output=True)
