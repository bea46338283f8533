"""Where the servers outside of an instance are, as far as its stack file tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from openedx_infra.components.datastores.store import Reach
from openedx_infra.config import Stack
from openedx_infra.config.sections.network import NETWORK, PRIVATE, anywhere, networks, public
from openedx_infra.kubernetes.network_policies import Destination

_ANYWHERE = "openedx:network.datastores names no networks, and the server may be at a private address"
_PUBLIC = re.compile(r"(.+\.)?s3[.-]([a-z0-9-]+\.)*amazonaws\.com(\.cn)?")
"""Names of S3, which is at public addresses unless the network has private endpoints for it. Other names of
AWS, such as those of RDS, are of servers in a private network."""


def internet(stack: Stack) -> Destination:
    """The Internet, and what of the operator's own network is opened."""
    network = stack.network
    return Destination(blocks=public(network.inside), namespaces=network.inside_namespaces)


def web(stack: Stack) -> Destination:
    """Web servers that are reached without a proxy: all, where there is none; else what is inside, and the
    exceptions, which may be anywhere in the Internet if they are names."""
    network = stack.network
    if network.proxy is None:
        return internet(stack)
    exceptions = network.proxy.exceptions
    networks_direct = [each for each in exceptions if NETWORK.fullmatch(each)]
    named = [each for each in exceptions if each not in networks_direct and not each.endswith(".svc")]
    blocks = {**networks((*network.inside, *networks_direct)), **(public() if named else {})}
    return Destination(blocks=blocks, namespaces=network.inside_namespaces)


def of_store(stack: Stack, name: str, reach: Reach) -> Destination:
    """Where a datastore is that runs in no pod of the instance."""
    source = stack.stores[name]
    if source.run_by == "aws-role" and stack.network.datastores is None:
        return Destination(blocks=public(stack.network.inside))  # AWS serves it at public addresses
    is_mail = name == "mail"
    return of_servers(stack, reach.hosts, learns_more=reach.learns_more, public_names=is_mail)


def of_url(stack: Stack, url: str) -> Destination:
    """Where a server is that its address names."""
    return of_servers(stack, (urlsplit(url).hostname or "",))


def of_servers(
    stack: Stack, hosts: Sequence[str], *, learns_more: bool = False, public_names: bool = False
) -> Destination:
    """Where servers of these names or addresses are; of none, or if they tell clients of further ones
    (`learns_more`), that is not known. `public_names`: a name is taken for one of the Internet."""
    namespaces = tuple(dict.fromkeys(filter(None, (namespace(host, stack) for host in hosts))))
    addresses = [_single(host) for host in hosts if _is_address(host)]
    if stack.network.datastores is not None:
        return Destination(blocks=networks((*stack.network.datastores, *addresses)), namespaces=namespaces)
    names = [host for host in hosts if not _is_address(host) and namespace(host, stack) is None]
    if learns_more or not hosts or not (public_names or all(map(_is_public, names))):
        return Destination(blocks=anywhere(), namespaces=namespaces, anywhere=_ANYWHERE)
    blocks: Mapping[str, Sequence[str]] = {
        **(public(stack.network.inside) if names else {}),
        **(networks(PRIVATE) if namespaces else {}),
        **networks(addresses),
    }
    return Destination(blocks=blocks, namespaces=namespaces)


def namespace(host: str, stack: Stack) -> str | None:
    """Namespace of the Service that a name means, as pods of the instance look it up. None: it means none, or
    may mean a host of the Internet."""
    if _is_address(host):
        return None
    labels = host.removesuffix(".cluster.local").split(".")
    if len(labels) == 1:
        return stack.namespace
    return labels[-2] if labels[-1] == "svc" and len(labels) > 2 else None


def _is_public(name: str) -> bool:
    return ".vpce." not in name and _PUBLIC.fullmatch(name) is not None


def _single(address: str) -> str:
    return f"{address}/{ip_address(address).max_prefixlen}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
