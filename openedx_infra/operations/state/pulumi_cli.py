"""How is the real Pulumi CLI run? With an environment of ours alone, and so that Ctrl-C loses nothing."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

Hear = Callable[[str], object]
"""Called with each line."""


@dataclass(frozen=True)
class Result:
    """What a run of the CLI gave."""

    code: int
    stdout: str
    stderr: str


class Brake:
    """Asks the command that is at work to stop, as a first Ctrl-C does; from any thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def pull(self) -> None:
        """Ask it once; nothing happens when none is at work."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    @contextmanager
    def on(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Within the block, this process is at work."""
        self._process = process
        try:
            yield
        finally:
            self._process = None


@dataclass(frozen=True)
class Cli:
    """The CLI, its environment, and whom to tell when the user asks to stop."""

    executable: Path
    environment: Mapping[str, str]
    on_interrupt: Callable[[int], object] = lambda _: None
    """Called with 1 at the first Ctrl-C, with 2 at the second …"""
    brake: Brake = field(default_factory=Brake)
    """Stops a long command that the program, rather than the user, has given up."""

    def ask(self, arguments: Sequence[str], *, folder: Path, say: str | None = None) -> Result:
        """Run a short command, with `say` on its standard input, and wait for its end."""
        done = subprocess.run(
            self._command(arguments),
            cwd=folder,
            env=dict(self.environment),
            input=say or "",
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def work(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        on_output: Hear | None = None,
        on_error: Hear | None = None,
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

    def __init__(self, stream: IO[str] | None, hear: Hear | None) -> None:
        assert stream is not None
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(stream, hear), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str], hear: Hear | None) -> None:
        with stream:
            for line in stream:
                self._lines.append(line.rstrip())
                if hear:
                    hear(self._lines[-1])

    def text(self) -> str:
        """All that was read."""
        self._thread.join()
        return "\n".join(self._lines)
