"""A Ctrl-C reaches Pulumi once, as an interrupt; a script stands in for Pulumi."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from openedx_infra.operations.state.pulumi_cli import Cli

GENTLE = """#!/usr/bin/env python3
import os, signal, sys, time
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
print("ready", flush=True)
while not heard:
    time.sleep(0.01)
time.sleep(0.2)
print("finished what was under way", len(heard), os.environ.get("WORD"), flush=True)
sys.exit(3)
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "pulumi"
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_an_interrupt_is_passed_on_and_the_end_awaited(tmp_path: Path) -> None:
    asked: list[int] = []
    environment = {"PATH": os.environ["PATH"]}
    cli = Cli(script(tmp_path, GENTLE), environment, asked.append)

    def interrupt(line: str) -> None:
        if line == "ready":
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

    done = cli.run_long(["up"], folder=tmp_path, environment={"WORD": "here"}, on_output=interrupt)
    assert done.code == 3
    assert done.stdout.splitlines() == ["ready", "finished what was under way 1 here"]
    assert asked == [1]


def test_afterwards_an_interrupt_is_python_s_again(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    Cli(script(tmp_path, "#!/bin/sh\nexit 0\n"), {}).run_long([], folder=tmp_path)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_environment_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    cli = Cli(script(tmp_path, '#!/bin/sh\necho "[$KUBECONFIG]"; cat\n'), {"PATH": os.environ["PATH"]})
    assert cli.run([], folder=tmp_path, stdin="said").stdout == "[]\nsaid"
    assert cli.run_long([], folder=tmp_path).stdout == "[]"


def test_both_streams_are_read_to_their_ends(tmp_path: Path) -> None:
    text = "#!/bin/sh\nfor i in $(seq 20000); do echo out $i; echo err $i >&2; done\n"
    done = Cli(script(tmp_path, text), {"PATH": os.environ["PATH"]}).run_long([], folder=tmp_path)
    assert done.stdout.splitlines()[-1] == "out 20000"
    assert done.stderr.splitlines()[-1] == "err 20000"


def test_the_brake_asks_as_an_interrupt_does_and_nobody_when_nothing_runs(tmp_path: Path) -> None:
    asked: list[int] = []
    cli = Cli(script(tmp_path, GENTLE), {"PATH": os.environ["PATH"]}, asked.append)
    cli.brake.pull()
    done = cli.run_long(["up"], folder=tmp_path, on_output=lambda line: line == "ready" and cli.brake.pull())
    assert done.code == 3 and "finished what was under way 1" in done.stdout
    assert asked == [], "the user asked for nothing"
    cli.brake.pull()
