"""The wrapper understands a command line of Pulumi as far as it must."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.operations.cli import pulumi_wrapper
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.checkout import CHECKOUT
from openedx_infra.operations.state.command_line import Line
from tools.toolchain import Toolchain


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("up --yes", ["up"]),
        ("update", ["up"]),
        ("-s mine preview", ["preview"]),
        ("--stack=mine stack output lms_url", ["stack", "output", "lms_url"]),
        ("-C /somewhere down", ["destroy"]),
        ("--color never --non-interactive stack ls", ["stack", "ls"]),
        ("-v 9 -sdev config remove-all a b", ["config", "rm-all", "a", "b"]),
        ("-y -C/somewhere dn", ["destroy"]),
        ("-Qs dev stack hist", ["stack", "history"]),
        ("config --config-file x copy", ["config", "cp"]),
        ("", []),
    ],
)
def test_the_command_is_found_among_options(line: str, words: list[str]) -> None:
    assert Line(tuple(line.split())).words == words


@pytest.mark.parametrize(
    "line",
    [
        *("up -s mine", "up --stack mine", "--stack=mine up", "-s=mine up", "up -smine", "up -ys mine"),
        *(
            "up -fys=organization/openedx/mine",
            "stack rm mine --yes",
            "stack delete organization/openedx/mine",
        ),
        *("stack init mine", "stack new --copy-config-from dev mine", "cancel --yes mine", "cancel -s mine"),
    ],
)
def test_a_stack_is_found_however_it_is_written(line: str) -> None:
    assert Line(tuple(line.split())).stack == "mine"


@pytest.mark.parametrize("line", ["up", "stack rm --yes", "cancel", "stack output lms_url", "preview -v 9"])
def test_a_line_that_names_no_stack(line: str) -> None:
    assert Line(tuple(line.split())).stack is None


@pytest.mark.parametrize("line", ["whoami", "login --local", "plugin ls", "__complete stack", "about"])
def test_what_reads_no_stack_is_not_hindered_by_a_stack_file(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toolchain = Toolchain(paths={}, bin_dir=tmp_path, pulumi_home=tmp_path)
    monkeypatch.setattr(pulumi_wrapper, "tools", lambda console: toolchain)
    monkeypatch.setattr(pulumi_wrapper, "_stack_name", lambda *_: pytest.fail("it asked for a stack"))
    monkeypatch.chdir(CHECKOUT)
    call = pulumi_wrapper.prepare(Line(tuple(line.split())), {"HOME": str(tmp_path)})
    assert call.arguments == tuple(line.split())


@pytest.mark.parametrize("terminal", [True, False])
def test_people_learn_that_it_is_no_plain_pulumi_and_scripts_read_nothing(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(CHECKOUT)
    monkeypatch.setattr("sys.argv", ["pulumi", "preview"])
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    monkeypatch.setattr(pulumi_wrapper.os, "execve", lambda *_: None)
    call = pulumi_wrapper.Call(executable=tmp_path, arguments=[], environment={})
    monkeypatch.setattr(pulumi_wrapper, "prepare", lambda line, base: call)
    pulumi_wrapper.main()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("becomes the real Pulumi" in printed.err) is terminal


@pytest.mark.parametrize("line", ["", "version", "help", "up --help", "-h"])
def test_help_needs_nothing(line: str) -> None:
    assert Line(tuple(line.split())).asks_for_help


@pytest.mark.parametrize(
    ("line", "checkout"),
    [
        ("config set --path openedx:site.name x", True),
        ("config rm openedx:site", True),
        ("config remove openedx:site", True),
        ("config copy --dest other", True),
        ("config set --secret --path openedx:secrets.mail_password", False),
        ("config set --secret --path secrets.mail_password", False),
        ("config", False),
        ("config get openedx:site", False),
        ("up", False),
    ],
)
def test_plain_configuration_is_written_to_the_checkout(line: str, checkout: bool) -> None:
    assert Line(tuple(line.split())).edits_checkout is checkout


def test_only_commands_on_our_project_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT / "docs")
    assert pulumi_wrapper._in_checkout(Line(("up",)))
    assert not pulumi_wrapper._in_checkout(Line(("-C", str(tmp_path), "up")))
    (tmp_path / "Pulumi.yaml").write_text("name: theirs\nruntime: go\n")
    monkeypatch.chdir(tmp_path)
    assert not pulumi_wrapper._in_checkout(Line(("up",)))


@pytest.mark.parametrize("line", ["up --config-file mine.yaml --yes", "up --config-file=mine.yaml --yes"])
def test_a_config_file_gives_way_to_the_effective_one(line: str) -> None:
    changed = " ".join(pulumi_wrapper._replaced(line.split(), "--config-file", "effective.yaml"))
    assert changed.replace("=", " ") == "up --config-file effective.yaml --yes"


@pytest.mark.parametrize(
    ("line", "noted"),
    [
        ("up --target **Deployment::lms", True),
        ("preview -t **Deployment::lms", True),
        ("up --target=**Deployment::lms", True),
        ("up --target **ConfigMap::lms-settings --target-dependents", False),
        ("destroy --target **Deployment::lms", False),
        ("up --yes", False),
    ],
)
def test_who_names_targets_learns_that_settings_are_objects_of_their_own(line: str, noted: bool) -> None:
    assert ("ConfigMap::lms-settings" in Line(tuple(line.split())).note_on_targets) is noted


URN = "urn:pulumi:mine::openedx::openedx:index:Platform$kubernetes:"


class Backend:
    """What a backend has of a stack whose last release was Verawood, and whose MySQL is newer than ours."""

    name = "mine"

    def state(self) -> dict[str, Any]:
        pod = {"metadata": {"annotations": {"openedx.org/release": "verawood"}}}
        job = {"urn": f"{URN}batch/v1:Job::lms-migrate", "inputs": {"spec": {"template": pod}}}
        containers = {"spec": {"containers": [{"image": "docker.io/library/mysql:9.7.1"}]}}
        server = {"urn": f"{URN}apps/v1:StatefulSet::mysql", "inputs": {"spec": {"template": containers}}}
        return {"deployment": {"resources": [{**each, "type": ""} for each in (job, server)]}}

    def run(self, *words: str) -> str:
        assert words[:2] == ("stack", "history")
        return "[]"


LINES = ["up --yes", "preview", "watch", "up --target **Deployment::lms", "up --refresh"]


def inspect(line: str, **said: Any) -> None:
    stack = load("mine", {**LEAST, **said})
    session = SimpleNamespace(
        request=SimpleNamespace(earlier_release=False),
        stack=stack,
        local=False,
        live=Backend(),
        file=SimpleNamespace(name="mine", local=False),
        target=SimpleNamespace(client=lambda: None),
    )
    pulumi_wrapper._inspect(Line(tuple(line.split())), session, Console(quiet=True))


@pytest.mark.parametrize("line", LINES)
def test_plain_pulumi_refuses_an_older_release_as_our_own_up_does(line: str) -> None:
    with pytest.raises(OperationError, match="has databases of verawood"):
        inspect(line, release="ulmo")


@pytest.mark.parametrize("line", LINES)
def test_plain_pulumi_refuses_a_server_that_does_not_open_its_volume(line: str) -> None:
    with pytest.raises(OperationError, match=r"openedx:images\.mysql: .*doesn't open it"):
        inspect(line, release="verawood")


@pytest.mark.parametrize("line", LINES)
def test_plain_pulumi_goes_on_where_all_goes_together(line: str) -> None:
    inspect(line, release="verawood", images={"mysql": "docker.io/library/mysql:9.7.1"})


@pytest.mark.parametrize(
    ("line", "refreshes"),
    [("up --refresh", True), ("up -r --yes", True), ("up --refresh=true", True), ("up", False)],
)
def test_whether_the_cluster_is_read_first(line: str, refreshes: bool) -> None:
    assert Line(tuple(line.split())).refreshes is refreshes
