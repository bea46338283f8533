"""Pulumi's CLI as a subprocess: its own environment, and a Ctrl-C that loses nothing."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

OnLine = Callable[[str], object]
"""Called with each line."""


@dataclass(frozen=True)
class Result:
    """The outcome of a run of the CLI."""

    code: int
    stdout: str
    stderr: str


class Brake:
    """Interrupts the running command, as a first Ctrl-C does; from any thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def pull(self) -> None:
        """Interrupt it once; does nothing when none runs."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    @contextmanager
    def on(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Within the block, this process is the one to interrupt."""
        self._process = process
        try:
            yield
        finally:
            self._process = None


@dataclass(frozen=True)
class Cli:
    """The CLI, its environment, and what to call when the user asks to stop."""

    executable: Path
    environment: Mapping[str, str]
    on_interrupt: Callable[[int], object] = lambda _: None
    """Called with 1 at the first Ctrl-C, with 2 at the second …"""
    brake: Brake = field(default_factory=Brake)
    """Stops a long command that the program, rather than the user, has given up."""

    def run(self, arguments: Sequence[str], *, folder: Path, stdin: str | None = None) -> Result:
        """Run a short command, with `stdin` on its standard input, and wait for its end."""
        done = subprocess.run(
            self._command(arguments),
            cwd=folder,
            env=dict(self.environment),
            input=stdin or "",
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def run_long(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        on_output: OnLine | None = None,
        on_error: OnLine | None = None,
    ) -> Result:
        """Run a command that may take long, and hand on its lines as they come.

        It runs in a session of its own, so that a Ctrl-C does not reach it by the terminal: the first one (or
        a SIGTERM) asks Pulumi once to finish what is under way and stop, the second to stop at once.
        """
        process = subprocess.Popen(
            self._command(arguments),
            cwd=folder,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        with self.brake.on(process), self._passing_on_signals(process):
            stdout, stderr = _Reader(process.stdout, on_output), _Reader(process.stderr, on_error)
            code = process.wait()
        return Result(code, stdout.text(), stderr.text())

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [str(self.executable), "--non-interactive", *arguments]

    @contextmanager
    def _passing_on_signals(self, process: subprocess.Popen[str]) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():  # only the main thread hears signals
            yield
            return
        count = 0

        def stop(_signal: int, _frame: object) -> None:
            nonlocal count
            count += 1
            self.on_interrupt(count)
            process.send_signal(signal.SIGINT)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Reader:
    """Reads a stream to its end in the background."""

    def __init__(self, stream: IO[str] | None, on_line: OnLine | None) -> None:
        assert stream is not None
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(stream, on_line), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str], on_line: OnLine | None) -> None:
        with stream:
            for line in stream:
                self._lines.append(line.rstrip())
                if on_line:
                    on_line(self._lines[-1])

    def text(self) -> str:
        """All that was read."""
        self._thread.join()
        return "\n".join(self._lines)
