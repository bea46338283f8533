"""Asks a cluster for everything that a stack needs, in one round, and refuses what surely can't work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from openedx_infra.config import BaseStack
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.api import Api, Ask
from openedx_infra.operations.cluster.target import Target
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.prerequisites import (
    classes,
    hosts,
    k3s,
    kinds,
    peers,
    permissions,
    processors,
    room,
    storage,
    version,
)
from openedx_infra.operations.prerequisites.facts import Facts, Items, gather
from openedx_infra.operations.prerequisites.lack import Lack, listed
from openedx_infra.operations.prerequisites.namespaces import foreign_secrets, limits
from openedx_infra.operations.secrets.secrets import stand_ins

_UNREAD: Mapping[str, str] = {
    "storage_classes": "StorageClasses",
    "ingress_classes": "IngressClasses",
    "nodes": "nodes",
    "pods": "pods",
    "ingresses": "Ingresses",
}
"""Facts that every instance is checked against, and the words for them."""


def require(stack: BaseStack, target: Target, console: Console, *, is_new: bool) -> None:
    """Raise OperationError with everything that the cluster lacks, in one list; print notes.

    What its user may not read is not checked. Nothing is changed. A namespace that is being deleted is
    refused for a new stack (`is_new`) only: `up` waits for what an existing one has lost.
    """
    if target.address is None:
        return
    with Api(connection.http_client(target.address)) as api, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(gather, api, stack.namespaces)
        objects = recorded(stack, stand_ins(stack)).objects()
        facts = asking.result()
        lacks = [*(ending(facts) if is_new else ()), *problems(objects, facts, api)]
    for lack in lacks:
        if not lack.fatal:
            console.print(f"note: {lack}.", style="yellow", highlight=False, soft_wrap=True, markup=False)
    fatal = [lack for lack in lacks if lack.fatal]
    if fatal:
        raise _refusal(stack, target, fatal)


def problems(objects: Items, facts: Facts, ask: Ask) -> Iterator[Lack]:
    """Everything that a cluster lacks for these objects, and notes."""
    yield from version.problems(facts)
    yield from kinds.problems(objects, facts, ask)
    yield from storage.problems(objects, facts, ask)
    yield from classes.problems(objects, facts)
    yield from hosts.problems(objects, facts)
    yield from k3s.problems(objects, facts)
    yield from peers.problems(objects, facts)
    yield from permissions.problems(objects, facts, ask)
    yield from room.problems(objects, facts)
    yield from processors.problems(objects, facts)
    yield from limits.problems(objects, facts)
    yield from foreign_secrets.problems(objects, facts, ask)
    if unread := [words for name, words in _UNREAD.items() if getattr(facts, name) is None]:
        yield Lack(
            key="not checked",
            found=f"{facts.user or 'this user'} may not read the cluster's {listed(unread)}, or there are "
            "too many of them",
            remedy="`up` finds out by trying",
            fatal=False,
        )


def ending(facts: Facts) -> Iterator[Lack]:
    """Namespaces that are being deleted, in which nothing can be created."""
    for name, namespace in facts.namespaces.items():
        if namespace and namespace.get("status", {}).get("phase") == "Terminating":
            yield Lack(
                key="openedx:cluster.namespace",
                found=f"namespace {name} is being deleted",
                remedy=f"Wait until it is gone: `kubectl get namespace {name}` shows what it waits for",
            )


def _refusal(stack: BaseStack, target: Target, lacks: Sequence[Lack]) -> OperationError:
    count = "one thing" if len(lacks) == 1 else f"{len(lacks)} things"
    lines = "\n".join(f"  - {lack}." for lack in lacks)
    cluster = target.cluster[:1].upper() + target.cluster[1:]
    return OperationError(
        f"{cluster} lacks {count} that stack {stack.name} needs. Nothing was changed in it.\n{lines}",
        remedy=f"mend what is listed, then run the command again. `openedx-infra check --stack {stack.name}` "
        "looks at the stack file alone",
    )
