"""The verb upgrade plan: what an upgrade to a release takes. Nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from openedx_infra.config import ConfigError, Stack, describe
from openedx_infra.operations.deploy.release_order import migrated_releases, out_of_order
from openedx_infra.operations.deploy.server_versions import changed_images
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.operations.versions import upgrade_facts
from openedx_infra.operations.versions.upgrade_plan import HEADINGS, Item, plan
from openedx_infra.releases import RELEASES
from openedx_infra.services.data_formats import verdict

__all__ = ["Request", "show"]


def show(request: Request, to: str, console: Console, *, as_json: bool) -> bool:
    """Print what an upgrade to release `to` takes; whether nothing blocks it.

    Raises OperationError when the stack was never brought up, for a release that is unknown or none to
    upgrade to, with the way there, and when Pulumi's state or the cluster can't be read.
    """
    notes = Console(stderr=True) if as_json else console
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file, placeholders=True)
    state = open_stack(file, tools(notes)).state()
    before = release_before(stack, migrated_releases(state), to)
    items = [
        *of_the_stack_file(file, to),
        *of_servers(file, to, state),
        *plan(
            stack,
            file.values,
            RELEASES[before],
            RELEASES[to],
            upgrade_facts.facts(file, stack, RELEASES[before], RELEASES[to], notes),
        ),
    ]
    if as_json:
        print(json.dumps(content(stack.name, before, to, items), indent=2, ensure_ascii=False))
    else:
        _print(stack.name, before, to, items, console)
    return not any(item.rank == "blocker" for item in items)


def release_before(stack: Stack, migrated: Mapping[str, str], to: str) -> str:
    """The release of a stack's databases, from which `to` is the next one.

    `migrated`: releases of the Jobs that migrated, by their names. Raises OperationError where it isn't.
    """
    order = list(RELEASES)
    if to not in order:
        raise OperationError(f"There is no release {to}.", remedy=f"name one of {', '.join(order)}")
    if not migrated:
        raise OperationError(
            f"No migration of stack {stack.name} is in Pulumi's state: there is nothing to upgrade.",
            remedy=f"run `openedx-infra up --stack {stack.name}`, which makes the instance",
        )
    wanted = stack.model_copy(update={"release": to, "blue_green": None})
    if problem := out_of_order(wanted, migrated.values(), frozenset(), has_history=True):
        raise problem
    before = max(migrated.values(), key=order.index)
    if before == to:
        raise OperationError(f"Stack {stack.name} is at {to} already.")
    return before


def of_the_stack_file(file: StackFile, to: str) -> Iterator[Item]:
    """What `check` would refuse if the stack file named the release."""
    try:
        describe(file.name, {**file.values, "release": to}, placeholders=True)
    except ConfigError as error:
        for problem in error.problems:
            yield Item(
                rank="blocker",
                text=f"the stack file doesn't fit {to}: {problem}",
                remedy="change the key together with the release",
            )


def of_servers(file: StackFile, to: str, state: Mapping[str, Any]) -> Iterator[Item]:
    """What becomes of volumes of servers that the instance runs, by the images of the release."""
    try:
        stack = describe(file.name, {**file.values, "release": to}, placeholders=True)
    except ConfigError:
        return  # the blockers of `of_the_stack_file` come first
    assert isinstance(stack, Stack)
    for server, (old, new) in changed_images(stack, state).items():
        found = verdict(server.format, old, new)
        yield Item(
            rank="during" if found is None or found.opens else "blocker",
            text=f"{server.format}: {new} after {old}" + (f" {found.text}" if found else " opens its volume"),
            remedy=""
            if found is None or found.opens
            else f"name an image in openedx:images.{server.image} that opens the volume (docs/upgrades.md)",
        )


def content(stack: str, before: str, to: str, items: Sequence[Item]) -> dict[str, Any]:
    """A plan for programs."""
    blocked = any(item.rank == "blocker" for item in items)
    ranked = sorted(items, key=lambda item: list(HEADINGS).index(item.rank))
    return {
        "stack": stack,
        "from": before,
        "to": to,
        "blocked": blocked,
        "items": [asdict(item) for item in ranked],
    }


def _print(stack: str, before: str, to: str, items: Sequence[Item], console: Console) -> None:
    console.print(f"Stack {stack}: from {before} to {to}. Nothing was changed.", style="bold")
    for rank, heading in HEADINGS.items():
        chosen = [item for item in items if item.rank == rank]
        if chosen:
            console.print(heading, style="bold red" if rank == "blocker" else "bold")
        for item in chosen:
            console.print(f"  {item.text}", markup=False, highlight=False, soft_wrap=True)
            if item.remedy:
                console.print(f"    → {item.remedy}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"Other migrations of {to} than those that are named here are known to its image alone: `verify` "
        "measures how long the restore of a backup takes, `up` prints each migration.",
        soft_wrap=True,
    )
