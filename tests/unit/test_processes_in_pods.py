"""Processes in containers: streams, exit codes, refusals, and a terminal, with processes that really run."""

from __future__ import annotations

import hashlib
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest
from exec_server import V4, ExecServer

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import process

MEBIBYTE = 2**20


class Heard:
    """What a process wrote."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.err = io.BytesIO()

    def run(self, server: ExecServer, *command: str, stdin: object = None) -> int:
        return process.run(
            server.container(), command, stdin=stdin, on_stdout=self.out.write, on_stderr=self.err.write
        )


class Endless(io.RawIOBase):
    """Bytes without end, made when they are read."""

    def __init__(self, most: int) -> None:
        self.given = 0
        self.most = most

    def read(self, size: int = -1) -> bytes:
        piece = min(size, self.most - self.given)
        self.given += piece
        return b"x" * piece


def test_streams_and_exit_code_come_back() -> None:
    heard = Heard()
    with ExecServer() as server:
        code = heard.run(server, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (code, heard.out.getvalue(), heard.err.getvalue()) == (3, b"out\n", b"err\n")
    assert server.paths == ["/api/v1/namespaces/campus/pods/lms-1/exec"]
    asked = server.requests[0]
    assert asked["container"] == ["lms"] and asked["stdin"] == ["false"] and asked["tty"] == ["false"]
    assert asked["command"] == ["sh", "-c", "echo out; echo err >&2; exit 3"]


def test_output_comes_while_the_process_runs() -> None:
    times = []
    with ExecServer() as server:
        process.run(
            server.container(),
            ["sh", "-c", "echo first; sleep 1; echo second"],
            on_stdout=lambda piece: times.append(time.monotonic()),
            on_stderr=print,
        )
    assert len(times) == 2 and times[1] - times[0] > 0.8


def test_an_input_is_whole_and_ends() -> None:
    heard, content = Heard(), os.urandom(3 * MEBIBYTE + 17)
    with ExecServer() as server:
        assert heard.run(server, "sha256sum", stdin=content) == 0
        assert heard.run(server, "wc", "-c", stdin=b"") == 0
    assert heard.out.getvalue().decode().split() == [hashlib.sha256(content).hexdigest(), "-", "0"]


def test_a_long_input_is_never_held_in_memory(tmp_path: Path) -> None:
    """A process that doesn't read makes the sender wait; then all of it comes through."""
    source, heard = Endless(200 * MEBIBYTE), Heard()
    begin = tmp_path / "begin"
    script = f"while [ ! -e {begin} ]; do sleep 0.1; done; wc -c"
    given = []
    with ExecServer() as server:

        def look(piece: bytes) -> None:
            time.sleep(1)
            given.append(source.given)
            begin.touch()

        code = process.run(
            server.container(),
            ["sh", "-c", f"echo waiting >&2; {script}"],
            stdin=source,
            on_stdout=heard.out.write,
            on_stderr=look,
        )
    assert code == 0 and heard.out.getvalue().split() == [str(200 * MEBIBYTE).encode()]
    assert given[0] < 20 * MEBIBYTE


def test_much_goes_both_ways_at_once() -> None:
    heard = Heard()
    with ExecServer() as server:
        assert heard.run(server, "cat", stdin=Endless(30 * MEBIBYTE)) == 0
    assert len(heard.out.getvalue()) == 30 * MEBIBYTE


def test_a_process_may_end_before_it_read_its_input() -> None:
    with ExecServer() as server:
        assert Heard().run(server, "sh", "-c", "exec 0<&-; sleep 0.3; exit 7", stdin=Endless(10**12)) == 7


def test_an_error_of_who_listens_is_raised_as_it_is() -> None:
    def fail(piece: bytes) -> None:
        raise ValueError("no room")

    with ExecServer() as server, pytest.raises(ValueError, match="no room"):
        process.run(server.container(), ["echo", "a"], on_stdout=fail, on_stderr=print)


