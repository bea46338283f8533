"""Images that a stack builds are made, named and kept; all others stay as they were."""

from __future__ import annotations

import ast
import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST
from shape import Record, comes_after, containers, find, label, of_kind, templates

from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.secrets.secrets import stand_ins

ROOT = Path(__file__).parents[2]
DIGEST = "@sha256:" + "0" * 64
BUILDS = {
    **LEAST,
    "images": {
        "openedx": {
            "source": "build",
            "repository": "registry.example.org/openedx",
            "cache_to": "registry.example.org/openedx:layers",
            "secrets": ["netrc"],
        },
        "mfe": {"source": "build", "repository": "registry.example.org/mfe"},
        "registries": {"own": {"host": "registry.example.org", "username": "campus"}},
    },
}


def images(graph: Graph) -> dict[str, dict[str, Any]]:
    """Inputs of all that is built, by name, without the marks of secrets."""
    return {
        resource.name: resource.props
        for resource in graph.resources
        if resource.type == "docker-build:index:Image"
    }


def revealed(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and "value" in value else value


@pytest.fixture(scope="module")
def building(recorded: Record) -> Graph:
    return recorded(BUILDS)


def test_who_builds_nothing_registers_nothing_of_it(recorded: Record) -> None:
    assert images(recorded()) == {}
    assert [r for r in of_kind(recorded(), "Secret") if r.name == "registries"] == []


def test_the_library_of_the_plugin_is_loaded_by_its_one_user_alone() -> None:
    """It takes a while, and so does everything that imports it at its top."""
    users = [
        path.relative_to(ROOT).as_posix()
        for room in ("openedx_infra", "stacks", "policies")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        and node.module in ("pulumi_docker_build", "openedx_infra.components.image_builds")
    ]
    assert users == ["openedx_infra/components/image_builds.py"]


def test_images_are_pushed_by_up_alone_and_never_deleted(building: Graph) -> None:
    assert set(images(building)) == {"openedx", "mfe"}
    for resource in building.resources:
        if resource.type.startswith("docker-build:"):
            assert resource.retain_on_delete and not resource.protect
    for props in images(building).values():
        assert (props["push"], props["buildOnPreview"]) == (True, False)
    [cache] = images(building)["openedx"]["cacheTo"]
    assert (
        cache["registry"] | {"mode": "max", "ref": "registry.example.org/openedx:layers"} == cache["registry"]
    )
    assert images(building)["openedx"]["cacheFrom"] == [
        {"registry": {"ref": "registry.example.org/openedx:layers"}}
    ]


def test_a_state_suits_every_checkout(building: Graph, everything: dict[str, Any], recorded: Record) -> None:
    for graph in (building, recorded(everything)):
        for props in images(graph).values():
            location = props["context"]["location"]
            assert not Path(location).is_absolute() and (ROOT / location).is_dir()
            assert str(ROOT) not in json.dumps(props)


def test_pods_name_what_was_built_by_its_digest(building: Graph) -> None:
    for resource, container in containers(building):
        repository = container["image"].partition("@")[0].rpartition(":")[0]
        if repository.startswith("registry.example.org/"):
            assert container["image"] == f"{repository}:verawood{DIGEST}", label(resource)
    assert building.outputs["images"]["openedx"] == f"registry.example.org/openedx:verawood{DIGEST}"
    assert building.outputs["images"]["mysql"].startswith("docker.io/library/mysql:")


def test_another_digest_runs_migrations_again_and_waits_for_the_build(building: Graph) -> None:
    """A Job's pod can't be changed: another image makes another Job."""
    image = find(building, "docker-build:index:Image", "openedx").urn
    for name in ("lms-migrate", "studio-migrate"):
        job = find(building, "Job", name)
        assert image in job.depends_on
        [container] = job.props["spec"]["template"]["spec"]["containers"]
        assert container["image"].endswith(DIGEST)
    for name in ("lms", "studio"):
        assert image in comes_after(building, find(building, "Deployment", name))


def test_preview_and_up_register_the_same_builds(recorded: Record, building: Graph) -> None:
    preview = recorded(BUILDS, preview=True)
    assert {r.urn for r in preview.resources} == {r.urn for r in building.resources}


def test_several_platforms_are_built_apart_and_joined(recorded: Record, everything: dict[str, Any]) -> None:
    graph = recorded(everything)
    assert set(images(graph)) == {"openedx-amd64", "openedx-arm64", "mfe"}
    for short in ("amd64", "arm64"):
        props = images(graph)[f"openedx-{short}"]
        assert props["platforms"] == [f"linux/{short}"]
        assert props["tags"] == [f"registry.example.org:5000/campus/openedx:2026.1-{short}"]
        assert props["cacheTo"][0]["registry"]["ref"].endswith(f":layers-{short}")
    index = find(graph, "docker-build:index:Index", "openedx")
    assert index.props["tag"] == "registry.example.org:5000/campus/openedx:2026.1"
    assert [source.partition("@")[0] for source in index.props["sources"]] == [
        f"{index.props['tag']}-{short}" for short in ("amd64", "arm64")
    ]
    assert graph.outputs["images"]["openedx"] == index.props["tag"] + DIGEST


def test_secrets_of_builds_are_secrets_and_nothing_else() -> None:
    stack = load("dev", BUILDS)
    values = {
        **stand_ins(stack),
        "build_netrc": "machine-word-4711",
        "registry_password_own": "login-word-4712",
    }
    graph = record(stack, values)
    props = images(graph)["openedx"]
    assert revealed(props["secrets"]) == {"netrc": "machine-word-4711"} != props["secrets"]
    [registry] = revealed(props["registries"])
    assert (registry["address"], registry["username"]) == ("registry.example.org", "campus")
    assert revealed(registry["password"]) == "login-word-4712"
    # A rotated token rebuilds nothing.
    assert props["ignoreSecretsInDiffCalculation"] == ["netrc"]
    plain = {key: value for key, value in props.items() if key not in ("secrets", "registries")}
    for text in (json.dumps(plain), json.dumps(graph.outputs), json.dumps(graph.objects())):
        assert "word-471" not in text


def test_nodes_log_in_by_a_secret_of_the_stack(building: Graph) -> None:
    secret = building.object(find(building, "Secret", "registries"), reveal_secrets=True)
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    login = json.loads(secret["stringData"][".dockerconfigjson"])["auths"]["registry.example.org"]
    assert base64.b64decode(login["auth"]).decode() == f"campus:{login['password']}"
    for resource, template in templates(building):
        assert template["spec"]["imagePullSecrets"] == [{"name": "registries"}], label(resource)


def test_pull_secrets_of_the_operator_stay(recorded: Record, everything: dict[str, Any]) -> None:
    for _, template in templates(recorded(everything)):
        assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}, {"name": "registries"}]


