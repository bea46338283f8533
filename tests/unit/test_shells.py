"""Commands in containers go to the right pod, carry no secret, and pass on their exit codes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from exec_server import ExecServer

from openedx_infra.config import Stack, load
from openedx_infra.operations.cli.app import main
from openedx_infra.operations.cli.running import shells as arguments
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import shells

SITE: dict[str, Any] = {"site": {"lms_host": "learn.example.org"}}
EXTERNAL = {
    "mysql": {"source": "external", "host": "mysql.example.org"},
    "mongodb": {"source": "external", "members": [{"host": "mongodb.example.org"}]},
}


def stack(**sections: Any) -> Stack:
    return load("campus", {**SITE, **sections})


@pytest.mark.parametrize(
    ("site", "place"),
    [
        ("lms", ("lms", ["./manage.py", "lms", "migrate", "--list"])),
        ("studio", ("studio", ["./manage.py", "cms", "migrate", "--list"])),
        ("cms", ("studio", ["./manage.py", "cms", "migrate", "--list"])),
    ],
)
def test_management_commands_go_to_a_pod_of_the_site(site: str, place: tuple[str, list[str]]) -> None:
    assert shells.manage(stack(), site, ["migrate", "--list"]) == place


def test_another_site_is_refused() -> None:
    with pytest.raises(OperationError, match="name lms or studio"):
        shells.manage(stack(), "mfe", [])


def test_of_two_versions_the_one_that_serves_is_asked() -> None:
    two = {"live": "green", "green": {"release": "verawood"}}
    assert shells.manage(stack(blue_green=two), "studio", [])[0] == "studio-green"


def test_shells_of_the_instance_s_own_databases_run_beside_the_server() -> None:
    component, command = shells.sql(stack())
    assert (component, command[0], command[-1]) == ("mysql", "bash", "openedx")
    assert "/run/secrets/mysql/password" in command[2]
    component, command = shells.mongo(stack())
    assert (component, command[:4]) == ("mongodb", ["mongosh", "--nodb", "--quiet", "--shell"])
    assert 'readFileSync("/run/secrets/mongodb/password"' in command[-1]
    assert '.getDB("openedx")' in command[-1]


def test_shells_of_other_databases_run_in_the_lms() -> None:
    for place in (shells.sql, shells.mongo):
        component, command = place(stack(datastores=EXTERNAL))
        assert component == "lms"
        assert command[-2:] == ["/openedx/config/lms.yml", "/openedx/secrets/lms.yml"]


class Runner:
    """Runs commands of ours on a container whose processes run here."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.chosen: list[tuple[str, str | None]] = []
        self.file = folder / "Pulumi.campus.yaml"
        self.file.write_text(
            "config:\n  openedx:site: {lms_host: learn.example.org}\n  openedx:cluster: {context: here}\n"
        )

    def __call__(self, server: ExecServer, *words: str) -> int:
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(server.kubeconfig))

        def choose(_: object, component: str, container: str | None = None) -> object:
            self.chosen.append((component, container))
            return server.container()

        verb, *rest = words
        self.monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        self.monkeypatch.setattr("openedx_infra.operations.pods.container.choose", choose)
        self.monkeypatch.setattr(sys, "argv", ["openedx-infra", verb, "--config-file", str(self.file), *rest])
        with Path(os.devnull).open() as nothing, pytest.raises(SystemExit) as ended:
            self.monkeypatch.setattr(sys, "stdin", nothing)
            main()
        return int(ended.value.code or 0)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch)


def test_exit_codes_and_streams_are_passed_on(run: Runner, capfd: pytest.CaptureFixture[str]) -> None:
    with ExecServer() as server:
        assert (
            run(server, "exec", "mfe", "--container", "caddy", "--", "sh", "-c", "echo o; echo e >&2; exit 7")
            == 7
        )
        assert run(server, "exec", "mfe", "--", "true") == 0
    assert run.chosen == [("mfe", "caddy"), ("mfe", None)]
    heard = capfd.readouterr()
    assert (heard.out, heard.err) == ("o\n", "e\n")
    assert server.requests[0]["command"] == ["sh", "-c", "echo o; echo e >&2; exit 7"]


def test_options_of_the_command_are_its_own(run: Runner) -> None:
    with ExecServer() as server:
        run(server, "manage", "lms", "--", "create_dot_application", "--stack", "x", "-s")
    command = ["./manage.py", "lms", "create_dot_application", "--stack", "x", "-s"]
    assert server.requests[0]["command"] == command


def test_django_s_shell_is_a_management_command(run: Runner) -> None:
    with ExecServer() as server:
        run(server, "shell", "studio")
    assert server.requests[0]["command"] == ["./manage.py", "cms", "shell"]
    assert run.chosen == [("studio", None)]


@pytest.mark.parametrize(
    ("text", "ports"), [("8000", (8000, 8000)), ("9000:8000", (9000, 8000)), ("0:80", (0, 80))]
)
def test_ports_are_read(text: str, ports: tuple[int, int]) -> None:
    assert arguments._ports(text) == ports


@pytest.mark.parametrize("text", ["", "x", "0", "70000", "1:2:3", ":80", "80:", "70000:80"])
def test_what_is_no_port_is_a_fault_of_usage(text: str) -> None:
    with pytest.raises(arguments.typer.BadParameter, match="LOCAL:REMOTE"):
        arguments._ports(text)
