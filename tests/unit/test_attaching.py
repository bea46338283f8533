"""A terminal of ours is that of a container's own process, and leaving it harms nothing."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

from exec_server import ExecServer

CHILD = """
import sys
sys.path[:0] = {path!r}
from lightkube import Client, KubeConfig
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import terminal
from openedx_infra.operations.pods.container import RunningContainer
client = Client(config=KubeConfig.from_dict({config!r}), namespace="campus", trust_env=False)
try:
    terminal.attach(RunningContainer(client=client, pod="lms-1", name="lms"))
except OperationError as error:
    sys.exit(str(error))
"""
DEBUGGED = [
    sys.executable,
    "-uc",
    "import signal\nsignal.signal(signal.SIGINT, lambda *_: print('was interrupted'))\n"
    "def view():\n    answer = 6 * 7\n    breakpoint()\n    return answer\nprint('returned', view())\n"
    "while True: signal.pause()\n",
]


def child(server: ExecServer, terminal: int) -> subprocess.Popen[bytes]:
    program = CHILD.format(path=[str(Path(__file__).parents[2])], config=server.kubeconfig)
    return subprocess.Popen(
        [sys.executable, "-c", program], stdin=terminal, stdout=terminal, stderr=subprocess.PIPE
    )


def until(terminal: int, word: bytes) -> bytes:
    heard, end = b"", time.monotonic() + 60
    while word not in heard:
        assert time.monotonic() < end, heard
        if select.select([terminal], [], [], 1)[0]:
            heard += os.read(terminal, 4096)
    return heard


def test_a_breakpoint_is_reached_and_left_by_ctrl_c() -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONBREAKPOINT"}
    with ExecServer(attached=DEBUGGED, environment=environment) as server:
        process = child(server, theirs)
        until(ours, b"(Pdb)")
        os.write(ours, b"p answer\r")
        until(ours, b"42")
        os.write(ours, b"c\x1a\x1c\r")  # keys of signals are not for process 1
        heard = until(ours, b"returned 42")
        os.write(ours, b"\x03")
        assert process.wait(60) == 0
    assert b"interrupted" not in heard
    assert termios.tcgetattr(theirs) == before
    assert server.paths == ["/api/v1/namespaces/campus/pods/lms-1/attach"]
    assert server.requests[0]["tty"] == ["true"] and server.requests[0]["stdin"] == ["true"]
    assert "command" not in server.requests[0]


def test_the_end_of_the_process_is_told() -> None:
    ours, theirs = pty.openpty()
    with ExecServer(attached=["sh", "-c", "echo over"]) as server:
        process = child(server, theirs)
        until(ours, b"over")
        assert process.wait(60) == 1
    assert process.stderr and b"The process has ended" in process.stderr.read()
