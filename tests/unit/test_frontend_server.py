"""The development server of a micro-frontend: its packages, its arguments, and what makes it start again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openedx_infra.scripts.frontend_server import packages, server

SCRIPTS = Path(packages.__file__).parents[1]
NPM = """#!/bin/sh
echo "$@" >> "$LOG"
case "$1" in
    clean-install)
        [ ! -e "$FAIL" ] || exit 1
        mkdir -p node_modules
        cp package-lock.json node_modules/.lock ;;
    start) [ ! -e "$BREAK" ] || exit 3; exec sleep 600 ;;
esac
"""
INSTALL = "clean-install --no-audit --no-fund"
START = (
    "start -- --host 0.0.0.0 --allowed-hosts apps.local.openedx.io "
    "--client-web-socket-url auto://0.0.0.0:0/learning/ws"
)
PATIENCE = 60.0
"""Seconds for what takes one on a quiet machine."""


class Pod:
    """A pod of the server, with npm that notes how it is called."""

    def __init__(self, folder: Path) -> None:
        self.source, self.modules = folder / "source", folder / "modules"
        self.log, self.fail, self.broken = folder / "log", folder / "fail", folder / "broken"
        for each in (self.source, self.modules, folder / "bin"):
            each.mkdir()
        (self.source / "package.json").write_text("{}")
        (self.source / "package-lock.json").write_text('{"version": 1}')
        npm = folder / "bin" / "npm"
        npm.write_text(NPM)
        npm.chmod(0o755)
        self.environment = {
            "PATH": f"{npm.parent}:{os.environ['PATH']}",
            "SOURCE": str(self.source),
            "MODULES": str(self.modules),
            "HOSTS": "apps.local.openedx.io",
            "SOCKET_PATH": "/learning/ws",
            "LOG": str(self.log),
            "FAIL": str(self.fail),
            "BREAK": str(self.broken),
        }
        self._runs: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """Its first process."""
        command = [sys.executable, "-m", "frontend_server"]
        self._runs.append(subprocess.Popen(command, cwd=SCRIPTS, env=self.environment))
        return self._runs[-1]

    def end(self) -> int:
        """Stop the pod as the kubelet does. Returns the exit code."""
        self._runs[-1].terminate()
        return self._runs[-1].wait(PATIENCE)

    def calls(self) -> list[str]:
        """How npm was called so far."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def wait_for(self, *calls: str) -> None:
        """Until npm was called so, and not otherwise."""
        wait(lambda: len(self.calls()) >= len(calls))
        assert self.calls() == list(calls)

    def close(self) -> None:
        """End what still runs, and what that has started."""
        for run in self._runs:
            run.terminate()
            run.wait(PATIENCE)


def wait(there: Callable[[], bool]) -> None:
    """Until it is so. Raises AssertionError when it takes too long."""
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    pod = Pod(tmp_path)
    yield pod
    pod.close()


def test_packages_are_installed_once_in_the_volume_and_not_in_the_source(pod: Pod) -> None:
    pod.start()
    pod.wait_for(INSTALL, START)
    assert pod.end() == 0
    assert (pod.modules / "node_modules" / ".lock").exists()
    assert not (pod.source / "node_modules").exists()
    pod.start()
    pod.wait_for(INSTALL, START, START)


def test_a_changed_lock_installs_again_and_starts_again(pod: Pod) -> None:
    pod.start()
    pod.wait_for(INSTALL, START)
    (pod.source / "package-lock.json").write_text('{"version": 2}')
    pod.wait_for(INSTALL, START, INSTALL, START)
    assert (pod.modules / "node_modules" / ".lock").read_text() == '{"version": 2}'


def test_a_lock_that_fails_is_waited_for(pod: Pod) -> None:
    pod.start()
    pod.wait_for(INSTALL, START)
    pod.fail.touch()
    (pod.source / "package-lock.json").write_text("{")
    pod.wait_for(INSTALL, START, INSTALL)
    pod.fail.unlink()
    (pod.source / "package-lock.json").write_text('{"version": 3}')
    pod.wait_for(INSTALL, START, INSTALL, INSTALL, START)


@pytest.mark.parametrize("name", [".env.development", "webpack.dev.config.js", "env.config.jsx"])
def test_what_webpack_reads_at_its_start_alone_starts_it_again(pod: Pod, name: str) -> None:
    pod.start()
    pod.wait_for(INSTALL, START)
    (pod.source / name).write_text("changed")
    pod.wait_for(INSTALL, START, START)


def test_the_pod_fails_when_packages_or_server_do(pod: Pod) -> None:
    pod.fail.touch()
    assert pod.start().wait(PATIENCE) == 1
    pod.fail.unlink()
    pod.broken.touch()
    assert pod.start().wait(PATIENCE) == 3


def test_without_a_lock_there_is_nothing_to_install_by(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    (pod.source / "package-lock.json").unlink()
    assert not packages.install(pod.source, pod.modules)
    assert "package-lock.json is missing" in capsys.readouterr().out
    assert pod.calls() == []


def test_sources_that_change_are_webpack_s(pod: Pod) -> None:
    """Nothing starts again for a changed component: webpack itself replaces that in the page."""
    (pod.source / "src").mkdir()
    (pod.source / "env.config.jsx").write_text("one")
    before = server.settings(pod.source), packages.digest(pod.source)
    (pod.source / "src" / "App.jsx").write_text("changed")
    (pod.source / "env.config.jsx").write_text("two")
    assert before == (server.settings(pod.source), packages.digest(pod.source))


def test_several_hosts_are_let_in() -> None:
    words = server.arguments({"HOSTS": "a.localhost b.localhost", "SOCKET_PATH": "/ws", "LISTEN": "::"})
    assert words[:6] == ["--host", "::", "--allowed-hosts", "a.localhost", "--allowed-hosts", "b.localhost"]
