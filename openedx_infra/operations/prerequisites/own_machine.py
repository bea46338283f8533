"""Refuses to bring up a development instance on a cluster that isn't on this machine."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from openedx_infra.config import BaseStack, Stack
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.target import Target
from openedx_infra.operations.errors import OperationError

VIRTUAL_MACHINES = ("minikube", "colima", "rancher-desktop", "docker-desktop", "docker-for-desktop")
"""What the contexts of clusters in a virtual machine of this machine begin with, as their makers name them.
Such a machine has a private address of its own."""


def require_own_machine(stack: BaseStack, target: Target) -> None:
    """Raise OperationError where a development instance would go to a cluster elsewhere: its nodes don't see
    the folders, and would run whatever lies at the same paths."""
    if not isinstance(stack, Stack) or stack.development is None:
        return
    if target.address is None or target.local:
        return
    with connection.http_client(target.address) as client:
        server = str(client.base_url)
    if not is_here(server, target.address.context):
        raise OperationError(
            f"Stack {stack.name} is a development instance, whose folders are on this machine, and "
            f"{target.cluster} is at {server}.",
            remedy="write the context of a cluster of this machine into `openedx:cluster.context`, or take "
            "`openedx:development` out of the stack file",
        )


def is_here(server: str, context: str) -> bool:
    """Whether an API server is on this machine, by its address: that of loopback, one of this machine's own,
    or a private one of a virtual machine that is known by the name of its context."""
    host = urlsplit(server).hostname or ""
    addresses = _addresses(host)
    if not addresses:
        return False
    if all(ip_address(each).is_loopback or _is_own(each) for each in addresses):
        return True
    private = all(ip_address(each).is_private for each in addresses)
    return private and context.startswith(VIRTUAL_MACHINES)


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({str(each[4][0]).partition("%")[0] for each in found})


def _is_own(address: str) -> bool:
    """Whether an address is one of this machine's: only then can it be listened at. 0.0.0.0 means it, too."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
