"""The static files of a version are there before its pages, and handed on by the right pods."""

from __future__ import annotations

from typing import Any

import pytest
from shape import Record, find, matches, names_before, of_kind

from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings.servers.static_files import PEERS_PATH, STATIC_PATH

LEAST = {"site": {"lms_host": "learn.example.org"}}


def _pod(graph: Graph) -> dict[str, Any]:
    spec: dict[str, Any] = graph.object(find(graph, "Deployment", "static"))["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("site", ["lms", "studio"])
def test_pages_of_a_version_come_after_its_files(graph: Graph, site: str) -> None:
    assert "Deployment static" in names_before(graph, find(graph, "Deployment", site))


def test_static_files_wait_for_no_datastore_and_no_migration(graph: Graph) -> None:
    before = names_before(graph, find(graph, "Deployment", "static"))
    assert [name for name in before if name.split()[0] in ("Job", "StatefulSet", "Deployment")] == []


def test_files_come_from_the_image_of_the_platform_and_then_from_other_pods(graph: Graph) -> None:
    pod, images = _pod(graph), graph.outputs["images"]
    begin, *others, inherit = pod["initContainers"]
    assert (begin["command"][-1], inherit["command"][-1]) == ("begin", "inherit")
    assert {begin["image"], inherit["image"]} == {images["openedx"]}
    assert [container["command"][-1] for container in others] == ["add"] * len(others)
    [server] = pod["containers"]
    assert server["image"] == images["mfe"]


def test_a_pod_is_never_evicted_for_what_it_was_told_to_keep(graph: Graph) -> None:
    pod = _pod(graph)
    [room] = [memory_bytes(v["emptyDir"]["sizeLimit"]) for v in pod["volumes"] if v["name"] == "versions"]
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert room < memory_bytes(container["resources"]["limits"]["ephemeral-storage"])
    for container in pod["initContainers"]:
        said = {one["name"]: one["value"] for one in container["env"]}
        assert int(said["LIMIT_BYTES"]) <= 0.9 * room


def test_the_server_can_not_change_what_it_serves(graph: Graph) -> None:
    [server] = _pod(graph)["containers"]
    [mount] = [mount for mount in server["volumeMounts"] if mount["name"] == "versions"]
    assert mount["readOnly"] is True


def test_the_script_that_runs_is_the_one_of_the_repository(graph: Graph) -> None:
    script = graph.object(find(graph, "ConfigMap", "static-script"))["data"]
    assert {"__main__.py", "peers.py", "shelf.py", "versions.py"} < set(script)


def test_visitors_of_both_sites_get_them_there(recorded: Record) -> None:
    graph = recorded(LEAST)
    for site in ("lms", "studio"):
        [rule] = graph.object(find(graph, "Ingress", site))["spec"]["rules"]
        behind = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
        assert (behind["/"], behind[STATIC_PATH]) == (site, "static")


def test_no_entrance_leads_to_what_pods_hand_on(graph: Graph) -> None:
    """But for the paths of an entrance, all of a site's would."""
    for ingress in of_kind(graph, "Ingress"):
        for rule in graph.object(ingress)["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                if path["backend"]["service"]["name"] == "static":
                    assert path["path"] == STATIC_PATH and not PEERS_PATH.startswith(STATIC_PATH)


def test_pods_hand_on_to_their_own_kind_alone(graph: Graph) -> None:
    labels = graph.object(find(graph, "Deployment", "static"))["spec"]["template"]["metadata"]["labels"]
    others = [
        graph.object(r)["spec"]["template"]["metadata"]["labels"]
        for r in of_kind(graph, "Deployment", "StatefulSet")
        if r.name != "static"
    ]
    flows = graph.object(find(graph, "NetworkPolicy", "to-static-files"))["spec"]
    assert matches(flows["podSelector"], labels)
    [rule] = flows["ingress"]
    [peer] = rule["from"]
    assert matches(peer["podSelector"], labels)
    assert [other for other in others if matches(peer["podSelector"], other)] == []
    exits = graph.object(find(graph, "NetworkPolicy", "from-static-files"))["spec"]["egress"]
    assert [matches(to["podSelector"], labels) for one in exits for to in one["to"]] == [True]


def test_how_much_is_kept_is_the_operators_choice(recorded: Record) -> None:
    pod = _pod(recorded({**LEAST, "sizing": {"static": {"versions": 5, "disk": "2Gi", "replicas": 2}}}))
    said = {one["name"]: one["value"] for one in pod["initContainers"][1]["env"]}
    assert (said["VERSIONS"], said["LIMIT_BYTES"]) == ("5", str(int(2 * 2**30 * 0.9)))
