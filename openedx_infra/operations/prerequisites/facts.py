"""What a cluster has, as far as its user may read it, by one round of requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from openedx_infra.operations.cluster.api import Answer, Ask, Question

Item = Mapping[str, Any]
Items = Sequence[Item]

MOST = 3000
"""Objects of a kind that are read: a larger cluster is not added up. A guess: some 15 MB of pods."""

_DISCOVERY = "as=APIGroupDiscoveryList"
_ACCEPT = ",".join(
    [
        *(
            f"application/json;g=apidiscovery.k8s.io;v={version};{_DISCOVERY}"
            for version in ("v2", "v2beta1")
        ),
        "application/json",
    ]
)
"""Asks for all kinds in one answer, which API servers give since Kubernetes 1.27."""

_LISTS = {
    "storage_classes": "/apis/storage.k8s.io/v1/storageclasses",
    "ingress_classes": "/apis/networking.k8s.io/v1/ingressclasses",
    "gateway_classes": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "issuers": "/apis/cert-manager.io/v1/clusterissuers",
    "priority_classes": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "runtime_classes": "/apis/node.k8s.io/v1/runtimeclasses",
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods?fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed",
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "chart_configs": "/apis/helm.cattle.io/v1/helmchartconfigs",
    "routes": "/apis/gateway.networking.k8s.io/v1/httproutes",
}
"""Lists of the whole cluster, by the field of Facts that holds them."""
_OF_A_NAMESPACE = {
    "claims": "persistentvolumeclaims",
    "quotas": "resourcequotas",
    "limit_ranges": "limitranges",
}
"""Lists of each namespace of the stack, by the field of Facts that holds them."""
_AUTOSCALER = "/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status"
"""What the Cluster Autoscaler writes, and managed clusters that run it show."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of objects that the API server serves."""

    plural: str
    """Its name in addresses and permissions."""
    namespaced: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a cluster has. None: its user may not read it, or there is too much of it."""

    version: tuple[int, int] | None = None
    """Minor version of Kubernetes, such as (1, 35)."""
    user: str | None = None
    """Whom the API server takes us for."""
    kinds: Mapping[tuple[str, str], Kind] | None = None
    """Kinds by apiVersion and name."""
    storage_classes: Items | None = None
    ingress_classes: Items | None = None
    gateway_classes: Items | None = None
    issuers: Items | None = None
    """cert-manager's ClusterIssuers."""
    priority_classes: Items | None = None
    runtime_classes: Items | None = None
    nodes: Items | None = None
    pods: Items | None = None
    """Pods of all namespaces that have not ended."""
    ingresses: Items | None = None
    """Ingresses of all namespaces."""
    routes: Items | None = None
    """HTTPRoutes of all namespaces."""
    chart_configs: Items | None = None
    """HelmChartConfigs of k3s."""
    autoscaler: bool = False
    """Whether the Cluster Autoscaler is known to add nodes."""
    namespaces: Mapping[str, Item | None] = field(default_factory=dict)
    """The stack's namespaces by name; None for one that does not exist. Left out: unknown."""
    claims: Mapping[str, Items] = field(default_factory=dict)
    """PersistentVolumeClaims by namespace of the stack."""
    quotas: Mapping[str, Items] = field(default_factory=dict)
    """ResourceQuotas by namespace of the stack."""
    limit_ranges: Mapping[str, Items] = field(default_factory=dict)
    """LimitRanges by namespace of the stack."""
    rules: Mapping[str, Items] = field(default_factory=dict)
    """What its user may do, by namespace of the stack: the resourceRules of a SelfSubjectRulesReview."""

    @property
    def groups(self) -> frozenset[str]:
        """API groups with at least one kind."""
        return frozenset(version.rpartition("/")[0] for version, _ in self.kinds or ())


