"""Identities, parents and providers in the graph, which a refactoring must not change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from shape import Record, find, label

from openedx_infra.operations.offline.recording import Graph

# `python -m pytest tests/graph/test_identity.py -vv` shows which lines to add or to take out.
GOLDEN = Path(__file__).parent.parent / "golden" / "urns-dev.txt"
COMPONENTS = {
    *("Platform", "Datastores", "Initialization", "Static", "Lms", "Studio", "Workers", "Mfe", "Duties"),
    "Ingress",
}
CONTROLLER = "HelmChartConfig k3s-traefik"
"""What k3s reads from its own namespace alone (`cluster.k3s_traefik`)."""
RESTORE_TEST = {
    *("CronJob drill", "Secret drill-registries", "NetworkPolicy drill-deny-all"),
    *("NetworkPolicy drill-allow-dns", "NetworkPolicy drill-internet-from-drill"),
    *(
        "ConfigMap drill-scripts",
        "ConfigMap drill-authorities",
        "ConfigMap drill-parameters",
        "Secret drill-secrets",
    ),
    *("ConfigMap lms-drill-settings", "Secret lms-drill-secrets"),
    *("ConfigMap studio-drill-settings", "Secret studio-drill-secrets"),
}
"""All that is in the scratch namespace, where backups are proved."""

PROXY = "NetworkPolicy drill-proxy-from-drill"
"""What is in it where the bucket of backups is reached by a proxy."""


def test_identities_are_those_of_the_first_day(recorded: Record) -> None:
    """A changed URN makes Pulumi delete and create: rename with an alias, or say in the changelog what is
    lost."""
    urns = sorted(resource.urn for resource in recorded().resources)
    assert urns == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_preview_and_up_register_the_same(recorded: Record) -> None:
    up, preview = recorded(), recorded(preview=True)
    assert {resource.urn for resource in preview.resources} == {resource.urn for resource in up.resources}


def test_every_identity_is_unique(graph: Graph) -> None:
    counted = Counter(resource.urn for resource in graph.resources)
    assert [urn for urn, count in counted.items() if count > 1] == []


def test_kind_and_name_mean_one_object(graph: Graph) -> None:
    """Overrides name objects so."""
    counted = Counter((resource.kind, resource.name) for resource in graph.resources if resource.is_object)
    assert [key for key, count in counted.items() if count > 1] == []


def test_the_components_are_the_nouns_of_the_house(graph: Graph) -> None:
    tokens = {resource.type for resource in graph.resources if not resource.custom}
    assert tokens == {f"openedx:index:{noun}" for noun in _nouns(graph)}


def _nouns(graph: Graph) -> set[str]:
    """Who builds no image has nothing to say of images, nor of backups who says none."""
    config = graph.outputs["config"]
    wanted = {
        "Images": any(resource.type.startswith("docker-build:") for resource in graph.resources),
        "Backups": bool(config.get("backups")),
        "Monitoring": config["monitoring"]["prometheus"],
        "Extras": any(config["extras"].values()),
    }
    return COMPONENTS | {noun for noun, said in wanted.items() if said}


def test_every_object_has_a_component_as_parent(graph: Graph) -> None:
    types = {resource.urn: resource.type for resource in graph.resources}
    strays = [
        label(r) for r in graph.resources if r.is_object and not types[r.parent].startswith("openedx:index:")
    ]
    assert strays == []


def test_all_components_are_parts_of_the_platform(graph: Graph) -> None:
    platform = find(graph, "openedx:index:Platform", "openedx").urn
    parts = {
        resource.type for resource in graph.resources if resource.parent == platform and not resource.custom
    }
    assert parts == {f"openedx:index:{noun}" for noun in _nouns(graph) - {"Platform"}}


def test_every_object_goes_through_the_one_provider(graph: Graph) -> None:
    [cluster] = [resource for resource in graph.resources if resource.type.startswith("pulumi:providers:")]
    assert cluster.name == "cluster"
    elsewhere = [label(r) for r in graph.resources if r.is_object and not r.provider.startswith(cluster.urn)]
    assert elsewhere == []


def test_the_provider_names_its_cluster(recorded: Record, everything: dict[str, object]) -> None:
    props = find(recorded(everything), "pulumi:providers:kubernetes", "cluster").props
    assert props["context"] == props["clusterIdentifier"] == "k3s"
    assert props["kubeconfig"] == "/etc/rancher/k3s/k3s.yaml"


def test_two_stacks_share_no_object(recorded: Record) -> None:
    def places(graph: Graph) -> set[tuple[str, str, str]]:
        return {
            (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in graph.objects()
        }

    assert places(recorded(name="dev")) & places(recorded(name="other")) == set()


def test_every_object_of_an_instance_is_in_its_namespace(graph: Graph) -> None:
    own, scratch = graph.outputs["namespace"], f"{graph.outputs['namespace']}-drill"
    places: dict[str, set[str]] = {own: set()}
    for resource in graph.resources:
        if resource.is_object and resource.kind != "Namespace":
            place = graph.object(resource)["metadata"]["namespace"]
            if label(resource) == CONTROLLER:
                assert place == "kube-system"
            else:
                places.setdefault(place, set()).add(label(resource))
    proved = (graph.outputs["config"].get("backups") or {}).get("drill")
    more = {PROXY} if (graph.outputs["config"].get("network") or {}).get("proxy") else set()
    assert {place: found for place, found in places.items() if place != own} == (
        {scratch: {*RESTORE_TEST, *more}} if proved else {}
    )
