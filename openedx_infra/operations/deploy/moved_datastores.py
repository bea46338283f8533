"""What becomes of the old volumes and databases of a datastore that was moved? They stay, and are forgotten.

Pulumi refuses to delete what is protected, even where it would only forget it. So what a moved datastore
leaves behind is unprotected in the state, and what it stands on, such as its subnets, is kept like it.
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


def left_behind(stack: BaseStack, live: LiveStack) -> list[str]:
    """URNs of what moved datastores leave behind: all that holds data, and what that stands on."""
    if not stack.moved:
        return []
    before = live.outputs().get("config")
    if before is None:
        return []
    leaving = _urns(_as_it_was(stack, before)) - _urns(stack)
    return kept(live.state(), leaving)


def kept(state: Mapping[str, Any], leaving: Collection[str]) -> list[str]:
    """Of what leaves the program: what is protected and retained when deleted, and all that it needs."""
    resources = {each["urn"]: each for each in state["deployment"].get("resources") or ()}
    found = [
        urn
        for urn in leaving
        if urn in resources and resources[urn].get("protect") and resources[urn].get("retainOnDelete")
    ]
    for urn in found:  # which grows while it is walked
        needed = resources[urn].get("dependencies") or ()
        found += [each for each in needed if each in leaving and each in resources and each not in found]
    return [urn for urn in resources if urn in found]


def forgettable(state: Mapping[str, Any], urns: Collection[str]) -> dict[str, Any]:
    """The state in which Pulumi forgets these, rather than refuse to delete them, or delete them."""
    changed = deepcopy(dict(state))
    for resource in changed["deployment"].get("resources") or ():
        if resource["urn"] in urns:
            resource["retainOnDelete"] = True
            resource.pop("protect", None)
    return changed


def release(live: LiveStack, urns: Collection[str]) -> None:
    """Have the next `up` forget what moved datastores leave behind."""
    if urns:
        live.replace_state(forgettable(live.state(), urns))


def tell(urns: Collection[str], console: Console) -> None:
    """Say what moved datastores leave behind."""
    if urns:
        console.print(
            "These stay and are no longer part of the stack; delete them yourself once the move has proven "
            "right:",
            soft_wrap=True,
        )
    for urn in urns:
        console.print(f"  {Urn(urn)}", highlight=False)


def _as_it_was(stack: BaseStack, before: Mapping[str, Any]) -> Stack:
    try:
        return load(stack.name, before)
    except ConfigError as error:
        raise OperationError(
            f"What stack {stack.name} was made with can't be read any more, so nobody knows what its moved "
            f"datastores leave behind.\n{error}",
            remedy="take `moved` out, bring it up with this version of the program, then move",
        ) from error


def _urns(stack: BaseStack) -> set[str]:
    return {resource.urn for resource in recorded(stack, stand_ins(stack)).resources}
