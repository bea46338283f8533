"""Verbs of `openedx-infra dev` are for development instances, and reach pods that are not ready."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from exec_server import ExecServer
from lightkube.models import core_v1
from lightkube.models.meta_v1 import ObjectMeta

from openedx_infra.config import load
from openedx_infra.operations.cli.app import main
from openedx_infra.operations.development import debugging, processes
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import container


class Instance:
    """Runs `openedx-infra dev` on pods whose processes run here. `components`: those that have a pod."""

    namespace = "campus"

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        self.chosen: list[tuple[str, bool]] = []
        self.section = "  openedx:development: {}\n"

    def __call__(self, server: ExecServer, *words: str) -> int:
        file = self.folder / "Pulumi.campus.yaml"
        file.write_text(
            "config:\n  openedx:site: {lms_host: local.openedx.io}\n"
            f"  openedx:cluster: {{context: here}}\n{self.section}"
        )
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(server.kubeconfig))

        def choose(_: object, component: str, name: str | None = None, *, ready: bool = True) -> object:
            self.chosen.append((component, ready))
            return server.container()

        self.monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        self.monkeypatch.setattr(processes, "component_of", lambda _, name: processes.process_of(name))
        self.monkeypatch.setattr(container, "choose", choose)
        arguments = ["openedx-infra", "dev", words[0], "--config-file", str(file), *words[1:]]
        self.monkeypatch.setattr(sys, "argv", arguments)
        with Path(os.devnull).open() as nothing, pytest.raises(SystemExit) as ended:
            self.monkeypatch.setattr(sys, "stdin", nothing)
            main()
        return int(ended.value.code or 0)


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    return Instance(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("words", "place", "command"),
    [
        (("shell", "studio"), "studio", ["./manage.py", "cms", "shell"]),
        (("manage", "lms", "--", "check", "-x"), "lms", ["./manage.py", "lms", "check", "-x"]),
        (("bash",), "lms", ["bash"]),
        (("bash", "worker"), "lms-worker", ["bash"]),
    ],
)
def test_shells_open_in_pods_that_need_not_be_ready(
    dev: Instance, words: tuple[str, ...], place: str, command: list[str]
) -> None:
    with ExecServer(folder=dev.folder) as server:
        dev(server, *words)
    assert dev.chosen == [(place, False)]
    assert server.requests[0]["command"] == command


def test_exit_codes_are_passed_on(dev: Instance) -> None:
    script = dev.folder / "manage.py"
    script.write_text("#!/bin/sh\nexit 9\n")
    script.chmod(0o755)
    with ExecServer(folder=dev.folder) as server:
        assert dev(server, "manage", "lms", "--", "check") == 9


@pytest.mark.parametrize("words", [("shell",), ("bash",), ("manage", "lms", "--", "check"), ("debug", "lms")])
def test_other_stacks_are_refused(
    dev: Instance, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    dev.section = ""
    with ExecServer() as server:
        assert dev(server, *words) == 1
    assert not server.requests
    assert "no section openedx:development" in capfd.readouterr().err


def test_a_debugger_needs_a_terminal(dev: Instance, capfd: pytest.CaptureFixture[str]) -> None:
    with ExecServer() as server:
        assert dev(server, "debug", "lms") == 1
    assert "needs a terminal" in capfd.readouterr().err


def test_debugpy_is_only_where_the_section_has_it(dev: Instance, capfd: pytest.CaptureFixture[str]) -> None:
    dev.section = "  openedx:development: {debugger: {processes: [studio]}}\n"
    with ExecServer() as server:
        assert dev(server, "debug", "worker", "--debugpy") == 1
        assert dev(server, "debug", "lms", "--port", "7000") == 2
    assert "processes: [studio, lms-worker]" in capfd.readouterr().err


def test_an_editor_is_told_where_mounted_files_are(tmp_path: Path) -> None:
    for path in ("edx/manage.py", "edx/lms/x", "edx/cms/x", "edx/openedx/x", "block/setup.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    mounts = {"edx": str(tmp_path / "edx"), "block": str(tmp_path / "block")}
    section = {"mounts": mounts, "debugger": {"processes": ["lms"], "port": 5700}}
    stack = load("campus", {"site": {"lms_host": "local.openedx.io"}, "development": section})
    assert stack.development is not None
    assert debugging.listening(stack.development, "lms") == 5700
    assert debugging.mappings(stack, stack.development) == [
        f"{tmp_path}/edx is /openedx/edx-platform there",
        f"{tmp_path}/block is /openedx/packages/block there",
    ]


class Pods:
    """A client for a namespace with pods of these components."""

    namespace = "campus"

    def __init__(self, *names: str) -> None:
        self.names = names

    def list(self, _: Any) -> list[core_v1.Pod]:
        labels = [{"app.kubernetes.io/component": name} for name in self.names]
        return [core_v1.Pod(metadata=ObjectMeta(labels=each)) for each in labels]


def test_a_worker_is_one_of_the_lms_or_of_studio() -> None:
    pods: Any = Pods("lms", "lms-worker-high", "lms-worker-default", "studio-worker-default")
    assert processes.component_of(pods, "worker") == "lms-worker-default"
    assert processes.component_of(pods, "studio-worker") == "studio-worker-default"
    assert processes.component_of(pods, "lms") == "lms"
    with pytest.raises(OperationError, match="no process beat"):
        processes.component_of(pods, "beat")
    with pytest.raises(OperationError, match="no pod of studio"):
        processes.component_of(pods, "cms")
