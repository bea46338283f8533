"""What a user has: a checkout, a machine with a state of its own, and the commands in .venv/bin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from tools.paths import CACHE_VARIABLE, STATE_VARIABLE, cache_dir

ORIGIN = Path(__file__).resolve().parents[2]
BIN = Path(sys.prefix) / "bin"
SECONDS = 600
"""How long any command may take: a whole `up` takes half a minute on two idle cores, but several clusters and
builds of images share them."""

UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Containers set it. A user's clone is compiled once, and each command begins 0.15 s of CPU sooner."""
GOGC = "300"
"""How much memory Pulumi and the clusters may take before they look for garbage, in percent of what they use:
tests have memory to spare, and CPU they have not. Go's own is 100. Measured: a first `up` and two previews
take 47 s of CPU rather than 52, and an API server 750 MB rather than 440."""

_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build"
)
_GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"


class Checkout:
    """A fresh clone, as far as its commands can tell, on a machine that it shares with nobody else.

    `machine` is the folder of home and state. `kubeconfig` is what the user's KUBECONFIG and ~/.kube/config
    happen to be: another cluster, which must never be asked anything.
    """

    def __init__(self, folder: Path, machine: Path, kubeconfig: Path) -> None:
        self.folder = folder
        self.machine = machine
        self._kubeconfig = kubeconfig
        shutil.copytree(ORIGIN, folder, ignore=_NOT_COPIED)
        (folder / ".venv").symlink_to(sys.prefix)
        self._git("init", "--quiet")
        # .gitignore means the folder .venv; here it is a link.
        (folder / ".git" / "info").mkdir(exist_ok=True)
        (folder / ".git" / "info" / "exclude").write_text(".venv\n")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", "all")
        home = machine / "home" / ".kube"
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(kubeconfig, home / "config")

    @cached_property
    def environment(self) -> dict[str, str]:
        """The user's environment: PYTHONPATH makes the commands of .venv run this checkout's code."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PULUMI_", "KUBE")) and name != UNCOMPILED
        }
        return inherited | {
            "GOGC": GOGC,
            "HOME": str(self.machine / "home"),
            "KUBECONFIG": str(self._kubeconfig),
            "PYTHONPATH": str(self.folder),
            CACHE_VARIABLE: str(cache_dir()),
            STATE_VARIABLE: str(self.machine / "state"),
        }

    @property
    def state(self) -> Path:
        """The folder of this checkout's own state; there are as many in the machine as checkouts."""
        (folder,) = (each for each in (self.machine / "state").iterdir() if each.name == self._name_of_state)
        return folder

    @cached_property
    def _name_of_state(self) -> str:
        return self._ask("-c", _NAME_OF_STATE).strip()

    def run(self, command: str, *arguments: str, **environment: str) -> Said:
        """Run a command of .venv/bin to its end. Nobody may ever see a traceback."""
        try:
            done = subprocess.run(
                [BIN / command, *arguments],
                cwd=self.folder,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            heard = b"\n".join(each for each in (late.stdout, late.stderr) if each).decode()  # never text
            pytest.fail(
                f"{command} {' '.join(arguments)} took longer than {SECONDS} s and had said:\n{heard}"
            )
        assert "Traceback (most recent" not in done.stdout + done.stderr, done.stdout + done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, command: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command as a terminal would: in a process group of its own."""
        return subprocess.Popen(
            [BIN / command, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def changed(self) -> str:
        """What git sees that was not there in the beginning."""
        return self._git("status", "--porcelain")

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            [*_GIT, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    def _ask(self, *arguments: str) -> str:
        python = [BIN / "python", *arguments]
        return subprocess.check_output(python, cwd=self.folder, env=self.environment, text=True)


_NAME_OF_STATE = "from openedx_infra.operations.stack_files.checkout import state; print(state().name)"
