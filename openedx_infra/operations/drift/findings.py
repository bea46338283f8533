"""The verb drift: what was changed by hand, as lines, JSON and metrics."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.text import Text

from openedx_infra.config import BaseStack
from openedx_infra.config.errors.messages import without_credentials
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.status import table
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.drift.changes import Change
from openedx_infra.operations.drift.drift import CHANGED, LEAVING, MISSING, Drift, drift
from openedx_infra.operations.drift.expected import Expected
from openedx_infra.operations.drift.reader import Reader
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.stack_files.whole_write import write_whole
from openedx_infra.operations.state.open_stack import open_stack, tools

EXIT_NONE, EXIT_FAILED, EXIT_DRIFT = 0, 1, 2
"""Exit codes, as `terraform plan -detailed-exitcode` has them."""

_PREFIX = "openedx_drift"
"""How the names of metrics begin."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one look at a stack's cluster found."""

    stack: str
    drift: Drift
    at: float
    """When it was, in seconds since 1970."""
    on_aws: bool = False
    """Whether the stack has resources of AWS, which this look leaves out."""

    @property
    def exit_code(self) -> int:
        """0: none, 2: drift, 1: none was found, but not all could be read."""
        if self.drift.found:
            return EXIT_DRIFT
        return EXIT_FAILED if self.drift.unreadable else EXIT_NONE

    @property
    def differing(self) -> Iterator[tuple[Expected, str, Sequence[Change]]]:
        """Objects that differ: what happened to each, and its changed fields."""
        yield from ((each, MISSING, ()) for each in self.drift.missing)
        yield from ((each, LEAVING, ()) for each in self.drift.leaving)
        yield from ((each, CHANGED, fields) for each, fields in self.drift.changed)

    @property
    def urns(self) -> list[str]:
        """URNs of the objects that differ, once each."""
        return list(dict.fromkeys(each.urn.text for each, _, _ in self.differing))

    def print(self, console: Console) -> None:
        """Print it for people."""
        rows = [*self.drift.rows()]
        if rows:
            console.print(Group(table(rows)))
        for line in self._lines():
            console.print(Text(line), soft_wrap=True)

    def _lines(self) -> Iterator[str]:
        if count := len(self.urns):
            fix = f"`openedx-infra drift --fix --stack {self.stack}`"
            yield f"Objects that differ from what was brought up: {count}. {fix} sets back these alone."
        elif not self.drift.unreadable:
            yield "No drift: the objects of the stack are as they were brought up."
        for each, fields in self.drift.ignored:
            what = ", ".join(change.field for change in fields) or "missing"
            yield f"Not counted, as others own it: {each} ({what})."
        if self.drift.strangers:
            names = ", ".join(f"{kind.kind} {name}" for kind, name in self.drift.strangers)
            yield f"Not of this stack, and not counted: {names}."
        if self.drift.unreadable:
            kinds = ", ".join(sorted({kind.kind for kind in self.drift.unreadable}))
            yield f"You may not read these kinds, so whether they have drifted is unknown: {kinds}."
        if self.on_aws:
            yield (
                "Resources of AWS are not compared here: "
                f"`openedx-infra preview --refresh --expect-no-changes --stack {self.stack}` does it."
            )

    def as_json(self) -> dict[str, Any]:
        """All of it for machines."""
        return {
            "version": 1,
            "stack": self.stack,
            "drift": self.drift.found,
            "objects": [
                {**_object(each), "state": state, "fields": [_field(change) for change in fields]}
                for each, state, fields in self.differing
            ],
            "ignored": [
                {**_object(each), "fields": [_field(change) for change in fields]}
                for each, fields in self.drift.ignored
            ],
            "strangers": [
                {"kind": kind.kind, "namespace": kind.namespace, "name": name}
                for kind, name in self.drift.strangers
            ],
            "unreadable": sorted({kind.kind for kind in self.drift.unreadable}),
        }

    def metrics(self) -> str:
        """It in Prometheus' text format, for node-exporter's textfile collector or a Pushgateway."""
        counts = dict.fromkeys((MISSING, LEAVING, CHANGED), 0)
        for _, state, _ in self.differing:
            counts[state] += 1
        objects = {(("state", state.replace(" ", "_")),): count for state, count in counts.items()}
        named = {
            (("kind", each.kind), ("name", each.name), ("manager", _managers(fields))): len(fields)
            for each, state, fields in self.differing
            if state == CHANGED
        }
        blocks = (
            ("objects", "Objects that differ from what was brought up, by what happened to them.", objects),
            ("fields", "Fields of an object that differ from what was brought up, by who wrote them.", named),
            (
                "unreadable_kinds",
                "Kinds of objects that could not be read.",
                {(): len({kind.kind for kind in self.drift.unreadable})},
            ),
            (
                "checked_timestamp_seconds",
                "When drift was last looked for, in seconds since 1970.",
                {(): int(self.at)},
            ),
        )
        return "".join(line for block in blocks for line in self._samples(*block))

    def _samples(
        self, name: str, text: str, values: Mapping[tuple[tuple[str, str], ...], int]
    ) -> Iterator[str]:
        yield f"# HELP {_PREFIX}_{name} {text}\n# TYPE {_PREFIX}_{name} gauge\n"
        for labels, value in values.items():
            pairs = ",".join(f'{key}="{_escaped(each)}"' for key, each in (("openedx", self.stack), *labels))
            yield f"{_PREFIX}_{name}{{{pairs}}} {value}\n"


def look(file: StackFile, stack: BaseStack) -> Findings:
    """Compare what was brought up with the cluster.

    Raises OperationError when the stack was never brought up, or its state or cluster can't be read.
    """
    target = target_of(stack, local=file.local)
    client = target.client()
    if client is None:
        raise OperationError(
            f"Stack {file.name} has no objects in a cluster, so there is nothing to compare.",
            remedy=f"`openedx-infra preview --refresh --expect-no-changes --stack {file.name}` compares "
            "resources of AWS",
        )
    live = open_stack(file, tools(Console(stderr=True)))
    state = live.state()
    with answering(remedy="is it running? `up` starts the embedded one"):
        found = drift(Reader(client), state, stack.namespaces, stack.drift.ignore)
    return Findings(stack=file.name, drift=found, at=time.time(), on_aws=stack.on_aws)


def print_json(found: Findings) -> None:
    """Print it for machines."""
    print(json.dumps(found.as_json(), indent=2, ensure_ascii=False, default=str))


def write_metrics(found: Findings, path: Path) -> None:
    """Write the metrics whole or not at all: a collector may read at any moment. A new file is readable by
    all."""
    write_whole(path, found.metrics().encode(), 0o644)


def _object(each: Expected) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "namespace": each.namespace,
        "name": each.name,
        "urn": each.urn.text,
        "holds_data": each.holds_data,
    }


def _field(change: Change) -> dict[str, Any]:
    return {
        "field": change.field,
        "before": _shown(change.before),
        "now": _shown(change.now),
        "manager": change.manager,
        "when": change.when,
    }


def _shown(value: Any) -> Any:
    """A value without passwords in addresses."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, Mapping):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list) else value


def _managers(fields: Sequence[Change]) -> str:
    return ", ".join(sorted({change.manager for change in fields if change.manager}))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
