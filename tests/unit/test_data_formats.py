"""Each step between releases opens the former volumes, and so does the way back; other steps are told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from samples import LEAST, said_by

from openedx_infra.config import load
from openedx_infra.operations.deploy.server_versions import _running, changed_images, require_openable
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.releases import RELEASES, ImageName
from openedx_infra.services.data_formats import verdict, version

IMAGES = {"mysql": "mysql", "mongodb": "mongodb", "broker": "valkey", "meilisearch": "meilisearch"}
STEPS = [step for pair in pairwise(RELEASES.values()) for step in (pair, pair[::-1])]


@pytest.mark.parametrize(("before", "now"), STEPS, ids=[f"{a.name}-{b.name}" for a, b in STEPS])
@pytest.mark.parametrize("server", IMAGES)
def test_each_step_between_releases_opens_the_volume_and_so_does_the_way_back(
    server: str, before: Any, now: Any
) -> None:
    images = [getattr(release.images, IMAGES[server]) for release in (before, now)]
    assert all(version(image) for image in images), "a step that nobody can judge"
    found = verdict(server, *images)
    assert found is None or found.opens


@pytest.mark.parametrize(
    ("server", "before", "now", "opens", "word"),
    [
        ("mysql", "mysql:8.4.0", "mysql:8.4.11", None, ""),
        ("mysql", "mysql:8.4.11", "mysql:8.4.0", None, ""),
        ("mysql", "mysql:8.0.40", "mysql:8.0.36", False, "8.0 goes back to no older release"),
        ("mysql", "mysql:8.0.36", "mysql:8.4.11", True, "no way back but a backup"),
        ("mysql", "mysql:8.4.11", "mysql:8.0.36", False, "no older series"),
        ("mysql", "mysql:8.0.36", "mysql:9.1.0", False, "go to 8.4 first"),
        ("mysql", "mysql:5.7", "mysql:8.4.0", False, "go to 8.0 first"),
        ("mysql", "mysql:8.4.0", "mysql:9.7.1", True, "converts"),
        ("mongodb", "mongo:7.0.28", "mongo:7.0.39", None, ""),
        ("mongodb", "mongo:7.0.39", "mongo:7.0.28", None, ""),
        ("mongodb", "mongo:7.0.39", "mongo:8.0.4", True, "featureCompatibilityVersion is 7.0"),
        ("mongodb", "mongo:8.0.4", "mongo:7.0.39", False, "nothing older"),
        ("mongodb", "mongo:6.0.9", "mongo:8.0.4", False, "go to 7.0 first"),
        ("broker", "valkey/valkey:8.1", "valkey/valkey:8.0", None, ""),
        ("broker", "valkey/valkey:8.1", "valkey/valkey:9.0", True, "no way back"),
        ("broker", "valkey/valkey:9.0", "valkey/valkey:8.1", False, "dump files"),
        ("broker", "redis:7.2", "valkey/valkey:8.1", None, ""),
        ("broker", "redis:7.4", "valkey/valkey:9.0", False, "dump files"),
        ("broker", "valkey/valkey:9.0", "redis:8.2", False, "dump files"),
        ("meilisearch", "getmeili/meilisearch:v1.8.4", "getmeili/meilisearch:v1.36.0", True, "empty indexes"),
        ("meilisearch", "a/meilisearch:v1.36.0", "b/meilisearch:v1.36.0", None, ""),
        ("mysql", "mysql:latest", "mysql:8.4.0", True, "nobody can tell"),
        ("mysql", "mysql@sha256:abc", "mysql:8.4.0", True, "nobody can tell"),
        ("cache", "valkey/valkey:9.0", "valkey/valkey:8.1", None, ""),
    ],
)
def test_what_becomes_of_a_volume(server: str, before: str, now: str, opens: bool | None, word: str) -> None:
    found = verdict(server, before, now)
    assert (found.opens if found else None) is opens
    assert word in (found.text if found else "")


def state(**images: str) -> dict[str, Any]:
    urn = "urn:pulumi:mine::openedx::openedx:index:Datastores$kubernetes:apps/v1:StatefulSet::"
    specs = {
        name: {"template": {"spec": {"containers": [{"image": image}]}}} for name, image in images.items()
    }
    return {
        "deployment": {
            "resources": [{"urn": f"{urn}{name}", "inputs": {"spec": spec}} for name, spec in specs.items()]
        }
    }


def test_images_that_differ_from_the_state_are_found() -> None:
    stack = load("mine", {**LEAST, "images": {"mysql": "docker.io/library/mysql:9.7.0"}})
    running = {"mysql": "docker.io/library/mysql:8.4.11", "mongodb": stack.image("mongodb"), "other": "x:1"}
    changed = {server.name: images for server, images in changed_images(stack, state(**running)).items()}
    assert changed == {"mysql": (running["mysql"], stack.image("mysql"))}
    assert changed_images(stack, {"deployment": None}) == {}


def test_a_datastore_that_was_moved_by_hand_is_let_through() -> None:
    said = {"images": {"mysql": "docker.io/library/mysql:8.0.36"}, "datastores": {"moved": ["mysql"]}}
    assert changed_images(load("mine", {**LEAST, **said}), state(mysql="mysql:8.4.11")) == {}


OPERATED = said_by(Path(__file__).parents[1] / "cases" / "everything.ok.operators.yaml")


@pytest.mark.parametrize(
    ("said", "servers"),
    [
        (LEAST, {"mysql": "mysql", "mongodb": "mongodb", "broker": "valkey", "meilisearch": "meilisearch"}),
        (
            OPERATED,
            {"mysql": "percona_mysql", "mongodb": "percona_mongodb", "broker-redis": "redis"},
        ),
    ],
    ids=["of-its-own", "operated"],
)
def test_images_are_found_in_what_the_program_registers(
    recorded: Callable[..., Graph], said: dict[str, Any], servers: dict[str, ImageName]
) -> None:
    graph = recorded(said)
    resources = [{"urn": each.urn, "inputs": each.props} for each in graph.resources if each.is_object]
    found = _running({"deployment": {"resources": resources}})
    stack = load("dev", said)
    images = {server.name: image for server, image in found.items() if server.store in stack.stores}
    assert images.items() >= {name: stack.image(image) for name, image in servers.items()}.items()


def test_an_operated_server_that_would_not_open_its_volume_is_refused() -> None:
    stack = load(
        "mine", {**OPERATED, "images": {**OPERATED.get("images", {}), "percona_mysql": "r/p:8.4.8-8.1"}}
    )
    spec = {"mysql": {"image": "docker.io/percona/percona-server:9.7.1-1"}}
    urn = "urn:pulumi:mine::openedx::kubernetes:ps.percona.com/v1:PerconaServerMySQL::mysql"
    session = SimpleNamespace(stack=stack)
    newer = {"deployment": {"resources": [{"urn": urn, "inputs": {"spec": spec}}]}}
    with pytest.raises(OperationError, match=r"openedx:images\.percona_mysql: mysql: r/p:8.4.8-8.1, after"):
        require_openable(session, newer, Console(quiet=True))