def gather(ask: Ask, namespaces: Sequence[str]) -> Facts:
    """Everything that the checks look at. `namespaces` are those of the stack."""
    questions = dict(_questions(namespaces))
    answers = dict(zip(questions, ask(list(questions.values())), strict=True))
    lists: dict[str, Any] = {name: _items(answers[name]) for name in _LISTS}
    for kind in _OF_A_NAMESPACE:
        found = _by_namespace(answers, kind, namespaces)
        lists[kind] = {name: answer.body.get("items", []) for name, answer in found.items()}
    of = {name: _by_namespace(answers, name, namespaces) for name in ("namespace", "rules")}
    return Facts(
        version=_version(answers["version"].body),
        user=answers["user"].body.get("status", {}).get("userInfo", {}).get("username"),
        kinds=_kinds(answers["core"], answers["groups"]),
        autoscaler=answers["autoscaler"].is_good,
        namespaces={
            name: answer.body if answer.is_good else None
            for name, answer in of["namespace"].items()
            if answer.is_good or answer.code == HTTPStatus.NOT_FOUND
        },
        rules={
            name: answer.body.get("status", {}).get("resourceRules") or ()
            for name, answer in of["rules"].items()
            if answer.is_good
        },
        **lists,
    )


def _questions(namespaces: Sequence[str]) -> Iterator[tuple[str, Question]]:
    """All requests by name."""
    yield "version", Question(path="/version")
    yield "core", Question(path="/api", accept=_ACCEPT)
    yield "groups", Question(path="/apis", accept=_ACCEPT)
    yield "user", _review("authentication.k8s.io/v1", "SelfSubjectReview", None)
    yield "autoscaler", Question(path=_AUTOSCALER)
    for name, path in _LISTS.items():
        limit = urlencode({"limit": MOST})
        yield name, Question(path=f"{path}{'&' if '?' in path else '?'}{limit}")
    for name in namespaces:
        own = f"/api/v1/namespaces/{name}"
        yield f"namespace {name}", Question(path=own)
        for kind, plural in _OF_A_NAMESPACE.items():
            yield f"{kind} {name}", Question(path=f"{own}/{plural}")
        rules = {"namespace": name}
        yield f"rules {name}", _review("authorization.k8s.io/v1", "SelfSubjectRulesReview", rules)


def _review(version: str, kind: str, spec: Mapping[str, Any] | None) -> Question:
    """A question about our own user."""
    body = {"apiVersion": version, "kind": kind, **({"spec": spec} if spec else {})}
    return Question(path=f"/apis/{version}/{kind.lower()}s", body=body)


def may(verb: str, group: str, plural: str, namespace: str | None, name: str | None = None) -> Question:
    """The question whether our user may do something. `namespace` None: to objects of the whole cluster."""
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural,
        **({"namespace": namespace} if namespace else {}),
        **({"name": name} if name else {}),
    }
    return _review("authorization.k8s.io/v1", "SelfSubjectAccessReview", {"resourceAttributes": attributes})


def _by_namespace(answers: Mapping[str, Answer], what: str, namespaces: Sequence[str]) -> dict[str, Answer]:
    return {name: answers[f"{what} {name}"] for name in namespaces}


def _items(answer: Answer) -> Items | None:
    """The items of a list. None: it can't be read, is too long, or its kind is not served, which `kinds`
    tells."""
    if not answer.is_good or answer.body.get("metadata", {}).get("continue"):
        return None
    items: Items = answer.body.get("items", [])
    return items


def _version(body: Item) -> tuple[int, int] | None:
    match = re.match(r"v(\d+)\.(\d+)", str(body.get("gitVersion", "")))
    return (int(match[1]), int(match[2])) if match else None


def _kinds(*answers: Answer) -> dict[tuple[str, str], Kind] | None:
    if not all(answer.is_good and answer.body.get("kind") == "APIGroupDiscoveryList" for answer in answers):
        return None
    return dict(each for answer in answers for group in answer.body["items"] for each in _kinds_of(group))


def _kinds_of(group: Item) -> Iterator[tuple[tuple[str, str], Kind]]:
    """The kinds of an API group by apiVersion and name."""
    name = group.get("metadata", {}).get("name", "")
    for version in group.get("versions", ()):
        for resource in version.get("resources", ()):
            kind = resource.get("responseKind", {}).get("kind")
            scope = resource.get("scope") == "Namespaced"
            yield (
                (f"{name}/{version['version']}".lstrip("/"), kind),
                Kind(plural=resource["resource"], namespaced=scope),
            )
