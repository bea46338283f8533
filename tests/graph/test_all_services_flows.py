"""Pods of companion services of this program reach what their parts name, are reached by whom these name,
and nothing else passes."""

from __future__ import annotations

import pytest
from flows import Pod, enters, pods, ports, reaches, talks
from service_cases import SOFTWARE, Case, case
from services_on import SERVICES
from shape import label

from openedx_infra.components.network.companions import port_of
from openedx_infra.services.of_stack import Companion

TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")


def _allowed(on: Case, companion: Companion) -> set[tuple[str, int]]:
    """Servers and ports in the namespace that the parts of a service name."""
    known, parts = pods(on.graph), companion.parts
    stores = {name: {port for port in ports(on.graph, name)} for name in known}
    servers = {"search": "meilisearch", "mail": "smtp", "storage": "storage"}
    found = {
        (server, port)
        for store in parts.stores
        for server in [servers.get(store, store)]
        for port in stores.get(server, ())
    }
    if {"broker", "cache"} & set(parts.stores):
        # Policies know datastores by their software, which these two share.
        found |= {(name, port) for name in ("broker", "cache") for port in stores.get(name, ())}
    if parts.reaches_platform:
        found |= {("lms", 8000), ("studio", 8000)}
    for other in on.companions:
        for process in other.parts.processes:
            asked = not process.name and other.name in parts.asks
            if (asked or companion.name in process.clients) and process.port:
                found.add((other.component(process), process.port))
    return found


@pytest.mark.parametrize("name", [*SERVICES, "all", "several pods"])
def test_connections_are_those_that_its_parts_name_and_no_others(name: str) -> None:
    """Of each service's pods to all pods on all ports; and of all pods to its processes."""
    on = case(name)
    known = pods(on.graph)
    code = {each for each, pod in known.items() if pod.labels[SOFTWARE] == "edx-platform"}
    software = {each: pod.labels[SOFTWARE] for each, pod in known.items()}
    for companion in on.companions:
        allowed = _allowed(on, companion)
        for own in on.own(companion):
            opened = {
                (server, port)
                for server in known
                for port in ports(on.graph, server)
                if talks(on.graph, own.name, server, port)
            }
            assert opened == allowed, label(own)
        for process in companion.parts.processes:
            if process.port is None:
                continue
            server = companion.component(process)
            clients = {each for each in known if talks(on.graph, each, server, process.port)}
            wanted = code if process.for_platform else set()
            asking = {each.name for each in on.companions if companion.name in each.parts.asks}
            by_name = {*process.clients, *(set() if process.name else asking)}
            wanted = wanted | {each for each in known if software[each] in by_name}
            assert clients == wanted, server
            assert enters(on.graph, TRAEFIK, known[server], process.port) == bool(process.public), server


@pytest.mark.parametrize("name", [*SERVICES, "all"])
def test_outside_they_reach_the_ports_that_they_name_and_no_private_network(name: str) -> None:
    on = case(name)
    for companion in on.companions:
        parts = companion.parts
        named = {port_of(url) for url in parts.outside}
        for own in on.own(companion):
            for address, wanted in (
                ("192.0.2.1", named | set(parts.internet)),
                ("10.0.0.1", named),
                ("169.254.169.254", set()),
            ):
                asked = {22, 25, 80, 443, 3306, 8443, 9200} | wanted
                assert {port for port in asked if reaches(on.graph, own.name, address, port)} == wanted, (
                    own.name,
                    address,
                )