def test_what_the_cluster_refuses_is_told() -> None:
    why = 'pods "lms-1" is forbidden: User "anna" cannot create resource "pods/exec"'
    with ExecServer(refusal=(403, why)) as server, pytest.raises(OperationError) as raised:
        Heard().run(server, "true")
    assert str(raised.value) == f"The cluster refused to run a process in pod lms-1: {why}"


def test_a_program_that_is_not_there_is_told() -> None:
    with ExecServer() as server, pytest.raises(OperationError, match=r"could not be run: .*no-such-program"):
        Heard().run(server, "no-such-program")


def test_a_lost_connection_is_told() -> None:
    with ExecServer(lost=True) as server, pytest.raises(OperationError, match="lost before it ended"):
        Heard().run(server, "true")


def test_no_answer_is_told() -> None:
    with ExecServer() as server:
        container = server.container()
    with pytest.raises(OperationError, match="did not answer"):
        process.run(container, ["true"], on_stdout=print, on_stderr=print)


def test_an_old_cluster_can_not_end_an_input() -> None:
    heard = Heard()
    with ExecServer(protocol=V4) as server:
        with pytest.raises(OperationError, match=r"Kubernetes 1\.30"):
            heard.run(server, "cat", stdin=b"x")
        assert heard.run(server, "echo", "without input") == 0
    assert heard.out.getvalue() == b"without input\n"


_CHILD = """
import sys
sys.path[:0] = {path!r}
from lightkube import Client, KubeConfig
from openedx_infra.operations.pods import terminal
from openedx_infra.operations.pods.container import RunningContainer
client = Client(config=KubeConfig.from_dict({config!r}), namespace="campus", trust_env=False)
container = RunningContainer(client=client, pod="lms-1", name="lms")
sys.exit(terminal.run(container, {command!r}))
"""


def _child(server: ExecServer, *command: str) -> list[str]:
    program = _CHILD.format(path=[str(Path(__file__).parents[2])], config=server.kubeconfig, command=command)
    return [sys.executable, "-c", program]


def test_a_terminal_reaches_the_process() -> None:
    """Its size, changes of it, keys, Ctrl-C; and the own terminal is as it was before."""
    ours, theirs = pty.openpty()
    ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 31, 97, 0, 0))
    before = termios.tcgetattr(theirs)
    script = (
        "trap 'echo interrupted; stty size; exit 5' INT; sleep 0.5; tty -s && stty size; "
        "read line; echo got $line; while :; do sleep 0.1; done"
    )
    with ExecServer() as server:
        child = subprocess.Popen(_child(server, "sh", "-c", script), stdin=theirs, stdout=theirs)
        _until(ours, b"31 97")
        os.write(ours, b"hello\r")
        _until(ours, b"got hello")
        ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        child.send_signal(28)  # The kernel sends SIGWINCH to whom a terminal controls.
        time.sleep(0.5)
        os.write(ours, b"\x03")
        assert b"40 120" in _until(ours, b"interrupted", b"40 120")
        assert child.wait(20) == 5
    assert termios.tcgetattr(theirs) == before
    assert server.requests[0]["tty"] == ["true"] and server.requests[0]["stderr"] == ["false"]


def test_without_a_terminal_streams_are_piped() -> None:
    with ExecServer() as server:
        done = subprocess.run(
            _child(server, "sh", "-c", "cat; echo err >&2; exit 4"), input=b"a\x00b", capture_output=True
        )
    assert (done.returncode, done.stdout, done.stderr) == (4, b"a\x00b", b"err\n")
    assert server.requests[0]["tty"] == ["false"]


def _until(terminal: int, *words: bytes) -> bytes:
    heard, end = b"", time.monotonic() + 20
    while not all(word in heard for word in words):
        assert time.monotonic() < end, heard
        if select.select([terminal], [], [], 1)[0]:
            heard += os.read(terminal, 4096)
    return heard
