"""The old volumes and databases of moved datastores: they stay, and leave the state.

Pulumi refuses to delete what is protected, even where it would only forget it. So these orphans are
unprotected in the state, and what they depend on, such as their subnets, is retained with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from rich.console import Console

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.base_stack import BaseStack
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.urn import Urn


def orphans(stack: BaseStack, live: LiveStack, empty: Collection[str] = ()) -> list[str]:
    """URNs of what moved datastores leave behind: all that holds data, and what it depends on.

    `empty` are datastores that go elsewhere before anything was stored in them: what may have been left in
    their volumes by somebody else stays, too.
    """
    if empty:
        state = live.state()
        present = {each["urn"] for each in state["deployment"].get("resources") or ()}
        return retained(state, present - _urns(stack))
    if not stack.moved:
        return []
    before = live.outputs().get("config")
    if before is None:
        return []
    leaving = _urns(_as_it_was(stack, before)) - _urns(stack)
    return retained(live.state(), leaving)


def retained(state: Mapping[str, Any], leaving: Collection[str]) -> list[str]:
    """Of the URNs that leave the program: what is protected and retained on delete, and its dependencies."""
    resources = {each["urn"]: each for each in state["deployment"].get("resources") or ()}
    result = [
        urn
        for urn in leaving
        if urn in resources and resources[urn].get("protect") and resources[urn].get("retainOnDelete")
    ]
    for urn in result:  # which grows while it is walked
        needed = resources[urn].get("dependencies") or ()
        result += [each for each in needed if each in leaving and each in resources and each not in result]
    return [urn for urn in resources if urn in result]


def forget(live: LiveStack, urns: Collection[str]) -> None:
    """Prepare the state so that the next `up` forgets the orphans.

    What holds data is retained on delete already, by its program, and loses its protection by Pulumi's own
    `state unprotect`. What it depends on is retained first, so that a run that is killed in between deletes
    nothing: no command of Pulumi does that (3.259), so the state is written.
    """
    if not urns:
        return
    state = live.state()
    resources = {each["urn"]: each for each in state["deployment"].get("resources") or ()}
    if any(not resources[urn].get("retainOnDelete") for urn in urns):
        live.replace_state(retaining(state, urns))
    live.unprotect(urn for urn in urns if resources[urn].get("protect"))


def retaining(state: Mapping[str, Any], urns: Collection[str]) -> dict[str, Any]:
    """The state in which Pulumi would forget these rather than delete them."""
    result = deepcopy(dict(state))
    for resource in result["deployment"].get("resources") or ():
        if resource["urn"] in urns:
            resource["retainOnDelete"] = True
    return result


def print_orphans(urns: Collection[str], console: Console) -> None:
    """Print what moved datastores, and containers that were taken out, leave behind."""
    if urns:
        console.print(
            "These stay and are no longer part of the stack; delete them yourself once nobody needs their "
            "data:",
            soft_wrap=True,
        )
    for urn in urns:
        console.print(f"  {Urn(urn)}", highlight=False)


def _as_it_was(stack: BaseStack, before: Mapping[str, Any]) -> Stack:
    try:
        return load(stack.name, before)
    except ConfigError as error:
        raise OperationError(
            f"The configuration with which stack {stack.name} was created can't be read any more, so what "
            f"its moved datastores leave behind is unknown.\n{error}",
            remedy="remove `moved`, run `up` with this version of the program, then move",
        ) from error


def _urns(stack: BaseStack) -> set[str]:
    return {resource.urn for resource in recorded(stack, stand_ins(stack)).resources}
