"""What must be in place before Pulumi works on a stack: tools, cluster, effective configuration, secrets."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import BaseStack, ConfigError, Stack
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, changed_holders, immutable_changes
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.target import Target, target_of
from openedx_infra.operations.images import builders
from openedx_infra.operations.prerequisites.require import require
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import editing, local_stack, stack_file
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import history, locks, recovery, stored_data
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.open_stack import open_stack, tools

if TYPE_CHECKING:
    from openedx_infra.operations.engine.automation import Listen, Verbs
    from openedx_infra.operations.engine.events import Event


WRAPPERS = Path(sys.prefix) / "bin"
"""Where `openedx-infra` and our `pulumi` are: the virtual environment that this program runs in."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which stack a command is about."""

    name: str
    config_file: Path | None = None
    """A stack file other than the checkout's own."""
    earlier_release: bool = False
    """Whether a release older than that of the databases is wanted: the database was asked, or is accepted
    as it is."""
    on_event: Listen | None = None
    """Called with each event of Pulumi's, beside what is printed, from another thread."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A stack that Pulumi can work on."""

    request: Request
    """What the command asked for."""
    file: StackFile
    """The operator's stack file."""
    stack: BaseStack
    live: LiveStack
    target: Target
    """Its cluster, which has answered, and its namespaces."""
    is_new: bool
    """Whether no `up` of it ever came to its end."""
    tools_ready: float
    """When the toolchain was there, by the monotonic clock: building it may take a quarter of an hour."""
    emptied: frozenset[str] = frozenset()
    """Holders of immutable keys that change, as nothing is stored in them yet (`config.immutable`)."""

    @property
    def local(self) -> bool:
        """Whether it runs in the embedded cluster."""
        return self.file.local

    def recover(self, console: Console) -> None:
        """Take over what a killed run left unfinished."""
        recovery.recover(self.live, self.target.client(), console)

    def verbs(self, listen: Listen) -> Verbs:
        """Pulumi's preview, up and destroy, which call `listen` with each event."""
        from openedx_infra.operations.engine.automation import Verbs  # takes half a second to import

        also = self.request.on_event

        def both(event: Event) -> None:
            listen(event)
            if also is not None:
                also(event)

        return Verbs(self.live, both)


def builder(stack: BaseStack, console: Console) -> dict[str, str]:
    """Variables by which Pulumi's plugin builds; none for a stack that builds nothing.

    Raises ToolError when this machine can't build.
    """
    if not stack.builds:
        return {}
    variables = builders.available(stack.builder, console).environment
    return {name: variables[name] for name in ("BUILDX_CONFIG", "BUILDX_BUILDER") if name in variables}


def exports(file: StackFile, console: Console) -> list[str]:
    """Shell lines that export tools, state and, for a local stack, its kubeconfig."""
    variables = dict(open_stack(file, tools(console)).cli.environment)
    # Our `pulumi` comes before the real one, which wrote a salt of its own into the checkout's stack file and
    # so made the secrets of a local stack unreadable.
    variables["PATH"] = os.pathsep.join((str(WRAPPERS), variables["PATH"]))
    variables["PULUMI_STACK"] = file.name
    if file.local:
        variables["KUBECONFIG"] = str(connection.embedded_address().kubeconfig)
    return [
        f"export {name}={shlex.quote(value)}"
        for name, value in variables.items()
        if os.environ.get(name) != value
    ]


def begin(
    request: Request,
    console: Console,
    *,
    creating: bool = True,
    on_interrupt: Callable[[int], object] = lambda _: None,
) -> Session:
    """Prepare all that Pulumi needs to work on a stack.

    First the configuration is validated, offline; then come the tools, the cluster, and the secrets of a
    local stack. With `creating`, a new stack is created; without, it must exist, and CHANGEME is let
    through, as for `destroy`. Raises ConfigError, OperationError or ToolError before anything was changed.
    """
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.validated(file, secrets=creating and not file.local, placeholders=not creating)
    if file.local:
        _require_operators_secrets(file, stack)
    variables = builder(stack, console) if creating else {}
    toolchain = tools(console, stack)
    tools_ready = time.monotonic()
    live = open_stack(file, toolchain, on_interrupt, variables)
    if file.local:
        address = _begin_local(file, stack, live, console, creating)
        target = target_of(stack, local=True, address=address)
    else:
        target = target_of(stack, local=False)
        target.require_reachable()
    created = file.local and creating
    exists = created or live.exists()  # if not, a verb that doesn't create it says so
    outputs = live.outputs() if exists else {}
    if creating:
        require(stack, target, console, is_new=not outputs)
        if not exists:
            live.create()
    locks.clear_dead(live, console)
    emptied = _changed_while_empty(file, stack, live, target, outputs) if creating else set()
    _require_same(stack, outputs, target.address, creating, emptied)
    return Session(
        request=request,
        file=file,
        stack=stack,
        live=live,
        target=target,
        is_new=not outputs,
        tools_ready=tools_ready,
        emptied=frozenset(emptied),
    )


def _begin_local(
    file: StackFile, stack: BaseStack, live: LiveStack, console: Console, creating: bool
) -> Address:
    """Start the cluster and generate missing secrets, both at once: each takes seconds the first time."""
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connection.start_embedded, console)
        if creating:
            local_stack.write_effective(file, None)
            with editing.alone(live.config_file):
                live.create()
                secrets.generate(local_stack.effective_file(file.name), stack, live)
        address = starting.result()
    local_stack.write_effective(file, address)
    return address


def _changed_while_empty(
    file: StackFile, stack: BaseStack, live: LiveStack, target: Target, outputs: Mapping[str, Any]
) -> set[str]:
    """Holders of immutable keys that differ from those of a first `up` which failed and stored nothing."""
    changed = changed_holders(outputs.get(IMMUTABLE_OUTPUT, {}), stack)
    if not changed or not isinstance(stack, Stack):
        return set()
    succeeded = any(update.succeeded for update in history.finished(live, file))
    return changed & stored_data.empty(stack, live.state(), target.client(), succeeded=succeeded)


def _require_same(
    stack: BaseStack,
    outputs: Mapping[str, Any],
    address: Address | None,
    creating: bool,
    empty: Collection[str] = (),
) -> None:
    """Refuse a change of what the data depends on: the stack's outputs have what it was created with."""
    moved = outputs.get("config", {}).get("datastores", {}).get("moved", ())
    changes = immutable_changes(outputs.get(IMMUTABLE_OUTPUT, {}), stack, moved, empty) if creating else []
    before, now = outputs.get("cluster"), address.context if address else None
    if before and now and before != now:
        changes.append(
            f"openedx:cluster.context: the {stack.kind} runs in the cluster of context {before}, and does "
            f"not move to {now}: give the new one a stack of its own (copy the stack file), or put "
            f"the old context back and `destroy` the {stack.kind} first"
        )
    if changes:
        raise ConfigError(stack.name, changes)


def _require_operators_secrets(file: StackFile, stack: BaseStack) -> None:
    """Refuse a local stack that lacks a secret which can't be generated."""
    secrets.require_operator_secrets(
        stack, set(file.secrets) | set(local_stack.effective_file(file.name).secrets)
    )
