"""Commands of `openedx-infra` on the running instance: to their end, in the background, or at a terminal."""

from __future__ import annotations

import os
import pty
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from checkouts import BIN
from rows import Running

SECONDS = 300.0
"""How long a command may take; restarts wait for new pods on two cores."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def command(running: Running, *verb: str) -> list[str]:
    """The command's words. What comes after `--` stays at the end."""
    instance = running.instance
    at = verb.index("--") if "--" in verb else len(verb)
    which = ("--stack", instance.name, "--config-file", str(instance.file))
    return [str(BIN / "openedx-infra"), *verb[:at], *which, *verb[at:]]


def run(running: Running, *verb: str, stdin: str = "") -> Heard:
    """Run a command to its end."""
    checkout = running.instance.checkout
    done = subprocess.run(
        command(running, *verb),
        cwd=checkout.folder,
        env=checkout.environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Heard(code=done.returncode, out=done.stdout, err=done.stderr)


class Background:
    """A command that runs on, and the lines that it writes, each with the time when it came."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        assert process.stdout
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def wait_for(self, text: str, seconds: float) -> str:
        """The next line with a text; those before it are passed over."""
        end = time.monotonic() + seconds
        passed = []
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if text in line:
                return line
            passed.append(line)
        raise AssertionError(f"no {text!r} in {seconds:.0f} s, but: {''.join(passed[-20:])!r}")

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(timeout=30)

    def end(self) -> None:
        """Leave nothing of it."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)


@contextmanager
def background(running: Running, *verb: str) -> Iterator[Background]:
    """Start a command, whose standard output and error are one, in a process group of its own."""
    checkout = running.instance.checkout
    process = subprocess.Popen(
        command(running, *verb),
        cwd=checkout.folder,
        env=checkout.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    there = Background(process)
    try:
        yield there
    finally:
        there.end()


def at_terminal(running: Running, *verb: str, answers: Mapping[str, str]) -> Heard:
    """Run a command at a terminal, where somebody types an answer to each question."""
    checkout = running.instance.checkout
    words = command(running, *verb)
    process, terminal = pty.fork()
    if process == 0:  # the child, whose terminal it is
        os.chdir(checkout.folder)
        os.execve(words[0], words, checkout.environment)
    shown = b""
    waiting = dict(answers)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how the end of a terminal is told
            break
        shown += piece
        for question in [each for each in waiting if each.encode() in shown]:
            os.write(terminal, f"{waiting.pop(question)}\n".encode())
    else:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    os.close(terminal)
    return Heard(code=code, out=shown.decode().replace("\r\n", "\n"), err="")
