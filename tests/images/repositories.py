"""Repositories that a build clones: stand-ins of upstream's, served by git on this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STANDIN = Path(__file__).parent / "standin"
BRANCH = "release/verawood"
REPOSITORIES = {
    "openedx-platform": "edx-platform",
    "openedx-translations": "openedx-translations",
    "frontend-app-learning": "frontend-app-learning",
    "frontend-app-profile": "frontend-app-profile",
}
"""Upstream's name of each repository, and the folder that stands in for it."""

_IDENTITY = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false"]


@dataclass(frozen=True)
class GitHost:
    """A host of repositories, all of the organization `openedx`."""

    folder: Path
    url: str

    def repository(self, name: str) -> str:
        """The address of one."""
        return f"{self.url}openedx/{name}.git"


@contextmanager
def git_host(folder: Path) -> Iterator[GitHost]:
    """Serve the repositories while the context lasts."""
    for name, source in REPOSITORIES.items():
        _commit(STANDIN / source, folder / "openedx" / f"{name}.git", folder / "work" / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "git",
        "daemon",
        "--export-all",
        "--listen=127.0.0.1",
        f"--port={port}",
        f"--base-path={folder}",
    ]
    daemon = subprocess.Popen([*command, str(folder)], stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield GitHost(folder, f"git://127.0.0.1:{port}/")
    finally:
        # `git daemon` is started by `git`, which hands the signal on.
        daemon.terminate()
        daemon.wait()


def _commit(source: Path, bare: Path, work: Path) -> None:
    """A repository of one commit, which is the same whenever it is made."""
    shutil.copytree(source, work, ignore=shutil.ignore_patterns("__pycache__", "*.in"))
    dates = {"GIT_AUTHOR_DATE": "2026-08-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-08-01T00:00:00Z"}
    for arguments in (
        ["init", "--quiet", "--initial-branch", BRANCH],
        ["add", "--all", "--force"],
        ["commit", "--quiet", "--message", "The stand-in"],
    ):
        subprocess.run(
            ["git", *_IDENTITY, *arguments], cwd=work, env={"PATH": "/usr/bin:/bin", **dates}, check=True
        )
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(bare)], check=True)
    for option in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(bare), "config", option, "true"], check=True)


def _wait(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("git daemon does not answer")
