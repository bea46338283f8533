"""S3 servers of tests, each with the container and the Job that a recorded graph has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from s3_server import S3Server
from testing_tools import PARTS, ensure_for_tests

from openedx_infra.operations.offline.recording import Graph

SAID = {"site": {"lms_host": "learn.example.org"}, "datastores": {"storage": {"source": "in-cluster"}}}
"""A stack with an S3 server of its own."""
SECRETS = {
    "s3_root_secret_key": "Root0Root1Root2Root3",
    "s3_access_key": "Platform0Platform1",
    "s3_secret_key": "Secret0Secret1Secret2",
}


def _container(graph: Graph, kind: str, name: str) -> Mapping[str, Any]:
    [found] = [r for r in graph.resources if (r.kind, r.name) == (kind, name)]
    container: Mapping[str, Any] = graph.object(found)["spec"]["template"]["spec"]["containers"][0]
    return container


@pytest.fixture(scope="session")
def s3_servers(
    recorded: Callable[..., Graph], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], S3Server]]:
    """Starts servers, each with an empty volume."""
    binary = ensure_for_tests(PARTS).paths["versitygw"]
    graph, servers = recorded(SAID), []

    def fresh() -> S3Server:
        servers.append(
            S3Server(
                folder=tmp_path_factory.mktemp("s3"),
                binary=binary,
                container=_container(graph, "StatefulSet", "storage"),
                job=_container(graph, "Job", "storage-provision"),
                secrets=dict(SECRETS),
            )
        )
        servers[-1].start()
        return servers[-1]

    yield fresh
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def s3(s3_servers: Callable[[], S3Server]) -> S3Server:
    """One server, with its buckets, for tests that leave it as it is."""
    server = s3_servers()
    run = server.provision()
    assert run.returncode == 0, run.stdout + run.stderr
    return server
