"""A state file that can't be read, and the copies that Pulumi keeps beside it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.checkout import BIN
from openedx_infra.operations.stack_files.whole_write import write_whole
from openedx_infra.operations.state import backend


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A copy of a stack's state that can be read."""

    path: Path
    written: datetime
    resources: int
    """How many resources it knows."""


def state_file(stack: str, variables: Mapping[str, str]) -> Path | None:
    """The file of a stack's state; None where the backend is no folder of this machine or lacks the stack."""
    folder = backend.local_folder(variables)
    names = (f"{stack}.json", f"{stack}.json.gz")
    files = [folder / "stacks" / PROJECT / name for name in names] if folder else []
    return next((file for file in files if file.exists()), None)


def is_damaged(file: Path) -> bool:
    """Whether a state can't be read."""
    return _deployment(file) is None


def copies(stack: str, variables: Mapping[str, str]) -> list[Copy]:
    """The copies that can be read, the newest first: of the moment before, of each change, of each update."""
    folder = backend.local_folder(variables)
    return sorted(_copies(folder, stack), key=lambda copy: copy.written, reverse=True) if folder else []


def explain(stack: str, variables: Mapping[str, str]) -> OperationError | None:
    """The error for people when the state of a stack is damaged; None when it isn't, or isn't here."""
    file = state_file(stack, variables)
    if file is None or not is_damaged(file):
        return None
    found = copies(stack, variables)
    if not found:
        return OperationError(
            f"The state of stack {stack} is damaged, and no copy of it is left: {file}.",
            remedy="put a copy of that file back from a backup of this machine",
        )
    return OperationError(
        f"The state of stack {stack} is damaged: {file}. A good copy is {_described(found[0])}.",
        remedy=f"run `openedx-infra state restore --stack {stack}`, which puts that copy in its place",
    )


def restore(
    stack: str, variables: Mapping[str, str], console: Console, confirm: Callable[[str], bool] | None
) -> None:
    """Put the newest good copy in place of a damaged state, which is kept beside it.

    Raises OperationError when nothing is damaged, or no copy can be read.
    """
    file = state_file(stack, variables)
    if file is None:
        raise OperationError(
            f"There is no file on this machine that holds the state of stack {stack}.",
            remedy="for a state in a bucket or in Pulumi Cloud, use the versions that these keep: "
            f"`{BIN}pulumi stack export --version N --stack {stack}`, then `stack import`",
        )
    if not is_damaged(file):
        raise OperationError(f"The state of stack {stack} can be read. Nothing was changed.")
    found = copies(stack, variables)
    if not found:
        raise explain(stack, variables) or OperationError(f"{file} is damaged.")
    copy = found[0]
    if confirm and not confirm(f"Replace {file} with {_described(copy)}?"):
        return
    aside = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%d%H%M%S}")
    write_whole(aside, file.read_bytes())
    content = _read(copy.path)
    write_whole(file, gzip.compress(content) if file.suffix == ".gz" else content)
    console.print(
        f"{file} is the copy of {_time(copy)}; the damaged one is {aside.name} beside it. What was changed "
        f"after the copy is not in it: run `openedx-infra up --refresh --stack {stack}`.",
        soft_wrap=True,
    )


def _copies(folder: Path, stack: str) -> Iterator[Copy]:
    places = (
        (folder / "stacks" / PROJECT, (f"{stack}.json.bak", f"{stack}.json.gz.bak")),
        (folder / "backups" / PROJECT / stack, (f"{stack}.*.json", f"{stack}.*.json.gz")),
        (folder / "history" / PROJECT / stack, ("*.checkpoint.json", "*.checkpoint.json.gz")),
    )
    for place, patterns in places:
        for path in (path for pattern in patterns for path in place.glob(pattern)):
            deployment = _deployment(path)
            if deployment is not None:
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield Copy(path=path, written=written, resources=len(deployment.get("resources") or ()))


def _deployment(path: Path) -> Mapping[str, Any] | None:
    """What a file of the backend knows of its stack, perhaps nothing yet; None when it can't be read."""
    try:
        checkpoint = json.loads(_read(path))["checkpoint"]
        return checkpoint.get("latest") or {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError):
        return None


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _described(copy: Copy) -> str:
    return f"{copy.path} of {_time(copy)}, with {copy.resources} resources"


def _time(copy: Copy) -> str:
    return f"{copy.written.astimezone():%Y-%m-%d %H:%M:%S}"
