"""`check`: validates configuration, settings, every Kubernetes object and the rules, offline."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from openedx_infra.config import BaseStack
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile

if TYPE_CHECKING:
    from openedx_infra.operations.offline.recording import Graph


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a check found in a stack that can be brought up."""

    stack: BaseStack
    resources: int
    objects: int
    notes: Sequence[str]
    """What is worth knowing and no error."""
    seconds: float


def check(name: str, config_file: Path | None = None) -> Report:
    """Check a stack without an engine, a cluster or a network.

    Raises ConfigError with every fault of the configuration, or OperationError with everything that the
    rules refuse.
    """
    start = time.monotonic()
    file = stack_file.read(name, config_file)
    stack = stack_file.validated(file)
    values = secrets.stand_ins(stack)
    graph = recorded(stack, values)
    require_lawful(stack, graph, values)
    return Report(
        stack=stack,
        resources=len(graph.resources),
        objects=len(graph.objects()),
        notes=notes(file, stack),
        seconds=time.monotonic() - start,
    )


def show(report: Report, console: Console) -> None:
    """Print what a check found."""
    for note in report.notes:
        console.print(f"note: {note}", style="yellow", highlight=False, soft_wrap=True)
    console.print(
        f"Stack {report.stack.name} is right: {report.resources} resources, {report.objects} Kubernetes "
        f"objects, checked in {report.seconds:.1f} s.",
        soft_wrap=True,
    )


def recorded(stack: BaseStack, values: dict[str, str]) -> Graph:
    """Everything that the program would register for a stack. Raises ConfigError with what it refuses."""
    from openedx_infra.operations.offline.recording import record
    from stacks.gate import Refused

    try:
        return record(stack, values)
    except Refused as error:
        raise error.error from None


def require_lawful(stack: BaseStack, graph: Graph, values: Mapping[str, str]) -> None:
    """Raise OperationError with everything that the policies refuse in a graph made with these secrets."""
    import policies

    complaints = policies.check(graph, stack, values)
    if complaints:
        lines = "\n".join(f"  - {complaint}" for complaint in complaints)
        raise OperationError(
            f"Stack {stack.name}: the rules of policies/ refuse {len(complaints)} things.\n{lines}"
        )


def notes(file: StackFile, stack: BaseStack) -> list[str]:
    """What an operator should know before `up`."""
    if file.local:
        return [
            "it names no cluster: `up` uses the embedded one, where containers don't run, and makes secrets"
        ]
    missing = stack_file.missing_secrets(file, stack)
    return [f"`up` will refuse: {line}" for line in missing]
