"""The proxy by which pods reach web servers outside: who uses it, for what, and what it is never asked for.

Programs find it by environment variables, which have no secret in them: `config` refuses a proxy with a
password. Clients differ in the spelling that they read, so both are set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from openedx_infra.components.instance import DATASTORES_ONLY, PREFLIGHT, WEB_PORT
from openedx_infra.config import Stack
from openedx_infra.config.datastores.search import SearchExternal
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.extras.containers import ExtraContainer, component
from openedx_infra.config.sections.network import NETWORK, PRIVATE
from openedx_infra.services.of_stack import Companion, services

_ALWAYS = (
    *("localhost", "127.0.0.1", "::1"),
    *(".svc", ".cluster.local"),
    *("169.254.169.254", "fd00:ec2::254"),
    *("169.254.170.2", "169.254.170.23", "fd00:ec2::23"),
)
"""The pod itself, Services of the cluster, and on AWS the metadata service, and the agents of ECS and EKS
that hand out credentials (AWS' documented addresses)."""
_PRIVATE = tuple(network for network in PRIVATE if ":" not in network)
"""Private networks, but for that of IPv6: httpx (0.28.1) fails at a network of IPv6 in NO_PROXY, and only
addresses that stand in a URL would need it."""
WEB_PORTS = frozenset({80, 443})
"""TCP ports whose servers are asked by the proxy."""


def environment(stack: Stack) -> dict[str, str]:
    """Variables by which programs find the proxy; none, where pods reach the web themselves."""
    proxy = stack.network.proxy
    if proxy is None:
        return {}
    values = {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url, "NO_PROXY": ",".join(exceptions(stack))}
    return values | {name.lower(): value for name, value in values.items()}


def exceptions(stack: Stack) -> list[str]:
    """What is never asked for by the proxy, in the form of NO_PROXY.

    Servers of the instance stand there with their ports: clients take a name of one label for the end of any
    name, and `studio` is also a domain of the Internet.
    """
    suffixes = sorted({"", *(each.suffix for each in stack.versions)})
    sites = [f"{site}{suffix}" for suffix in suffixes for site in ("lms", "studio")]
    own = [
        *(f"{site}:{WEB_PORT}" for site in sites),
        *(f"{service.name}:{service.port}" for service in services(stack) if service.port),
    ]
    extras = stack.extras.running.items()
    own += [f"{component(name)}:{container.port}" for name, container in extras if container.port]
    proxy = stack.network.proxy
    more = [*_direct_servers(stack), *(map(_single, proxy.exceptions) if proxy else ())]
    return list(dict.fromkeys([*_ALWAYS, *own, *_PRIVATE, *more]))


def by_proxy(stack: Stack, url: str) -> bool:
    """Whether a server of this address is asked by the proxy."""
    if stack.network.proxy is None:
        return False
    address = urlsplit(url)
    host = address.hostname or ""
    entries = exceptions(stack)
    if "." not in host or f"{host}:{address.port}" in entries or _is_in(host, entries):
        return False
    return not any(f".{host}".endswith(f".{entry.lstrip('.')}") for entry in entries)


def platform_uses_it(stack: Stack, name: str) -> bool:
    """Whether pods of a component that run the platform's code ask web servers outside: all but those that
    need datastores alone, and these, too, where files are at such a server."""
    if stack.network.proxy is None:
        return False
    only = {each.format(version.suffix) for version in stack.versions for each in DATASTORES_ONLY}
    only -= {PREFLIGHT.format("")}  # it tries the proxy
    return name not in only or files_by_proxy(stack)


def files_by_proxy(stack: Stack) -> bool:
    """Whether uploaded files are at a server that is asked by the proxy."""
    storage = stack.datastores.storage
    if isinstance(storage, StorageExternal):
        return by_proxy(stack, storage.endpoint)
    return stack.network.proxy is not None and storage.run_by in ("aws-role", "foundation")


def backups_use_it(stack: Stack) -> bool:
    """Whether backups go by the proxy, or uploaded files that they copy."""
    backups = stack.backups
    return backups is not None and (
        by_proxy(stack, backups.destination.url) or (backups.files and files_by_proxy(stack))
    )


def companion_uses_it(stack: Stack, companion: Companion) -> bool:
    """Whether a companion service asks web servers outside."""
    parts = companion.parts
    reaches_web = stack.network.proxy is not None and bool(WEB_PORTS & {*parts.internet})
    by_store = "storage" in parts.stores and files_by_proxy(stack)
    return reaches_web or by_store or any(by_proxy(stack, url) for url in parts.outside)


def extra_uses_it(stack: Stack, container: ExtraContainer) -> bool:
    """Whether a container of the operator's own asks web servers outside."""
    return stack.network.proxy is not None and bool(WEB_PORTS & {*container.connects_to.internet})


def _direct_servers(stack: Stack) -> Iterator[str]:
    """Servers outside that are datastores, or have a private address: some clients compare networks with
    nothing, so that such addresses stand beside them."""
    datastores = stack.datastores
    if isinstance(datastores.search, SearchExternal):
        yield urlsplit(datastores.search.url).hostname or ""
    tracking = stack.monitoring.tracking
    urls = [
        *([datastores.storage.endpoint] if isinstance(datastores.storage, StorageExternal) else []),
        *([stack.backups.destination.url] if stack.backups else []),
        *([tracking.server.url] if tracking and tracking.server else []),
        *(bucket.url for bucket, _ in stack.retirement.buckets.values()),
    ]
    for host in (urlsplit(url).hostname or "" for url in urls):
        if _is_in(host, PRIVATE):
            yield host


def _single(entry: str) -> str:
    """A network of one address as that address, which all clients compare."""
    return re.sub(r"/(32|128)$", "", entry) if NETWORK.fullmatch(entry) else entry


def _is_in(host: str, entries: Iterable[str]) -> bool:
    """Whether a host is an address in one of these networks; entries that are names are passed over."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in ip_network(entry) for entry in entries if NETWORK.fullmatch(entry))
