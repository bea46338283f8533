"""`init` asks in a terminal, takes options elsewhere, and never writes over a stack file."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout_copy import Copy
from rich.console import Console

from openedx_infra.operations.cli.app import main
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.init import init as verb
from openedx_infra.operations.init import questions
from openedx_infra.operations.init.answers import K3S_KUBECONFIG, Answers
from openedx_infra.operations.stack_files import stack_file

SERVER = {
    "situation": "server",
    "stack": "mine",
    "lms_host": "learn.example.org",
    "email": "office@example.org",
}
ARGUMENTS = [f"--{name.replace('_', '-')}={value}" for name, value in SERVER.items()]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without stack files."""
    for module in (verb, stack_file):
        monkeypatch.setattr(module, "stack_file_path", lambda name: tmp_path / f"Pulumi.{name}.yaml")
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command without a terminal and without secrets; its code and what it prints."""

    def run_it(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["openedx-infra", "init", "--no-secrets", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run_it


def config_of(path: Path) -> dict[str, dict[str, Any]]:
    config: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    return config


def test_without_a_terminal_options_are_all_it_needs(run: Run, folder: Path) -> None:
    code, printed = run(*ARGUMENTS, "--tls=upstream", "--smtp-host=smtp.example.org")
    assert code == 0, printed
    config = config_of(folder / "Pulumi.mine.yaml")
    assert config["openedx:cluster"]["kubeconfig"] == K3S_KUBECONFIG
    assert config["openedx:cluster"]["namespace"] == "openedx-mine"
    assert config["openedx:site"]["studio_host"] == "studio.learn.example.org"
    assert config["openedx:site"]["tls"] == {"source": "upstream"}
    assert config["openedx:mail"]["delivery"]["host"] == "smtp.example.org"
    assert "secrets generate --stack mine" in printed and "make up STACK=mine" in printed
    assert "CHANGEME" not in printed


def test_without_a_terminal_every_option_that_is_missing_or_wrong_is_named(run: Run, folder: Path) -> None:
    code, printed = run("--situation=huge", "--lms-host=Learn.example.org", "--tls=ssl")
    assert code == 1 and not list(folder.iterdir())
    lines = [line.removeprefix("  - ") for line in printed.splitlines() if line.startswith("  - ")]
    assert [line.partition(": ")[0] for line in lines] == ["--situation", "--lms-host", "--tls", "--email"]
    assert "write one of evaluation, server, nodes, aws" in printed
    assert "write it in lower case: learn.example.org" in printed
    assert "no terminal" in printed


def test_a_stack_file_that_is_there_is_left_alone(run: Run, folder: Path) -> None:
    (folder / "Pulumi.mine.yaml").write_text("config: {}\n", encoding="utf-8")
    code, printed = run(*ARGUMENTS)
    assert code == 1 and "There is a stack mine already" in printed
    assert (folder / "Pulumi.mine.yaml").read_text(encoding="utf-8") == "config: {}\n"


def test_what_init_can_not_know_is_listed_by_key(run: Run, folder: Path) -> None:
    code, printed = run(*ARGUMENTS[1:], "--situation=aws", "--context=eks")
    assert code == 0, printed
    assert "openedx:aws.network.vpc" in printed and "openedx:site.lms_host" not in printed


def asked(monkeypatch: pytest.MonkeyPatch, *typed: str, **given: str) -> tuple[Answers, str]:
    """The answers of somebody who types these lines, and what was printed."""
    out = io.StringIO()
    lines = iter(typed)
    console = Console(file=out, width=160)
    monkeypatch.setattr(console, "input", lambda *_arguments, **_options: next(lines))
    found = questions.answers(given, console)
    assert next(lines, None) is None, "all that was typed was asked for"
    return found, out.getvalue()


def test_an_evaluation_asks_seven_questions_and_has_an_answer_to_all_but_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, printed = asked(monkeypatch, "evaluation", "", "", "", "", "")
    assert (found.lms_host, found.tls, found.stack) == ("local.openedx.io", "none", "campus")
    assert "try it on one machine" in printed and "plain HTTP" in printed


def test_an_answer_that_can_not_be_right_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, printed = asked(
        monkeypatch, "palace", "server", "", "Learn.example.org", "", "learn.example.org", "Campus",
        "office@example.org", "", "", "",
    )  # fmt: skip
    assert (found.situation, found.lms_host, found.name) == ("server", "learn.example.org", "Campus")
    assert found.tls == "cert-manager"
    assert "write it in lower case" in printed


def test_what_an_option_gives_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ("Campus", "none", "smtp.example.org", "campus", "kept", "https://s3.example.org")
    found, _ = asked(monkeypatch, *typed[:3], *typed[4:], typed[3], **SERVER)
    assert (found.smtp_host, found.smtp_user) == ("smtp.example.org", "campus")
    assert (found.backup_bucket, found.backup_endpoint) == ("kept", "https://s3.example.org")


@pytest.mark.parametrize(("broken", "written"), [("tools", False), ("generate", True)])
def test_what_fails_leaves_nothing_or_names_the_command_that_goes_on(
    broken: str, written: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OperationError("the disk is away")

    monkeypatch.setattr(verb, "tools", lambda _console: None)
    monkeypatch.setattr(verb if broken == "tools" else verb.commands, broken, fail)
    with pytest.raises(OperationError, match="the disk is away") as caught:
        verb.init(verb.Request(options=SERVER), Console(file=io.StringIO()), interactive=False)
    assert (folder / "Pulumi.mine.yaml").exists() is written
    assert ("secrets generate --stack mine" in str(caught.value)) is written


def test_a_real_terminal_is_asked(tmp_path: Path) -> None:
    copy = Copy.into(tmp_path / "checkout")
    leader, follower = pty.openpty()
    program = "from openedx_infra.operations.cli.app import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "init", "--no-secrets"],
        cwd=copy.root,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "PYTHONPATH": str(copy.root), "OPENEDX_INFRA_STATE": str(tmp_path / "state")},
    )
    os.close(follower)
    os.write(leader, b"evaluation\ntrial\n\nTrial: of us\n\n\n")
    printed = b""
    try:
        while part := os.read(leader, 4096):
            printed += part
    except OSError:  # Linux: the other side has gone
        pass
    assert process.wait(30) == 0, printed.decode()
    assert "Where will it run?" in printed.decode()
    assert config_of(copy.root / "Pulumi.trial.yaml")["openedx:site"]["name"] == "Trial: of us"
