"""Each resource waits for what it needs: no race at the start, and nothing waits without need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from shape import comes_after, find, label, names_before, of_kind

from openedx_infra.operations.offline.recording import Graph

JOBS = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")
DATASTORES = {f"StatefulSet {name}" for name in ("mysql", "mongodb", "broker", "cache", "meilisearch")}


def _runs_the_platform(graph: Graph, workload: Any) -> bool:
    pod: Mapping[str, Any] = graph.object(workload)["spec"]["template"]["spec"]
    return any(container["image"] == graph.outputs["images"]["openedx"] for container in pod["containers"])


def test_every_pod_of_the_platform_comes_after_all_migrations(graph: Graph) -> None:
    workloads = [w for w in of_kind(graph, "Deployment", "StatefulSet") if _runs_the_platform(graph, w)]
    assert {"lms", "studio", "lms-beat"} < {workload.name for workload in workloads}
    wanted = {f"Job {job}" for job in JOBS} | DATASTORES
    early = {label(workload): wanted - names_before(graph, workload) for workload in workloads}
    assert {name: missing for name, missing in early.items() if missing} == {}


@pytest.mark.parametrize(
    ("job", "before"),
    [
        ("mysql-provision", {"StatefulSet mysql"}),
        ("mongodb-provision", {"StatefulSet mongodb"}),
        ("search-provision", {"StatefulSet meilisearch"}),
        (
            "lms-migrate",
            {"Job mysql-provision", "Job mongodb-provision", "StatefulSet broker", "StatefulSet cache"},
        ),
        ("studio-migrate", {"Job lms-migrate"}),
        ("lms-setup", {"Job studio-migrate", "Job search-provision"}),
        ("studio-setup", {"Job lms-setup"}),
    ],
)
def test_each_job_comes_after(graph: Graph, job: str, before: set[str]) -> None:
    assert before <= names_before(graph, find(graph, "Job", job))


def test_each_store_is_provisioned_as_soon_as_it_is_ready(graph: Graph) -> None:
    """The three Jobs run side by side: none waits for another's datastore."""
    for store in ("mysql", "mongodb", "search"):
        before = names_before(graph, find(graph, "Job", f"{store}-provision"))
        assert len(before & DATASTORES) == 1
        assert not {name for name in before if name.startswith("Job ")} - {"Job preflight"}


def test_migrations_do_not_wait_for_the_search_engine(graph: Graph) -> None:
    assert "StatefulSet meilisearch" not in names_before(graph, find(graph, "Job", "lms-migrate"))


def test_what_needs_no_database_waits_for_none(graph: Graph) -> None:
    patient = [
        *of_kind(
            graph,
            "Service",
            "NetworkPolicy",
            "PodDisruptionBudget",
            "ConfigMap",
            "Secret",
            "Middleware",
        ),
        *(resource for resource in of_kind(graph, "Deployment") if resource.name in ("mfe", "smtp")),
        *of_kind(graph, "StatefulSet"),
    ]
    waiting = {
        label(resource): {
            name for name in names_before(graph, resource) if name.split()[0] in ("Job", "StatefulSet")
        }
        for resource in patient
    }
    assert {name: found for name, found in waiting.items() if found} == {}


def test_visitors_are_led_to_what_is_ready(graph: Graph) -> None:
    sites = {f"Deployment {name}" for name in ("lms", "studio", "mfe")}
    ways = of_kind(graph, "Ingress", "HTTPRoute")
    assert ways
    for way in ways:
        assert sites <= names_before(graph, way), label(way)


def test_a_pod_waits_for_all_that_it_mounts(graph: Graph) -> None:
    """Pulumi knows these by the names that it hands over; a name written by hand would break that."""
    for workload in of_kind(graph, "Deployment", "StatefulSet", "Job"):
        before = comes_after(graph, workload)
        ready = {
            o["metadata"]["name"]
            for r in graph.resources
            if r.urn in before and r.is_object
            for o in [graph.object(r)]
        }
        assert mounted_names(graph.object(workload)["spec"]["template"]["spec"]) <= ready, label(workload)


def mounted_names(pod: Mapping[str, Any]) -> set[str]:
    names = set()
    for volume in pod.get("volumes", []):
        if "persistentVolumeClaim" in volume:
            names.add(volume["persistentVolumeClaim"]["claimName"])
        for source in volume.get("projected", {}).get("sources", []):
            names |= {part["name"] for part in source.values()}
    return names


def test_nothing_is_created_before_its_namespace(graph: Graph) -> None:
    homes = {graph.object(one)["metadata"]["name"]: label(one) for one in of_kind(graph, "Namespace")}
    of_the_cluster = ("Namespace", "HelmChartConfig")
    objects = [r for r in graph.resources if r.is_object and r.kind not in of_the_cluster]
    places = {label(r): homes[graph.object(r)["metadata"]["namespace"]] for r in objects}
    assert [label(r) for r in objects if places[label(r)] not in names_before(graph, r)] == []
