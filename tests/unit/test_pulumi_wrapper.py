"""The wrapper understands a command line of Pulumi as far as it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_infra.operations.cli import pulumi_wrapper
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
