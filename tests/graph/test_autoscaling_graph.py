"""One thing decides how many pods each Deployment has, and nobody while all rests."""

from __future__ import annotations

from typing import Any

import pytest
from pairs import said_with
from shape import Record, find, label, of_kind

from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph
from policies import check

SITE = {"lms_host": "learn.example.org"}
STORAGE = {"storage": {"source": "in-cluster"}}
PROMETHEUS = {"prometheus": True, "prometheus_url": "http://prometheus.monitoring:9090"}
LARGE = {"site": SITE, "datastores": STORAGE, "sizing": {"profile": "large"}}
BY_QUEUES = {"min": 0, "max": 9, "cpu_percent": None, "queue_length": 10}
COUNTED: dict[str, Any] = {
    **LARGE,
    "cluster": {"keda": True},
    "monitoring": PROMETHEUS,
    "sizing": {
        "profile": "large",
        "lms": {"autoscaling": {"requests_per_second": 20}},
        "lms_workers": {"all": {"queues": ["default", "high", "high_mem"], "autoscaling": BY_QUEUES}},
    },
}
AUTOSCALED = {"lms", "studio", "lms-worker-default", "lms-worker-high-mem", "studio-worker-default"}


def spec(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = graph.object(find(graph, kind, name))["spec"]
    return found


@pytest.fixture(params=[LARGE, COUNTED], ids=["kubernetes", "keda"])
def said(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_no_number_has_two_owners(recorded: Record, said: dict[str, Any]) -> None:
    graph = recorded(said)
    owners = [r.name for r in of_kind(graph, "HorizontalPodAutoscaler", "ScaledObject")]
    assert owners and len(owners) == len(set(owners))
    for resource in of_kind(graph, "Deployment"):
        says = "replicas" in graph.object(resource)["spec"]
        assert says is (resource.name not in owners), label(resource)
    held = {r.name.removesuffix("-replicas") for r in graph.resources if r.type.endswith("Patch")}
    assert not held & set(owners)


def test_what_is_scaled_is_lawful(recorded: Record, said: dict[str, Any]) -> None:
    assert check(recorded(said), load("dev", said)) == []


def test_kubernetes_own_autoscaler_does_what_the_profile_says(recorded: Record) -> None:
    graph = recorded(LARGE)
    assert {r.name for r in of_kind(graph, "HorizontalPodAutoscaler")} == AUTOSCALED
    lms = spec(graph, "HorizontalPodAutoscaler", "lms")
    assert (lms["minReplicas"], lms["maxReplicas"]) == (4, 30)
    [cpu] = lms["metrics"]
    assert cpu["type"] == "ContainerResource", "sidecars have loads of their own"
    assert cpu["containerResource"] == {
        "name": "cpu",
        "container": "lms",
        "target": {"type": "Utilization", "averageUtilization": 70},
    }
    down = lms["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] == 1500
    assert down["policies"] == [{"type": "Percent", "value": 10, "periodSeconds": 60}]
    studio = spec(graph, "HorizontalPodAutoscaler", "studio-worker-default")
    assert [m["containerResource"]["name"] for m in studio["metrics"]] == ["cpu", "memory"]
    assert studio["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 300}]


def test_whoever_an_autoscaler_may_give_several_pods_has_a_budget(
    recorded: Record, said: dict[str, Any]
) -> None:
    """Also where the least number is 1, or 0: a drain would evict all that the autoscaler has started."""
    graph = recorded(said)
    scaled = {r.name for r in of_kind(graph, "HorizontalPodAutoscaler", "ScaledObject")}
    budgets = {r.name: graph.object(r)["spec"] for r in of_kind(graph, "PodDisruptionBudget")}
    assert scaled | {"mfe"} <= set(budgets)
    assert {spec["maxUnavailable"] for spec in budgets.values()} == {1}


def test_keda_does_it_all_where_it_is(recorded: Record) -> None:
    graph = recorded(COUNTED)
    assert of_kind(graph, "HorizontalPodAutoscaler") == []
    cpu, requests = spec(graph, "ScaledObject", "lms")["triggers"]
    assert cpu["metadata"] == {"value": "70", "containerName": "lms"}
    assert requests["metricType"] == "AverageValue" and requests["metadata"] == {
        "serverAddress": "http://prometheus.monitoring:9090",
        "threshold": "20",
        "query": 'sum(rate(traefik_service_requests_total{service=~"openedx-dev-lms-.+"}[2m]))',
    }
    queues = spec(graph, "ScaledObject", "lms-worker-all")["triggers"]
    assert [q["metadata"]["listName"] for q in queues] == [
        f"edx.lms.core.{word}" for word in ("default", "high", "high_mem")
    ]
    for queue in queues:
        assert queue["type"] == "redis" and queue["metadata"]["address"] == "broker.openedx-dev.svc:6379"
        assert queue["authenticationRef"] == {"name": "broker-queues"}


@pytest.mark.parametrize(
    ("broker", "addresses"),
    [
        ({"source": "in-cluster"}, ["broker.openedx-dev.svc:6379"]),
        (
            {"source": "operator"},
            [f"broker-redis-s-{i}.broker-redis-s-hl.openedx-dev.svc:26379" for i in range(3)],
        ),
        ({"source": "external", "host": "redis", "port": 6380}, ["redis.openedx-dev.svc:6380"]),
        ({"source": "external", "host": "redis.queues"}, ["redis.queues:6379"]),
        ({"source": "external", "host": "redis.example.org"}, ["redis.example.org:6379"]),
        ({"source": "external", "host": "10.2.3.4"}, ["10.2.3.4:6379"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_keda_finds_the_broker_from_its_own_namespace(
    recorded: Record, broker: dict[str, Any], addresses: list[str]
) -> None:
    """Its operator looks names up where it runs: the bare name of a Service of ours is nobody's there."""
    graph = recorded({**COUNTED, "datastores": {**STORAGE, "broker": broker}})
    scaled = spec(graph, "ScaledObject", "lms-worker-all")
    assert scaled["minReplicaCount"] == 0 and scaled["triggers"]
    for trigger in scaled["triggers"]:
        metadata = trigger["metadata"]
        assert (metadata.get("address") or metadata["addresses"]).split(",") == addresses
        login = find(graph, "TriggerAuthentication", trigger["authenticationRef"]["name"])
        assert graph.object(login)["metadata"]["namespace"] == "openedx-dev"


def test_the_password_of_the_broker_is_in_a_secret_alone(recorded: Record) -> None:
    graph = recorded(COUNTED)
    [login] = spec(graph, "TriggerAuthentication", "broker-queues")["secretTargetRef"]
    assert (login["parameter"], login["key"]) == ("password", "password")
    secret = graph.object(find(graph, "Secret", "broker-queues"), reveal_secrets=True)
    assert set(secret["stringData"]) == {"password"}


def test_keda_may_reach_the_broker_only_where_it_counts(recorded: Record) -> None:
    counted = [
        policy.name
        for policy in of_kind(recorded(COUNTED), "NetworkPolicy")
        if "keda-operator" in str(recorded(COUNTED).object(policy))
    ]
    assert len(counted) == 1 and counted[0].startswith("to-")
    assert "keda-operator" not in str(recorded(LARGE).objects())


def test_several_numbers_are_held_by_a_second_owner(recorded: Record) -> None:
    """So that they don't fall to 1 when an autoscaler takes over."""
    several = {**LARGE, "sizing": {"lms": {"replicas": 3}}}
    [patch] = [r for r in recorded(several).resources if r.type.endswith(":DeploymentPatch")]
    assert patch.name == "lms-replicas" and patch.props["spec"] == {"replicas": 3}
    assert patch.retain_on_delete and not patch.is_object
    assert [r for r in recorded({"site": SITE}).resources if r.type.endswith("Patch")] == []


@pytest.mark.parametrize("pause", [False, True])
def test_nothing_is_scaled_while_all_rests(recorded: Record, said: dict[str, Any], pause: bool) -> None:
    graph = recorded({**said, "maintenance": {"pause": pause}})
    platform = [r for r in of_kind(graph, "Deployment") if r.name.startswith(("lms", "studio"))]
    assert all((graph.object(r)["spec"].get("replicas") == 0) is pause for r in platform)
    scaled = of_kind(graph, "ScaledObject")
    for resource in scaled:
        paused = graph.object(resource)["metadata"].get("annotations", {})
        assert (paused.get("autoscaling.keda.sh/paused-replicas") == "0") is pause
    assert bool(of_kind(graph, "HorizontalPodAutoscaler")) is (not pause and not scaled)


@pytest.mark.parametrize(
    ("source", "kind", "parameters"),
    [
        ("operator", "redis-sentinel", {"password"}),
        ("elasticache", "redis", {"password", "tls"}),
        ("external", "redis", {"password", "tls", "username"}),
    ],
)
def test_keda_finds_a_broker_wherever_it_is(
    recorded: Record, source: str, kind: str, parameters: set[str]
) -> None:
    stack = said_with({"broker": source, "storage": "in-cluster"})
    graph = recorded({**stack, **{k: COUNTED[k] for k in ("cluster", "monitoring", "sizing")}})
    trigger = spec(graph, "ScaledObject", "lms-worker-all")["triggers"][0]
    assert trigger["type"] == kind
    login = spec(graph, "TriggerAuthentication", "broker-queues")["secretTargetRef"]
    assert {each["parameter"] for each in login} == parameters


def test_pods_rank_as_the_stack_file_says(recorded: Record) -> None:
    classes = {"data": "c-data", "web": "c-web", "workers": "c-workers", "jobs": "c-jobs"}
    graph = recorded({"site": SITE, "sizing": {"priority_classes": classes}})
    found = {
        r.name: graph.object(r)["spec"]["template"]["spec"].get("priorityClassName")
        for r in of_kind(graph, "Deployment", "StatefulSet", "Job")
    }
    assert found["mysql"] == found["broker"] == "c-data"
    assert found["lms"] == found["mfe"] == "c-web"
    assert found["lms-worker-default"] == found["lms-beat"] == "c-workers"
    assert found["lms-migrate"] == "c-jobs"


def test_pods_are_spread_over_nodes_and_zones(recorded: Record) -> None:
    graph = recorded({"site": SITE})
    for resource in of_kind(graph, "Deployment", "StatefulSet"):
        spread = spec(graph, resource.kind, resource.name)["template"]["spec"]["topologySpreadConstraints"]
        assert [each["topologyKey"] for each in spread] == [
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        ]
        assert {each["whenUnsatisfiable"] for each in spread} == {"ScheduleAnyway"}
        # Pods of the version before don't count.
        assert all(each["matchLabelKeys"] == ["pod-template-hash"] for each in spread)


def test_consumers_are_one_pod_each_of_their_site(recorded: Record) -> None:
    consumers = {
        "catalog": {
            "topic": "catalog",
            "signal": "org.openedx.content_authoring.course.catalog_info.changed.v1",
            "group": "campus",
            "site": "studio",
        }
    }
    graph = recorded({"site": SITE, "event_bus": {"consumers": consumers}})
    found = spec(graph, "Deployment", "studio-consumer-catalog")
    assert found["replicas"] == 1 and found["strategy"]["type"] == "Recreate"
    [container] = found["template"]["spec"]["containers"]
    assert container["command"][:4] == ["python", "manage.py", "cms", "consume_events"]
    assert "--topic=catalog" in container["command"] and "--group_id=campus" in container["command"]
    assert container["livenessProbe"]["exec"]["command"][0] == "find"
