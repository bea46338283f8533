"""Each thing that a cluster can lack is found, with its key and a remedy; what can't be read is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from openedx_infra.config import load
from openedx_infra.operations.cluster.api import Answer, Question
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.prerequisites import (
    classes,
    hosts,
    k3s,
    kinds,
    peers,
    permissions,
    processors,
    room,
    storage,
    version,
)
from openedx_infra.operations.prerequisites.facts import Facts, Items, Kind, gather
from openedx_infra.operations.prerequisites.lack import Lack
from openedx_infra.operations.prerequisites.require import ending, problems
from openedx_infra.operations.secrets.secrets import stand_ins

SITE = {"lms_host": "learn.example.org"}
HERE = "openedx-campus"
DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def objects(**sections: Any) -> Items:
    """What a stack registers."""
    stack = load("campus", {"site": SITE, **sections})
    return recorded(stack, stand_ins(stack)).objects()


@cache
def usual() -> Items:
    """What a stack registers that says nothing but its host."""
    return objects()


def named(name: str, **rest: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **rest.pop("metadata", {})}, **rest}


def storage_class(name: str, provisioner: str, *, default: bool = False) -> dict[str, Any]:
    return named(name, provisioner=provisioner, metadata={"annotations": DEFAULT if default else {}})


def node(name: str = "one", *, cpu: str = "8", memory: str = "32Gi", **spec: Any) -> dict[str, Any]:
    return named(name, spec=spec, status={"allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}})


def complete(of: Items) -> Facts:
    """A cluster that lacks nothing for these objects."""
    return Facts(
        version=(1, 35),
        user="admin",
        kinds={
            (each["apiVersion"], each["kind"]): Kind(
                plural=f"{each['kind'].lower()}s", namespaced=each["kind"] != "Namespace"
            )
            for each in of
        },
        storage_classes=[storage_class("nfs", "nfs.csi.k8s.io", default=True)],
        ingress_classes=[named("traefik")],
        gateway_classes=[],
        issuers=[],
        priority_classes=[],
        runtime_classes=[],
        nodes=[node()],
        pods=[],
        ingresses=[],
        routes=[],
        namespaces={HERE: None},
        claims={HERE: []},
        rules={HERE: [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]},
    )


def answering(answer: Callable[[Question], Answer]) -> Callable[[Sequence[Question]], list[Answer]]:
    return lambda questions: [answer(question) for question in questions]


def _of_an_administrator(question: Question) -> Answer:
    """Everything is allowed, and nothing else is there."""
    if question.body is not None:
        return Answer(code=201, body={"status": {"allowed": True}})
    return Answer(code=200, body={}) if "persistentvolumes" in question.path else Answer(code=404, body={})


administrator = answering(_of_an_administrator)


def silent(questions: Sequence[Question]) -> list[Answer]:
    assert not questions, questions
    return []


def one(lacks: Any) -> Lack:
    [lack] = list(lacks)
    return lack


def test_a_complete_cluster_lacks_nothing() -> None:
    assert list(problems(usual(), complete(usual()), administrator)) == []


def test_what_can_not_be_read_is_not_missing() -> None:
    """The list of nothing but a note: the user may read nothing at all."""
    refused = answering(lambda _: Answer(code=403, body={"kind": "Status"}))
    note = one(problems(usual(), gather(refused, [HERE]), refused))
    assert not note.fatal
    assert "may not read the cluster's StorageClasses, IngressClasses, nodes, pods and Ingresses" in str(note)


@pytest.mark.parametrize(("minor", "fatal"), [(29, True), (30, None), (35, None), (36, False)])
def test_versions_of_kubernetes(minor: int, fatal: bool | None) -> None:
    found = list(version.problems(Facts(version=(1, minor))))
    assert [lack.fatal for lack in found] == ([] if fatal is None else [fatal])
    assert all(f"1.{minor}" in str(lack) for lack in found)


def test_the_version_is_read_from_any_publishers_words() -> None:
    for text in ("v1.33.4+k3s1", "v1.33.2-eks-931bdca", "v1.33.0"):
        answer = answering(lambda _, text=text: Answer(code=200, body={"gitVersion": text}))
        assert gather(answer, []).version == (1, 33)


# --- Kinds

TLS = {**SITE, "tls": {"source": "cert-manager", "issuer": {"source": "http-01", "email": "a@example.org"}}}
OPERATOR = {"source": "operator"}


@pytest.mark.parametrize(
    ("sections", "key", "words"),
    [
        ({"site": TLS}, "openedx:site.tls", "releases/download/v1.21.2/cert-manager.yaml"),
        ({"ingress": {"kind": "gateway"}}, "openedx:ingress.kind", "standard-install.yaml"),
        ({"monitoring": {"prometheus": True}}, "openedx:monitoring.prometheus", "kube-prometheus-stack"),
        (
            {
                "cluster": {"keda": True},
                "datastores": {"storage": {"source": "volumes", "access_mode": "ReadWriteMany"}},
                "sizing": {"lms": {"autoscaling": {"min": 2, "max": 4, "cpu_percent": 70}}},
            },
            "openedx:cluster.keda",
            "https://keda.sh",
        ),
        ({"datastores": {"mysql": OPERATOR}}, "openedx:datastores.mysql.source", "`mysql_operator`"),
        ({"datastores": {"mongodb": OPERATOR}}, "openedx:datastores.mongodb.source", "`mongodb_operator`"),
        ({"datastores": {"broker": OPERATOR}}, "openedx:datastores.broker", "`valkey_operator`"),
        ({}, "openedx:cluster.ingress_controller", "traefik.github.io"),
    ],
)
def test_missing_kinds_are_told_with_who_brings_them(sections: dict[str, Any], key: str, words: str) -> None:
    of = objects(**sections)
    facts = complete(of)
    own = {"apps/v1", "batch/v1", "v1", "networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1"}
    known = {key: kind for key, kind in (facts.kinds or {}).items() if key[0] in own}
    found = list(kinds.problems(of, replace(facts, kinds=known), administrator))
    assert [lack for lack in found if lack.key.startswith(key) and words in lack.remedy], found
    assert all(lack.fatal for lack in found)
    assert len({lack.key for lack in found}) == len(found)


def test_a_kind_that_was_defined_a_moment_ago_is_no_lack() -> None:
    def answer(question: Question) -> Answer:
        assert question.path == "/apis/traefik.io/v1alpha1"
        return Answer(code=200, body={"resources": [{"kind": "Middleware"}]})

    facts = complete(usual())
    known = {key: kind for key, kind in (facts.kinds or {}).items() if "traefik" not in key[0]}
    assert list(kinds.problems(usual(), replace(facts, kinds=known), answering(answer))) == []


def _extras(*manifests: dict[str, Any]) -> Items:
    return objects(extras={"manifests": {"mine": {"objects": list(manifests), "anywhere": True}}})


WIDGET = {"apiVersion": "campus.example.org/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {}}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.campus.example.org"},
    "spec": {
        "group": "campus.example.org",
        "names": {"kind": "Widget", "plural": "widgets"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True}],
    },
}


def test_kinds_of_an_operators_own_objects_are_their_own_to_bring() -> None:
    monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "m"}}
    for obj, words in (
        (WIDGET, "Widget of campus.example.org/v1"),
        (monitor, "ServiceMonitor of monitoring"),
    ):
        of = _extras(obj)
        facts = complete(of)
        known = {key: kind for key, kind in (facts.kinds or {}).items() if key[0] != obj["apiVersion"]}
        lack = one(kinds.problems(of, replace(facts, kinds=known), administrator))
        assert lack.key == "openedx:extras.manifests" and words in str(lack)
        assert "or leave these objects out" in str(lack)


def test_kinds_that_the_stack_defines_itself_are_no_lack() -> None:
    of = _extras(DEFINITION, WIDGET)
    facts = complete(of)
    known = {key: kind for key, kind in (facts.kinds or {}).items() if key[1] != "Widget"}
    assert list(kinds.problems(of, replace(facts, kinds=known), administrator)) == []


def test_another_version_of_a_kind_is_told() -> None:
    facts = complete(usual())
    known = {key: kind for key, kind in (facts.kinds or {}).items() if "traefik" not in key[0]}
    known["traefik.io/v1", "Middleware"] = Kind(plural="middlewares", namespaced=True)
    lack = one(kinds.problems(usual(), replace(facts, kinds=known), administrator))
    assert "no Middleware of traefik.io/v1alpha1 but traefik.io/v1: another version" in lack.found


# --- Storage


def stored(facts: Facts, *there: dict[str, Any], of: Items | None = None) -> list[Lack]:
    return list(
        storage.problems(usual() if of is None else of, replace(facts, storage_classes=there), administrator)
    )


def test_a_cluster_without_storage() -> None:
    lack = one(stored(complete(usual())))
    assert lack.key == "openedx:cluster.storage_class"
    assert "no StorageClass at all" in lack.found and "local-path-provisioner" in lack.remedy


def test_a_cluster_without_a_default_class() -> None:
    lack = one(stored(complete(usual()), storage_class("fast", "x"), storage_class("big", "x")))
    assert "no default StorageClass, but big and fast" in lack.found
    assert "kubectl annotate storageclass fast" in lack.remedy


def test_a_class_that_is_not_there() -> None:
    of = objects(cluster={"storage_class": "fast"})
    lack = one(stored(complete(of), storage_class("local-path", "x", default=True), of=of))
    assert '"fast" is no StorageClass of the cluster, which has local-path (default)' in lack.found


def test_a_class_of_operators() -> None:
    of = objects(
        cluster={"storage_class": "fast"},
        datastores={
            "mysql": OPERATOR,
            "mongodb": OPERATOR,
            "storage": {
                "source": "external",
                "endpoint": "https://s3.example.org",
                "buckets": {name: f"a-{name}" for name in ("public", "private", "grades", "ora", "exports")},
            },
        },
    )
    of = [each for each in of if each["kind"] in ("PerconaServerMySQL", "PerconaServerMongoDB")]
    assert len(of) == 2
    assert "fast" in one(stored(complete(of), of=of)).found


def test_volumes_made_by_hand_need_no_class() -> None:
    of = objects(cluster={"storage_class": "manual"})

    def answer(question: Question) -> Answer:
        assert question.path == "/api/v1/persistentvolumes"
        return Answer(code=200, body={"items": [named("disk", spec={"storageClassName": "manual"})]})

    assert list(storage.problems(of, complete(of), answering(answer))) == []


def test_bound_volumes_need_no_class() -> None:
    bound = [
        named(each["metadata"]["name"], spec={"volumeName": "pv"})
        for each in usual()
        if each["kind"] == "PersistentVolumeClaim"
    ]
    facts = replace(complete(usual()), claims={HERE: bound})
    assert stored(facts) == []
    one(stored(replace(facts, claims={HERE: bound[1:]})))


def test_a_class_whose_volumes_only_one_node_mounts() -> None:
    of = objects(datastores={"storage": {"source": "volumes", "access_mode": "ReadWriteMany"}})
    local = storage_class("local-path", "rancher.io/local-path", default=True)
    lack = one(stored(complete(of), local, of=of))
    assert lack.key == "openedx:datastores.storage.access_mode"
    assert "ReadWriteMany" in lack.found and "local-path (rancher.io/local-path)" in lack.found
    assert "`ReadWriteOnce`" in lack.remedy
    assert stored(complete(of), storage_class("nfs", "nfs.csi.k8s.io", default=True), of=of) == []
    assert stored(complete(usual()), local) == []


# --- Classes


def test_a_missing_ingress_class() -> None:
    facts = replace(complete(usual()), ingress_classes=[named("nginx")])
    lack = one(classes.problems(usual(), facts))
    assert lack.fatal and lack.key == "openedx:cluster.ingress_class"
    assert '"traefik" is no IngressClass of the cluster, which has nginx' in lack.found
    live = [named("lms", metadata={"namespace": HERE}, spec={"ingressClassName": "traefik"})]
    assert not one(classes.problems(usual(), replace(facts, ingresses=live))).fatal


def test_a_missing_gateway_class() -> None:
    of = objects(ingress={"kind": "gateway"}, cluster={"ingress_controller": "envoy"})
    assert '"eg" is no GatewayClass' in one(classes.problems(of, complete(of))).found
    assert list(classes.problems(of, replace(complete(of), gateway_classes=[named("eg")]))) == []


def test_a_missing_issuer_of_the_cluster() -> None:
    tls = {"source": "cert-manager", "issuer": {"source": "cluster-issuer", "name": "campus-ca"}}
    of = objects(site={**SITE, "tls": tls})
    facts = replace(complete(of), issuers=[named("letsencrypt")])
    lack = one(classes.problems(of, facts))
    assert lack.key == "openedx:site.tls.issuer.name"
    assert '"campus-ca" is no ClusterIssuer of the cluster, which has letsencrypt' in lack.found


def test_a_missing_priority_class() -> None:
    of = objects(sizing={"priority_classes": {"data": "important"}})
    assert '"important" is no PriorityClass' in one(classes.problems(of, complete(of))).found


def test_a_missing_runtime_class() -> None:
    of = objects(services={"codejail": {"runtime_class": "gvisor"}})
    lack = one(classes.problems(of, replace(complete(of), runtime_classes=[named("kata")])))
    assert lack.key == "openedx:services.codejail.runtime_class" and lack.fatal
    assert lack.found == '"gvisor" is no RuntimeClass of the cluster, which has kata'
    assert list(classes.problems(of, replace(complete(of), runtime_classes=[named("gvisor")]))) == []
    assert list(classes.problems(of, replace(complete(of), runtime_classes=None))) == []


def test_a_runtime_that_can_not_confine_code() -> None:
    """Seen with runsc of February 2026: `landlock_create_ruleset` is no call of its kernel."""
    of = objects(services={"codejail": {"runtime_class": "sandboxed"}})
    lack = one(
        classes.problems(of, replace(complete(of), runtime_classes=[named("sandboxed", handler="runsc")]))
    )
    assert 'RuntimeClass "sandboxed" is gVisor' in lack.found and lack.fatal
    facts = replace(complete(of), runtime_classes=[named("sandboxed", handler="kata-qemu")])
    assert list(classes.problems(of, facts)) == []


def test_a_runtime_class_that_no_node_has() -> None:
    of = objects(services={"codejail": {"runtime_class": "gvisor"}})
    there = named("gvisor", scheduling={"nodeSelector": {"runtime": "gvisor"}})
    facts = replace(complete(of), runtime_classes=[there])
    lack = one(classes.problems(of, facts))
    assert "on nodes labelled runtime=gvisor, and no node is" in lack.found and lack.fatal
    assert not one(classes.problems(of, replace(facts, autoscaler=True))).fatal
    labelled = named("two", metadata={"labels": {"runtime": "gvisor"}})
    assert list(classes.problems(of, replace(facts, nodes=[node(), labelled]))) == []


def test_a_gateway_api_that_is_not_there_is_told_once() -> None:
    of = objects(ingress={"kind": "gateway"})
    absent = answering(lambda _: Answer(code=404, body={}))
    facts = replace(complete(of), gateway_classes=gather(absent, []).gateway_classes)
    assert list(classes.problems(of, facts)) == []


# --- Permissions


def test_what_is_granted_is_not_asked_for_again() -> None:
    of = [each for each in usual() if each["kind"] != "Namespace"]
    assert list(permissions.problems(of, complete(of), silent)) == []


def test_what_is_forbidden_is_told_by_namespace() -> None:
    granted = [
        {"verbs": ["*"], "apiGroups": [""], "resources": ["*"]},
        {"verbs": ["get", "list", "watch"], "apiGroups": ["apps"], "resources": ["*"]},
        {"verbs": ["*"], "apiGroups": ["batch"], "resources": ["*"], "resourceNames": ["one"]},
    ]

    def answer(question: Question) -> Answer:
        assert question.body is not None
        asked = question.body["spec"]["resourceAttributes"]
        # A service outside of the cluster allows what is in no list.
        allowed = asked["group"] not in ("apps", "batch", "") or asked["verb"] == "get"
        return Answer(code=201, body={"status": {"allowed": allowed}})

    facts = replace(complete(usual()), rules={HERE: granted}, user="system:serviceaccount:ci:deployer")
    cluster, inside = permissions.problems(usual(), facts, answering(answer))
    assert f"may not create namespaces; patch namespaces/{HERE} in the cluster" in cluster.found
    assert inside.found.startswith("system:serviceaccount:ci:deployer may not ")
    assert "create, patch and delete deployments.apps, statefulsets.apps" in inside.found
    assert "list, watch, create, patch and delete cronjobs.batch, jobs.batch" in inside.found
    assert "secrets" not in inside.found and "ingress" not in inside.found
    assert f"-n {HERE}" in inside.remedy


def test_a_namespace_that_is_there_need_not_be_created() -> None:
    asked: list[Any] = []

    def answer(question: Question) -> Answer:
        assert question.body is not None
        asked.append(question.body["spec"]["resourceAttributes"]["verb"])
        return Answer(code=201, body={"status": {"allowed": True}})

    facts = replace(complete(usual()), namespaces={HERE: named(HERE)})
    assert list(permissions.problems(usual(), facts, answering(answer))) == []
    assert sorted(asked) == ["get", "patch"]


# --- Room


def roomy(*nodes: dict[str, Any], pods: Items = (), of: Items | None = None, **rest: Any) -> list[Lack]:
    of = usual() if of is None else of
    return list(room.problems(of, replace(complete(of), nodes=nodes, pods=pods, **rest)))


def pod(name: str, memory: str, *, namespace: str = "others", owner: str = "ReplicaSet") -> dict[str, Any]:
    requests = {"requests": {"cpu": "10m", "memory": memory}}
    return named(
        name,
        metadata={"namespace": namespace, "ownerReferences": [{"kind": owner}]},
        spec={"nodeName": "one", "containers": [{"resources": requests}]},
    )


def test_what_fits_is_no_lack() -> None:
    assert roomy(node()) == []


def test_more_than_all_nodes_have() -> None:
    lack = one(roomy(node(memory="6Gi")))
    assert lack.fatal and lack.key == "openedx:sizing"
    assert (
        "and the only node has 8 cores and 6.00 GiB, of which other pods request 0 cores and 0.00 GiB"
        in lack.found
    )
    assert roomy(node(memory="6Gi"), node("two", memory="6Gi")) == []


def test_what_others_request_is_not_free() -> None:
    others = [pod("a", "14Gi"), pod("b", "12Gi")]
    assert "of which other pods request 0.02 cores and 26.00 GiB" in one(roomy(node(), pods=others)).found
    ends = [pod("a", "14Gi", owner="Job"), pod("b", "12Gi", namespace=HERE)]
    assert roomy(node(), pods=ends) == []


def test_a_pod_that_no_node_can_hold() -> None:
    of = objects(sizing={"mysql": {"cpu": "250m", "memory": "12Gi", "memory_limit": "12Gi"}})
    small = [node(name, memory="8Gi") for name in ("one", "two", "three")]
    lack = one(roomy(*small, of=of))
    assert (
        "a pod of mysql requests 0.25 cores and 12.00 GiB, and the largest node has 8 cores and 8.00 GiB"
        in (lack.found)
    )


def test_pods_that_share_a_volume_fit_on_one_node() -> None:
    of = objects(sizing={"lms": {"replicas": 6, "cpu": "250m", "memory": "2Gi", "memory_limit": "2Gi"}})
    small = [node(name, memory="12Gi") for name in ("one", "two", "three")]
    lack = one(roomy(*small, of=of))
    assert "must run on one node, as they share a volume" in lack.found and "lms, " in lack.found
    many = objects(
        sizing={"lms": {"replicas": 6, "cpu": "250m", "memory": "2Gi", "memory_limit": "2Gi"}},
        datastores={"storage": {"source": "volumes", "access_mode": "ReadWriteMany"}},
    )
    assert roomy(*small, of=many) == []


def test_too_many_pods() -> None:
    tiny = node()
    tiny["status"]["allocatable"]["pods"] = "8"
    assert "pods, and the only node has room for 8, of which 0 are others'" in one(roomy(tiny)).found


@pytest.mark.parametrize(
    "spec", [{"unschedulable": True}, {"taints": [{"key": "a", "effect": "NoSchedule"}]}]
)
def test_nodes_that_take_no_pods(spec: dict[str, Any]) -> None:
    assert "none of the cluster's 1 nodes takes pods" in one(roomy(node(**spec))).found


def test_a_node_that_is_away_for_a_moment_counts() -> None:
    away = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    assert roomy(node(taints=[away])) == []


@pytest.mark.parametrize(
    "growing",
    [
        {"autoscaler": True},
        {"kinds": {("karpenter.sh/v1", "NodePool"): Kind(plural="nodepools", namespaced=False)}},
    ],
)
def test_a_cluster_that_grows_gets_a_note(growing: dict[str, Any]) -> None:
    lack = one(roomy(node(memory="6Gi"), **growing))
    assert not lack.fatal and "adds nodes" not in lack.found and "add nodes" in lack.remedy


def test_a_cluster_of_a_cloud_may_grow() -> None:
    assert not one(roomy(node(memory="6Gi", providerID="aws:///eu-west-1a/i-1"))).fatal
    assert one(roomy(node(memory="6Gi", providerID="k3s://one"))).fatal


def test_a_namespace_that_is_being_deleted() -> None:
    namespace = named(HERE, status={"phase": "Terminating"})
    terminating = replace(complete(usual()), namespaces={HERE: namespace})
    assert "is being deleted" in one(ending(terminating)).found
    assert list(problems(usual(), terminating, administrator)) == [], "`up` waits for what it knows"


# --- Hosts


def ingress(host: str, *, path: str = "/", namespace: str = "openedx-other", **labels: str) -> dict[str, Any]:
    rules = [{"host": host, "http": {"paths": [{"path": path}]}}]
    return named("web", metadata={"namespace": namespace, "labels": labels}, spec={"rules": rules})


OURS = {"app.kubernetes.io/part-of": "openedx", "app.kubernetes.io/instance": "other"}


def served(*ingresses: dict[str, Any], routes: Items = (), of: Items | None = None) -> list[Lack]:
    of = usual() if of is None else of
    return list(hosts.problems(of, replace(complete(of), ingresses=ingresses, routes=routes)))


def test_another_instance_with_one_of_the_hosts() -> None:
    lack = one(served(ingress("learn.example.org", **OURS), ingress("apps.learn.example.org", **OURS)))
    assert lack.fatal and lack.key == "openedx:site"
    assert "learn.example.org and apps.learn.example.org are served by Ingress web" in lack.found
    assert "namespace openedx-other (stack other)" in lack.found
    assert one(served(ingress("learn.example.org", path="/login", **OURS))).fatal


def test_a_strangers_site_with_one_of_the_hosts() -> None:
    assert "stack" not in one(served(ingress("learn.example.org", namespace="shop"))).found


def test_its_own_objects_other_hosts_and_single_paths_are_no_conflict() -> None:
    assert served(ingress("learn.example.org", namespace=HERE, **OURS)) == []
    assert served(ingress("other.example.org", **OURS)) == []
    assert served(ingress("learn.example.org", path="/blog", namespace="blog")) == []


def test_routes_of_gateways_serve_hosts_too() -> None:
    def route(namespace: str, *matches: dict[str, Any], **labels: str) -> dict[str, Any]:
        spec = {"hostnames": ["studio.learn.example.org"], "rules": [{"matches": list(matches)}]}
        return named("web", metadata={"namespace": namespace, "labels": labels}, spec=spec)

    assert "studio.learn.example.org is served by HTTPRoute web" in one(served(routes=[route("a")])).found
    blog = {"path": {"type": "PathPrefix", "value": "/blog"}}
    assert served(routes=[route("a", blog)]) == []
    assert one(served(routes=[route("a", blog, **OURS)])).fatal
    of = objects(ingress={"kind": "gateway"})
    assert one(served(ingress("learn.example.org", **OURS), of=of)).fatal
    assert served(routes=[route(HERE)], of=of) == []


AVX, SSE = "feature.node.kubernetes.io/cpu-cpuid.AVX", "feature.node.kubernetes.io/cpu-cpuid.SSE4A"


@pytest.mark.parametrize(
    ("labels", "fatal"),
    [
        ([{SSE: "true"}, {SSE: "true"}], True),
        ([{SSE: "true"}, {SSE: "true", AVX: "true"}], False),
        ([{SSE: "true"}, {}], False),
        ([{SSE: "true", AVX: "true"}], None),
        ([{}], None),
        ([{"feature.node.kubernetes.io/cpu-cpuid.ASIMD": "true", "kubernetes.io/arch": "arm64"}], None),
    ],
    ids=["none", "one-of-two", "one-unknown", "all", "unlabelled", "arm64"],
)
def test_nodes_whose_cpu_runs_no_mongodb(labels: list[dict[str, str]], fatal: bool | None) -> None:
    nodes = [named(f"node-{n}", metadata={"labels": each}) for n, each in enumerate(labels)]
    found = list(processors.problems(usual(), replace(complete(usual()), nodes=nodes)))
    assert [lack.fatal for lack in found] == ([] if fatal is None else [fatal])
    if fatal is not None:
        assert "node-0" in str(found[0]) and "has no AVX" in str(found[0]) and "`host`" in str(found[0])


def test_a_mongodb_elsewhere_needs_nothing_of_the_nodes() -> None:
    outside = objects(datastores={"mongodb": {"source": "external", "members": [{"host": "m.example.org"}]}})
    nodes = [named("node-0", metadata={"labels": {SSE: "true"}})]
    assert list(processors.problems(outside, replace(complete(outside), nodes=nodes))) == []


def kernel(name: str, version: str | None) -> dict[str, Any]:
    info = {} if version is None else {"nodeInfo": {"kernelVersion": version}}
    return {"metadata": {"name": name}, "status": info}


@pytest.mark.parametrize(
    ("versions", "fatal"),
    [
        (["5.10.0-28-amd64", "5.4.0-200-generic"], True),
        (["5.10.0-28-amd64", "6.1.0-40-amd64"], False),
        (["5.10.0-28-amd64", None], False),
        (["5.13.0", "6.12.0-55.el10", "5.15.0-1070-aws"], None),
        (["kwok", "", None], None),
    ],
    ids=["none", "one-of-two", "one-unknown", "all", "unknown"],
)
def test_nodes_whose_kernel_confines_no_code(versions: list[str | None], fatal: bool | None) -> None:
    wanted = objects(services={"codejail": {}})
    nodes = [kernel(f"node-{n}", version) for n, version in enumerate(versions)]
    found = list(processors.problems(wanted, replace(complete(wanted), nodes=nodes)))
    assert [lack.fatal for lack in found] == ([] if fatal is None else [fatal])
    if fatal is not None:
        assert "openedx:services.codejail: the Linux of node-0" in str(found[0])
    assert list(processors.problems(usual(), replace(complete(usual()), nodes=nodes))) == []


def pod_in(namespace: str, labels: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "one", "namespace": namespace, "labels": labels}, "spec": spec}


DNS = pod_in("kube-system", {"k8s-app": "kube-dns"})
TRAEFIK = pod_in("kube-system", {"app.kubernetes.io/name": "traefik"})
ELSEWHERE = pod_in("edge", {"app.kubernetes.io/name": "traefik"})
HOST_NETWORK = pod_in("kube-system", {"app.kubernetes.io/name": "traefik"}, hostNetwork=True)
NODE = {
    "metadata": {"name": "one"},
    "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.17"}]},
}


def peers_told(pods: Sequence[Any], of: Items | None = None, **more: Any) -> list[str]:
    """What is told of pods that network policies let through."""
    return [str(lack) for lack in peers.problems(of or usual(), Facts(pods=pods, nodes=[NODE], **more))]


def test_parts_of_the_cluster_that_are_where_they_should_be_are_no_news() -> None:
    assert peers_told([DNS, TRAEFIK]) == []
    assert peers_told([]) == [], "a cluster without pods of others is the embedded one"


def test_pods_with_addresses_of_ipv6_need_servers_that_listen_there() -> None:
    def told(address: str, family: str) -> list[str]:
        pods = [{**pod, "status": {"podIP": address}} for pod in (DNS, TRAEFIK)]
        smtp = {"source": "smtp", "host": "mail.example.org"}
        of = objects(cluster={"ip_family": family}, mail={"delivery": smtp})
        return peers_told(pods, of)

    [line] = told("2001:db8::5", "IPv4")
    assert line.startswith("openedx:cluster.ip_family: pods of the cluster have addresses of IPv6")
    assert told("2001:db8::5", "IPv6") == told("10.42.0.5", "IPv4") == []


def test_simulated_nodes_need_no_name_servers() -> None:
    simulated = {"metadata": {"name": "one", "annotations": {"kwok.x-k8s.io/node": "fake"}}}
    pods = [pod_in("openedx-other", {"app.kubernetes.io/part-of": "openedx"})]
    assert list(peers.problems(usual(), Facts(pods=pods, nodes=[simulated]))) == []
    assert peers_told(pods), "real ones do"


def test_a_controller_elsewhere_is_named_with_its_namespace() -> None:
    [line] = peers_told([DNS, ELSEWHERE])
    assert line.startswith("openedx:cluster.ingress_namespace: there is no pod with the label")
    assert "but in edge. Set that namespace" in line
    [unknown] = peers_told([DNS])
    assert "docs/distributions.md" in unknown


def test_a_controller_in_the_network_of_its_node_is_known_by_its_address() -> None:
    [line] = peers_told([DNS, HOST_NETWORK])
    assert line.startswith("openedx:cluster.ingress_addresses") and "192.0.2.17" in line
    said = objects(cluster={"ingress_addresses": ["192.0.2.17/32"]})
    assert peers_told([DNS, HOST_NETWORK], said) == []


def test_name_servers_that_are_no_pods_are_missed_unless_addresses_are_set() -> None:
    [line] = peers_told([TRAEFIK])
    assert line.startswith("openedx:network.dns") and "`name_servers`" in line
    assert peers_told([TRAEFIK], objects(network={"name_servers": ["169.254.169.254"]})) == []


def test_operators_elsewhere_are_named_with_the_key_of_their_namespace() -> None:
    said = objects(datastores={"mysql": {"source": "operator"}, "mongodb": {"source": "operator"}})
    name = "app.kubernetes.io/name"
    pods = [
        DNS,
        TRAEFIK,
        pod_in("percona", {name: "ps-operator"}),
        pod_in("operators", {name: "psmdb-operator"}),
    ]
    [line] = peers_told(pods, said)
    assert line.startswith("openedx:datastores.mysql.operator_namespace") and "in percona" in line


def test_openshift_is_known_by_its_kinds() -> None:
    constraints = {
        ("security.openshift.io/v1", "SecurityContextConstraints"): Kind(plural="x", namespaced=False)
    }
    [line] = peers_told([DNS, TRAEFIK], kinds=constraints)
    assert line.startswith("openedx:cluster.users") and "`users: assigned`" in line
    assert peers_told([DNS, TRAEFIK], objects(cluster={"users": "assigned"}), kinds=constraints) == []


def test_what_is_set_in_the_traefik_of_k3s_by_others_is_left_alone() -> None:
    said = objects(cluster={"k3s_traefik": {}})

    def told(owner: dict[str, str] | None, name: str = "traefik") -> list[str]:
        there = {"metadata": {"name": name, "namespace": "kube-system", "labels": owner}}
        return [str(lack) for lack in k3s.problems(said, Facts(chart_configs=[there])) if lack.fatal]

    [stranger] = told(None)
    assert "written by somebody else" in stranger and "Merge the values" in stranger
    [other] = told({"app.kubernetes.io/instance": "other"})
    assert "written by other" in other
    assert told({"app.kubernetes.io/instance": "campus"}) == [] and told(None, "coredns") == []
