"""The target of a stack: its cluster and its namespaces there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openedx_infra.config import BaseStack
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.stack_files.local_stack import Address

if TYPE_CHECKING:
    from lightkube import Client


@dataclass(frozen=True, kw_only=True)
class Target:
    """The cluster and the namespaces of a stack."""

    address: Address | None
    """Its cluster. None: it needs none."""
    namespaces: tuple[str, ...]
    """Its namespaces."""
    local: bool
    """Whether the cluster is the embedded one."""
    on_aws: bool
    """Whether it is on AWS, too."""

    @property
    def cluster(self) -> str:
        """The cluster, for messages."""
        if self.address is None:
            return "no cluster"
        return "the embedded cluster" if self.local else f"the cluster of context {self.address.context}"

    def __str__(self) -> str:
        """All of it, for messages: `namespace openedx-dev of the embedded cluster`."""
        noun = "namespace" if len(self.namespaces) == 1 else "namespaces"
        inside = f"{noun} {', '.join(self.namespaces)} of {self.cluster}" if self.namespaces else self.cluster
        parts = [inside] if self.address else []
        return " and ".join([*parts, *(["AWS"] if self.on_aws else [])]) or "nothing yet"

    def client(self) -> Client | None:
        """A client for its cluster; None where it needs none."""
        return next(self.clients(), None) or (self._client("default") if self.address else None)

    def clients(self) -> Iterator[Client]:
        """A client for each of its namespaces."""
        if self.address is not None:
            yield from map(self._client, self.namespaces)

    def require_reachable(self) -> None:
        """Raise OperationError unless the cluster, if it needs one, answers and knows the user."""
        if self.address is not None:
            connection.require_reachable(self.address, (*self.namespaces, "default")[0])

    def _client(self, namespace: str) -> Client:
        assert self.address is not None
        return connection.connect(self.address, namespace)


def target_of(stack: BaseStack, *, local: bool, address: Address | None = None) -> Target:
    """The target of a stack, whether or not its cluster answers; `address` is that of a local stack's cluster
    that was just started."""
    if address is None and (local or stack.cluster.context):
        address = connection.address_of(stack, local=local)
    return Target(address=address, namespaces=stack.namespaces, local=local, on_aws=stack.on_aws)
