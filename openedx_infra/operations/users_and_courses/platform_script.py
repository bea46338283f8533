"""Asking a running instance's platform to do something, by a script that runs in one of its containers."""

from __future__ import annotations

import io
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from openedx_infra import scripts
from openedx_infra.config import Stack
from openedx_infra.config.services.registry import companions
from openedx_infra.config.versions import live_version
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import process
from openedx_infra.operations.pods.container import RunningContainer, choose
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.releases import Release

Site = Literal["lms", "cms"]
"""A site by the word of `manage.py`."""
_COMPONENTS: Mapping[Site, str] = {"lms": "lms", "cms": "studio"}

_LOAD = (
    "import sys; source = sys.stdin.buffer; "
    "exec(source.read(int(source.readline())).decode(), {'__name__': 'openedx_infra'})"
)
"""What the shell of Django runs: the script, which it reads from standard input with its request. Arguments
hold neither: they are seen in lists of processes, and a proxy may not take an address of their length."""

ANSWER = b"\nopenedx-infra: answer\n"
"""The line after which the answer of a script begins."""
LAST_LINES = 8
"""Lines of standard error that an error repeats. A guess: an exception and where it was raised."""
KILLED = 137
"""Exit code of a process that was killed: in a container, mostly for the memory it took."""


class Writer(Protocol):
    """What bytes are written to: an open file."""

    def write(self, piece: bytes, /) -> object:
        """Write all of them."""
        ...


class Interpreter:
    """A Python in a running container, which scripts are sent to."""

    def __init__(
        self, container: RunningContainer, command: Sequence[str], text: Callable[[str], str]
    ) -> None:
        """`command` runs the program that is its last argument. `text` is the whole text of a script, by the
        name of its file."""
        self._container = container
        self._command = command
        self._text = text

    def ask(
        self,
        script: str,
        request: Mapping[str, Any],
        *,
        data: process.Source | None = None,
        to: Writer | None = None,
        on_line: Callable[[str], object] | None = None,
    ) -> Any:
        """Let a script carry out a request, and return its answer.

        `data` is what the script reads after the request, `to` gets what it writes after its answer, and
        `on_line` each line that the platform logs meanwhile. Raises OperationError when the script refuses,
        or fails.
        """
        text = self._text(script).encode()
        head = b"%d\n%b%b\n" % (len(text), text, json.dumps(dict(request)).encode())
        answer, log = _Answer(to), _Lines(on_line)
        code = process.run(
            self._container,
            [*self._command, _LOAD],
            stdin=_Chain(head, data),
            on_stdout=answer.take,
            on_stderr=log.take,
        )
        if code or answer.content is None:
            raise OperationError(_failure(self._container, code, log))
        if "refused" in answer.content:
            raise OperationError(str(answer.content["refused"]))
        return answer.content["done"]


class Platform(Interpreter):
    """The platform of a running instance, or a companion service of it, to ask by scripts of
    `scripts/in_platform/`."""

    def __init__(self, container: RunningContainer, site: Site | None) -> None:
        """`site`: the word of `manage.py` for one of the platform's two sites. None: its project has one."""
        manage = ["./manage.py", *([site] if site else [])]
        super().__init__(container, [*manage, "shell", "--verbosity", "0", "--command"], scripts.in_platform)


def platform(name: str, config_file: Path | None, site: Site) -> Platform:
    """The platform of a stack's instance, in the version that visitors reach.

    Raises OperationError where none of its containers is ready.
    """
    file, stack = _instance(name, config_file)
    component = f"{_COMPONENTS[site]}{live_version(stack).suffix}"
    return Platform(_container(file, stack, component), site)


def live_release(name: str, config_file: Path | None) -> Release:
    """The release of the version that visitors reach."""
    _, stack = _instance(name, config_file)
    return live_version(stack).pinned_release


def service(name: str, config_file: Path | None, service: str) -> Platform:
    """A companion service of a stack, a project of Django. Raises OperationError where it is off, or none of
    its containers is ready."""
    file, stack = _instance(name, config_file)
    if service not in {each.name for each in companions(stack)}:
        raise OperationError(
            f"Stack {name} doesn't run {service}.",
            remedy=f"set `openedx:services.{service}: {{enabled: true}}`, and run `openedx-infra up`",
        )
    return Platform(_container(file, stack, service), None)


def _instance(name: str, config_file: Path | None) -> tuple[StackFile, Stack]:
    file = stack_file.read(name, config_file)
    return file, stack_file.instance(file, placeholders=True)


def _container(file: StackFile, stack: Stack, component: str) -> RunningContainer:
    client = connection.connect(connection.address_of(stack, local=file.local), stack.namespace)
    return choose(client, component)


def _failure(container: RunningContainer, code: int, log: _Lines) -> str:
    cause = "; it was killed, mostly because memory was short" if code == KILLED else ""
    last = "".join(f"\n  {line}" for line in log.last)
    return (
        f"The platform failed in pod {container.pod} (exit code {code}{cause}):{last or ' it wrote nothing'}"
    )


class _Chain:
    """A text, and the bytes after it."""

    def __init__(self, head: bytes, rest: process.Source | None) -> None:
        self._parts: list[process.Source] = [io.BytesIO(head), *([rest] if rest else [])]

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        while self._parts:
            if piece := self._parts[0].read(size):
                return piece
            del self._parts[0]
        return b""


class _Answer:
    """The answer of a script on its standard output, and what it writes after it."""

    def __init__(self, to: Writer | None) -> None:
        self.content: dict[str, Any] | None = None
        self._to = to
        self._read = b""

    def take(self, piece: bytes) -> None:
        if self.content is not None:
            self._hand_on(piece)
            return
        self._read += piece
        _, begun, rest = self._read.partition(ANSWER)
        line, ended, rest = rest.partition(b"\n")
        if begun and ended:
            self.content = json.loads(line)
            self._hand_on(rest)

    def _hand_on(self, piece: bytes) -> None:
        if self._to is not None and piece:
            self._to.write(piece)


class _Lines:
    """Lines of a stream that comes in pieces; the last are kept."""

    def __init__(self, on_line: Callable[[str], object] | None) -> None:
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._on_line = on_line
        self._rest = b""

    def take(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if text:
                self.last.append(text)
                if self._on_line is not None:
                    self._on_line(text)
