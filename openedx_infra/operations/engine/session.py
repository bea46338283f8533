"""What must stand before Pulumi works on a stack? Tools, cluster, effective configuration, secrets."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import BaseStack, ConfigError
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, immutable_changes
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.target import Place, place_of
from openedx_infra.operations.images import builders
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import local_stack, stack_file
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import locks, recovery
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.open_stack import open_stack, tools

if TYPE_CHECKING:
    from openedx_infra.operations.engine.automation import Listen, Verbs


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which stack a command is about."""

    name: str
    config_file: Path | None = None
    """A stack file other than the checkout's own."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A stack that Pulumi can work on."""

    file: StackFile
    """The operator's stack file."""
    stack: BaseStack
    live: LiveStack
    place: Place
    """Where it is; its cluster, if it needs one, answered."""

    @property
    def local(self) -> bool:
        """Whether it runs in the embedded cluster."""
        return self.file.local

    def recover(self, console: Console) -> None:
        """Take up what a killed run left half done."""
        recovery.recover(self.live, self.place.client(), console)

    def verbs(self, listen: Listen) -> Verbs:
        """Pulumi's preview, up and destroy, which call `listen` with each event."""
        from openedx_infra.operations.engine.automation import Verbs  # takes half a second to import

        return Verbs(self.live, listen)


def builder(stack: BaseStack, console: Console) -> dict[str, str]:
    """What Pulumi's plugin must find in its environment to build; nothing for a stack that builds nothing.

    Raises ToolError when nothing here can build.
    """
    if not stack.builds:
        return {}
    found = builders.available(stack.builder, console).environment
    return {name: found[name] for name in ("BUILDX_CONFIG", "BUILDX_BUILDER") if name in found}


def exports(file: StackFile, console: Console) -> list[str]:
    """Shell lines that put tools, state and, for a local stack, its cluster in place."""
    changed = dict(open_stack(file, tools(console)).cli.environment)
    if file.local:
        changed["KUBECONFIG"] = str(connection.embedded_address().kubeconfig)
    return [
        f"export {name}={shlex.quote(value)}"
        for name, value in changed.items()
        if os.environ.get(name) != value
    ]


def begin(
    request: Request,
    console: Console,
    *,
    creating: bool = True,
    on_interrupt: Callable[[int], object] = lambda _: None,
) -> Session:
    """Have all that Pulumi needs to work on a stack.

    First the configuration is validated, offline; then come the tools, the cluster, and the secrets of a
    local stack. With `creating`, a stack that is new is made; without, it must be known, and CHANGEME is let
    through, as for `destroy`. Raises ConfigError, OperationError or ToolError before anything was changed.
    """
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.validated(file, secrets=creating and not file.local, placeholders=not creating)
    if file.local:
        _demand_operators_secrets(file, stack)
    variables = builder(stack, console) if creating else {}
    stack_of_pulumi = open_stack(file, tools(console, stack), on_interrupt, variables)
    if file.local:
        address = _begin_local(file, stack, stack_of_pulumi, console, creating)
        place = place_of(stack, local=True, address=address)
    else:
        place = place_of(stack, local=False)
        place.require_reachable()
        if creating:
            place.require_operators(stack)
            stack_of_pulumi.create()
    locks.clear_dead(stack_of_pulumi, console)
    known = creating or stack_of_pulumi.exists()  # if not, the verb tells of it
    outputs = stack_of_pulumi.outputs() if known else {}
    _demand_same(stack, outputs, place.address, creating)
    return Session(file=file, stack=stack, live=stack_of_pulumi, place=place)


def _begin_local(
    file: StackFile, stack: BaseStack, live: LiveStack, console: Console, creating: bool
) -> Address:
    """Start the cluster and make missing secrets, both at once: each takes seconds the first time."""
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connection.start_embedded, console)
        if creating:
            local_stack.compose(file, None)
            live.create()
            secrets.generate(local_stack.effective(file.name), stack, live)
        address = starting.result()
    local_stack.compose(file, address)
    return address


def _demand_same(
    stack: BaseStack, outputs: Mapping[str, Any], address: Address | None, creating: bool
) -> None:
    """Refuse a change of what its data depends on: the stack's outputs tell what it was made with."""
    moved = outputs.get("config", {}).get("datastores", {}).get("moved", ())
    changes = immutable_changes(outputs.get(IMMUTABLE_OUTPUT, {}), stack, moved) if creating else []
    before, now = outputs.get("cluster"), address.context if address else None
    if before and now and before != now:
        changes.append(
            f"openedx:cluster.context: the {stack.kind} runs in the cluster of context {before}, and does "
            f"not move to {now}: give the new one a stack of its own (copy the stack file), or put "
            f"the old context back and `destroy` the {stack.kind} first"
        )
    if changes:
        raise ConfigError(stack.name, changes)


def _demand_operators_secrets(file: StackFile, stack: BaseStack) -> None:
    """Refuse a local stack that lacks a secret which only the operator knows."""
    secrets.demand_unmakeable(stack, set(file.secrets) | set(local_stack.effective(file.name).secrets))
