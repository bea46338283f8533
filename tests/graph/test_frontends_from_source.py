"""A mounted micro-frontend runs from its source, at the place that it has in production."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flows import reaches, talks, visible
from shape import Record, find, of_kind, template

import policies
from openedx_infra.config import BaseStack, load
from openedx_infra.config.development import frontends
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.operations.stack_files import mount_points

NPM = "104.16.0.1"
"""Some public address."""


def checkout(folder: Path, name: str) -> str:
    """A folder that looks like the repository of a micro-frontend."""
    folder = folder / name
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": f"@edx/frontend-app-{name}"}))
    return str(folder)


def with_mounts(development: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The least development instance."""
    site = {"lms_host": "local.openedx.io"}
    return {"site": site, "datastores": {"protect": False}, "development": development, **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source")


@pytest.fixture(scope="module")
def graph(recorded: Record, folder: Path) -> Graph:
    mounts = {"frontend-app-learning": checkout(folder, "learning"), "mine": checkout(folder, "mine")}
    return recorded(with_mounts({"mounts": mounts, "user": 1234, "frontends": {"polling": True}}))


def test_its_pod_has_the_source_and_packages_of_its_own(graph: Graph, folder: Path) -> None:
    spec = template(graph, find(graph, "Deployment", "mfe-learning"))["spec"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert volumes["source"]["hostPath"] == {"path": str(folder / "learning"), "type": "Directory"}
    assert volumes["modules"]["persistentVolumeClaim"] == {"claimName": "mfe-learning"}
    [container] = spec["containers"]
    mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
    assert mounts["/openedx/app"]["readOnly"] is True
    assert mounts["/openedx/app/node_modules"]["subPath"] == "node_modules"
    assert mounts["/openedx/app/node_modules"]["name"] == mounts["/openedx/modules"]["name"] == "modules"
    assert spec["securityContext"]["runAsUser"] == 1234
    assert container["image"] == "docker.io/library/node:24.14.1-bookworm"


def test_its_server_is_told_of_its_place(graph: Graph) -> None:
    [container] = template(graph, find(graph, "Deployment", "mfe-learning"))["spec"]["containers"]
    environment = {each["name"]: each["value"] for each in container["env"]}
    wanted = {
        "PORT": "2000",
        "PUBLIC_PATH": "/learning/",
        "APP_ID": "learning",
        "MFE_CONFIG_API_URL": "/api/mfe_config/v1",
        "HOSTS": "apps.local.openedx.io",
        "SOCKET_PATH": "/learning/ws",
        "LMS_BASE_URL": "http://local.openedx.io",
        "WATCHPACK_POLLING": "true",
    }
    assert {name: environment.get(name) for name in wanted} == wanted


def test_the_server_of_all_leads_to_it_and_has_the_others_in_its_image(graph: Graph) -> None:
    [config] = [each for each in of_kind(graph, "ConfigMap") if each.name == "mfe-config"]
    caddyfile = graph.object(config)["data"]["Caddyfile"]
    assert "reverse_proxy mfe-learning:2000" in caddyfile
    assert "root * /openedx/dist/learning\n" not in caddyfile
    assert "root * /openedx/dist/learner-dashboard\n" in caddyfile
    assert caddyfile.index("handle /learning/ws") < caddyfile.index("handle @learning ")
    assert visible(graph, "mfe-learning") == {"mfe-learning"}


def test_only_the_server_of_all_reaches_it_and_it_reaches_npm_alone(graph: Graph) -> None:
    assert talks(graph, "mfe", "mfe-learning", 2000)
    assert not talks(graph, "lms", "mfe-learning", 2000)
    assert reaches(graph, "mfe-learning", NPM, 443)
    assert not talks(graph, "mfe-learning", "mysql", 3306)


def test_no_policy_refuses_it(
    graph: Graph, folder: Path, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    mounts = {name: str(folder / name) for name in ("learning", "mine")}
    stack = load("dev", with_mounts({"mounts": mounts, "user": 1234, "frontends": {"polling": True}}))
    assert [str(each) for each in policies.check(graph, stack, needed(stack))] == []


def test_packages_have_a_place_in_the_source_that_the_developer_owns(folder: Path) -> None:
    stack = load("dev", with_mounts({"mounts": {"learning": str(folder / "learning")}}))
    mount_points.make(stack)
    mount_points.make(stack)
    assert (folder / "learning" / "node_modules").is_dir()


def test_one_that_no_release_has_is_served_under_its_name(graph: Graph) -> None:
    [port] = graph.object(find(graph, "Service", "mfe-mine"))["spec"]["ports"]
    assert port["port"] == frontends.OWN_PORT


def test_without_mounts_nothing_of_it_is_there(recorded: Record) -> None:
    graph = recorded(with_mounts({}))
    assert not [each for each in graph.resources if each.name.startswith(("mfe-learning", "frontend-server"))]


def test_what_can_t_run_from_source_is_named(tmp_path: Path) -> None:
    mounts = {name: checkout(tmp_path, name) for name in ("notifications", "catalog", "learning")}
    stack = load("dev", with_mounts({"mounts": mounts}, mfes={"disabled": ["catalog"]}))
    assert [each.name for each in frontends.source_frontends(stack)] == ["learning"]
    first, second = frontends.problems(stack)
    assert "development.mounts.catalog: catalog is in `openedx:mfes.disabled`" in first
    assert "development.mounts.notifications: notifications is an app of the frontend-base site" in second
