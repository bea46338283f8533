"""Companion services of this program come, go, and stand beside two versions and other instances: each of
them, and all together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flows import pods, talks
from samples import LEAST
from services_on import SERVICES, with_services
from shape import label, templates

from openedx_infra.config import Stack, load
from openedx_infra.config.services.registry import with_section
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.deploy import former_extras
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.services.of_stack import companions

SOFTWARE = "app.kubernetes.io/name"
GREEN = {
    "release": "verawood",
    "openedx": "registry.example.org/openedx:2",
    "mfe": "registry.example.org/mfe:2",
}
WHICH = [*((name,) for name in SERVICES), SERVICES]
each_and_all = pytest.mark.parametrize(
    "names", WHICH, ids=lambda names: names[0] if len(names) == 1 else "all"
)


def _graph(said: Mapping[str, Any]) -> tuple[Stack, Graph]:
    stack = load("dev", said)
    return stack, record(stack, stand_ins(stack))


def _shown(graph: Graph) -> dict[str, Any]:
    return {each.urn: graph.object(each) for each in graph.resources if each.is_object}


@each_and_all
def test_off_leaves_nothing_but_what_it_stored_and_on_again_is_the_same(names: tuple[str, ...]) -> None:
    rest = {key: value for key, value in with_services(names).items() if key != "services"}
    (_, off), (_, without) = _graph(with_services(names, enabled=False)), _graph(rest)
    kept = {each.urn for each in off.resources if "openedx:index:Companion" in each.urn}
    assert {urn for urn in kept if not urn.rpartition("::")[0].endswith("Companion")} == {
        each.urn
        for each in _graph(with_services(names))[1].resources
        if each.kind == "PersistentVolumeClaim" and "openedx:index:Companion" in each.urn
    }
    assert {each.urn for each in off.resources} - kept == {each.urn for each in without.resources}
    shown = _shown(off)
    plain = {urn: shown[urn] for urn in shown if "Secret::" not in urn and urn not in kept}
    assert plain == {urn: each for urn, each in _shown(without).items() if "Secret::" not in urn}


@each_and_all
def test_off_keeps_databases_volumes_and_secrets(names: tuple[str, ...]) -> None:
    """Jobs make databases, and nothing drops one; volumes stay, and leave the state of a stack that no longer
    names the service before Pulumi would delete them."""
    stack, on = _graph(with_services(names))
    off = load("dev", with_services(names, enabled=False))
    own = {secret.name for secret in required(stack)} - {secret.name for secret in required(off)}
    assert own or names == ("codejail",)
    assert secrets.unused(off, own) == []
    # A stack file that no longer names them has no use for them.
    assert set(secrets.unused(load("dev", LEAST), own)) == own
    claims = [
        each.urn
        for each in on.resources
        if each.kind == "PersistentVolumeClaim" and "openedx:index:Companion" in each.urn
    ]
    assert all(each.protect and each.retain_on_delete for each in on.resources if each.urn in claims)
    state = {
        "deployment": {
            "resources": [
                {"urn": each.urn, "protect": each.protect, "retainOnDelete": each.retain_on_delete}
                for each in on.resources
            ]
        }
    }
    assert former_extras.volumes(load("dev", LEAST), state) == claims
    assert former_extras.volumes(off, state) == []
    assert former_extras.volumes(stack, state) == []
    assert {each.name: each.service.databases_of(off, each.section) for each in with_section(off)} == {
        each.name: each.service.databases_of(stack, each.section) for each in companions_of(stack)
    }


def companions_of(stack: Stack) -> list[Any]:
    return list(with_section(stack))


@pytest.mark.parametrize("name", SERVICES)
def test_one_that_comes_touches_nothing_of_the_others(name: str) -> None:
    """The platform restarts, as its settings change; objects of other services are as they were."""
    (stack, before), (_, after) = _graph(with_services(set(SERVICES) - {name})), _graph(with_services())
    others = {each.name for each in companions(stack)}
    shown, now = _shown(before), _shown(after)
    assert shown.keys() <= now.keys()
    owned = {
        urn
        for urn, each in shown.items()
        if each["metadata"].get("labels", {}).get(SOFTWARE) in others and each["kind"] != "NetworkPolicy"
    }
    assert owned
    assert [urn for urn in owned if shown[urn] != now[urn]] == []


@each_and_all
def test_two_instances_share_nothing_that_has_a_name(names: tuple[str, ...]) -> None:
    """Neither in the cluster, nor on a MySQL that both use."""

    def instance(name: str) -> Stack:
        mysql = {"source": "external", "host": "mysql.example.org", "database": name, "user": f"{name}_app"}
        site = {"lms_host": f"{name}.example.org"}
        said = with_services(names, {"site": site, "datastores": {"mysql": mysql}})
        return load(name, said)

    one, other = instance("north"), instance("south")

    def places(stack: Stack) -> set[tuple[str, str, str]]:
        objects = record(stack, stand_ins(stack)).objects()
        return {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in objects}

    def accounts(stack: Stack) -> set[str]:
        found = [
            database
            for each in with_section(stack)
            for database in each.service.databases_of(stack, each.section)
        ]
        mysql = stack.datastores.mysql
        result = {name for each in found for name in (each.database, each.user)}
        assert len(result) == len({each.database for each in found} | {each.user for each in found})
        assert not result & {mysql.database, mysql.user}
        return result

    assert places(one) & places(other) == set()
    assert accounts(one) & accounts(other) == set()
    default = {**LEAST, "services": {name: {} for name in names}}
    hosts = [_hosts(load("dev", {**default, "site": {"lms_host": host}})) for host in ("a.test", "b.test")]
    assert hosts[0] & hosts[1] == set()


def _hosts(stack: Stack) -> set[str]:
    found: set[str] = set()
    for each in with_section(stack):
        found |= set(each.service.hosts(stack, each.section).values())
    return found


@each_and_all
def test_there_is_one_beside_two_versions(names: tuple[str, ...]) -> None:
    """Both versions reach it; a switch starts none of its Jobs again, and moves no pod but by its files."""
    blue = with_services(names)
    _, alone = _graph(blue)
    stack, both = _graph({**blue, "blue_green": {"green": GREEN}})
    _, switched = _graph({**blue, "blue_green": {"live": "green", "green": GREEN}})

    def workloads(graph: Graph) -> dict[str, Any]:
        return {
            label(each): pod for each, pod in templates(graph) if pod["metadata"]["labels"][SOFTWARE] in names
        }

    assert workloads(alone).keys() == workloads(both).keys() == workloads(switched).keys()
    assert workloads(alone) == workloads(both)
    for companion in companions(stack):
        for process in companion.parts.processes:
            if process.port and process.for_platform:
                server = companion.component(process)
                for client in ("lms", "lms-green", "studio", "studio-green"):
                    assert talks(both, client, server, process.port), (client, server)
        if companion.parts.reaches_platform:
            for own in (name for name, pod in pods(both).items() if pod.labels[SOFTWARE] == companion.name):
                assert talks(both, own, "lms", 8000) and talks(both, own, "lms-green", 8000), own
