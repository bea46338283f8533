"""Whatever holds data is protected and kept, unless the stack file turns that off."""

from __future__ import annotations

from shape import Record, find, label, of_kind

from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings.backups import SCRATCH

HOLD = "kubernetes:apps/v1:DeploymentPatch"
LEAST = {"site": {"lms_host": "learn.example.org"}}
DATA = ("Namespace", "PersistentVolumeClaim")
"""Kinds whose loss is a loss of data: the volumes, and the namespace that they are in."""


def test_data_is_protected_and_kept(graph: Graph) -> None:
    proved = bool((graph.outputs["config"].get("backups") or {}).get("drill"))
    spare = {r.name for r in of_kind(graph, *DATA) if SCRATCH in r.props["metadata"].get("annotations", {})}
    assert spare == ({"drill-namespace"} if proved else set())
    for resource in of_kind(graph, *DATA):
        kept = resource.name not in spare
        assert (resource.protect, resource.retain_on_delete) == (kept, kept), label(resource)


def test_nothing_else_resists(graph: Graph) -> None:
    """A protected Deployment would make every destroy fail, for nothing."""
    stubborn = [label(r) for r in graph.resources if (r.protect or r.retain_on_delete) and r.kind not in DATA]
    left = [r for r in graph.resources if r.type.startswith("docker-build:") or r.type == HOLD]
    assert [label(r) for r in left if r.protect] == []
    assert stubborn == [label(r) for r in left]
    # The number of pods stays when an autoscaler takes over, and nothing else does.
    assert all(list(r.props["spec"]) == ["replicas"] for r in left if r.type == HOLD)


def test_protection_can_be_lifted(recorded: Record) -> None:
    graph = recorded({**LEAST, "datastores": {"protect": False}})
    assert [label(r) for r in graph.resources if r.protect or r.retain_on_delete] == []


def test_each_store_has_a_volume_of_its_own(graph: Graph) -> None:
    volumes = {resource.name for resource in of_kind(graph, "PersistentVolumeClaim")}
    of_extras = {name for name in volumes if name.startswith("extra-")}
    assert volumes - of_extras == {"mysql", "mongodb", "broker", "meilisearch", "media", "private"}
    mounted = {
        resource.name: [
            volume["persistentVolumeClaim"]["claimName"]
            for volume in graph.object(resource)["spec"]["template"]["spec"]["volumes"]
            if "persistentVolumeClaim" in volume
        ]
        for resource in of_kind(graph, "StatefulSet")
    }
    own = {name: [name] for name in ("mysql", "mongodb", "broker", "meilisearch")}
    assert mounted == {**own, "cache": []}


def test_no_volume_belongs_to_a_workload(graph: Graph) -> None:
    """A claim made by a StatefulSet would be nobody's in the graph: neither protected nor grown."""
    for resource in of_kind(graph, "StatefulSet"):
        assert "volumeClaimTemplates" not in graph.object(resource)["spec"]


def test_volumes_are_as_said(recorded: Record, everything: dict[str, object]) -> None:
    graph = recorded(everything)
    specs = {r.name: graph.object(r)["spec"] for r in of_kind(graph, "PersistentVolumeClaim")}
    sizes = {name: spec["resources"]["requests"]["storage"] for name, spec in specs.items()}
    assert sizes == {
        "mysql": "50Gi",
        "mongodb": "20Gi",
        "broker": "2Gi",
        "meilisearch": "10Gi",
        "media": "100Gi",
        "private": "1Ti",
        "extra-archive": "5Gi",
    }
    assert {spec["storageClassName"] for spec in specs.values()} == {"longhorn"}
    assert {specs[name]["accessModes"][0] for name in ("media", "private")} == {"ReadWriteMany"}
    assert {specs[name]["accessModes"][0] for name in ("mysql", "mongodb")} == {"ReadWriteOnce"}


def test_pods_that_share_a_volume_of_one_node_run_on_one_node(recorded: Record) -> None:
    graph = recorded()
    for resource in of_kind(graph, "Deployment", "StatefulSet", "Job"):
        template = graph.object(resource)["spec"]["template"]
        claims = [
            v["persistentVolumeClaim"]["claimName"]
            for v in template["spec"]["volumes"]
            if "persistentVolumeClaim" in v
        ]
        affinity = template["spec"].get("affinity", {}).get("podAffinity", {})
        terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", [])
        assert bool(terms) == ("media" in claims), label(resource)
        for term in terms:
            assert term["topologyKey"] == "kubernetes.io/hostname"
            # It selects itself, so that the first of them all can be scheduled.
            assert term["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_volumes_of_many_nodes_bind_nobody(recorded: Record, everything: dict[str, object]) -> None:
    graph = recorded(everything)
    for resource in of_kind(graph, "Deployment", "Job"):
        assert "affinity" not in graph.object(resource)["spec"]["template"]["spec"], label(resource)


def test_the_relay_runs_only_when_it_delivers(recorded: Record, everything: dict[str, object]) -> None:
    assert find(recorded(), "Deployment", "smtp")
    assert [r for r in recorded(everything).resources if "smtp" in r.name] == []