def test_a_mirror_is_for_every_image(recorded: Record) -> None:
    mirrors = {"docker.io": "mirror.example.org/hub", "ghcr.io": "mirror.example.org/github"}
    graph = recorded({**LEAST, "images": {"mirrors": mirrors}})
    found = {container["image"] for _, container in containers(graph)}
    assert len(found) == 7
    plain = {container["image"] for _, container in containers(recorded())}
    assert {image.replace("mirror.example.org/hub/", "docker.io/") for image in found} == plain


def test_a_mirror_is_for_what_images_are_built_on(recorded: Record) -> None:
    mirrors = {"docker.io": "mirror.example.org/hub", "ghcr.io": "mirror.example.org/github"}
    graph = recorded({**BUILDS, "images": {**BUILDS["images"], "mirrors": mirrors}})
    for props in images(graph).values():
        bases = {key: value for key, value in props["buildArgs"].items() if key.endswith("_IMAGE")}
        assert len(bases) == 3
        assert all(value.startswith("mirror.example.org/") for value in bases.values()), bases
        defaults = set(re.findall(r"^ARG (\w+_IMAGE)=", props["dockerfile"]["inline"], re.MULTILINE))
        assert defaults == set(bases)


def test_a_folder_that_is_not_there_is_told_before_anything_is_registered(recorded: Record) -> None:
    openedx = {
        **BUILDS["images"]["openedx"],
        "patches": "no/such/folder",
        "fragments": {"nowhere": "RUN true"},
    }
    mfe = {**BUILDS["images"]["mfe"], "env_config": "no/slots"}
    said = {**BUILDS, "images": {**BUILDS["images"], "openedx": openedx, "mfe": mfe}}
    with pytest.raises(Exception, match="no such point") as caught:
        recorded(said)
    assert "openedx:images.openedx.fragments.nowhere: there is no such point" in str(caught.value)
    assert "openedx:images.mfe: there is no folder no/slots" in str(caught.value)
