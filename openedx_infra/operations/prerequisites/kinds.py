"""Kinds of objects that a stack registers and its cluster does not serve, and who brings them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from openedx_infra.config.extras.manifests import PREFIX
from openedx_infra.config.foundation.addons import CertManager
from openedx_infra.operations.cluster.api import Ask, Question
from openedx_infra.operations.pods.components import COMPONENT
from openedx_infra.operations.prerequisites.facts import Facts, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed

_CERT_MANAGER = CertManager.model_fields["version"].default
_GATEWAY_API = "v1.5.1"
"""The version whose schemas the embedded cluster has."""


@dataclass(frozen=True, kw_only=True)
class _Supplier:
    """What brings the kinds of an API group."""

    key: str
    """Key of the stack file that needs them."""
    name: str
    remedy: str


def _operator(key: str, name: str, addon: str) -> _Supplier:
    return _Supplier(
        key=key,
        name=name,
        remedy=f"Set `{addon}` in `openedx:addons` of a foundation stack and bring that up first "
        "(docs/foundation.md), or set another source",
    )


_SUPPLIERS: Mapping[str, _Supplier] = {
    "cert-manager.io": _Supplier(
        key="openedx:site.tls",
        name="cert-manager",
        remedy="Install it: `kubectl apply -f https://github.com/cert-manager/cert-manager/releases/download/"
        f"{_CERT_MANAGER}/cert-manager.yaml`, or set `cert_manager` in `openedx:addons` of a foundation "
        "stack. Or set another source of certificates",
    ),
    "gateway.networking.k8s.io": _Supplier(
        key="openedx:ingress.kind",
        name="the Gateway API",
        remedy="Install it with a controller that serves it: `kubectl apply --server-side -f "
        "https://github.com/kubernetes-sigs/gateway-api/releases/download/"
        f"{_GATEWAY_API}/standard-install.yaml`. Or set `kind: ingress`",
    ),
    "traefik.io": _Supplier(
        key="openedx:cluster.ingress_controller",
        name="Traefik 3",
        remedy="Install it by its Helm chart (https://traefik.github.io/charts; k3s brings it), or set the "
        "controller that the cluster has",
    ),
    "gateway.envoyproxy.io": _Supplier(
        key="openedx:cluster.ingress_controller",
        name="Envoy Gateway",
        remedy="Install it by its Helm chart (https://gateway.envoyproxy.io), or set the controller that the "
        "cluster has",
    ),
    "monitoring.coreos.com": _Supplier(
        key="openedx:monitoring.prometheus",
        name="the Prometheus Operator",
        remedy="Install it, for instance by the Helm chart kube-prometheus-stack "
        "(https://prometheus-community.github.io/helm-charts), or set `prometheus: false`",
    ),
    "keda.sh": _Supplier(
        key="openedx:cluster.keda",
        name="KEDA",
        remedy="Install it by its own Helm chart (https://keda.sh), or leave `keda` out",
    ),
    "ps.percona.com": _operator(
        "openedx:datastores.mysql.source", "the Percona Operator for MySQL", "mysql_operator"
    ),
    "psmdb.percona.com": _operator(
        "openedx:datastores.mongodb.source", "the Percona Operator for MongoDB", "mongodb_operator"
    ),
    "redis.redis.opstreelabs.in": _operator(
        "openedx:datastores.broker.source and .cache.source", "OpsTree's Redis Operator", "valkey_operator"
    ),
}
"""What brings the kinds of each API group that stacks use besides Kubernetes' own."""


def problems(objects: Items, facts: Facts, ask: Ask) -> Iterator[Lack]:
    """One for each API group whose kinds are missing. A kind that was just defined may be missing from the
    list of all kinds, so its group is asked for once more."""
    if facts.kinds is None:
        return
    known = {*facts.kinds, *_defined(objects)}
    unknown = {key for each in objects if (key := (each["apiVersion"], each["kind"])) not in known}
    versions = sorted({version for version, _ in unknown})
    answers = dict(zip(versions, ask([Question(path=_path(each)) for each in versions]), strict=True))
    for version in versions:
        answer, wanted = answers[version], sorted(kind for other, kind in unknown if other == version)
        served = {each.get("kind") for each in answer.body.get("resources", ())}
        missing = [kind for kind in wanted if kind not in served]
        if missing and (answer.is_good or answer.code == HTTPStatus.NOT_FOUND):
            yield _lack(version, missing, facts, of_operator=_of_operator(objects, version))


def _defined(objects: Items) -> Iterator[tuple[str, str]]:
    """Kinds that the stack defines itself, by CustomResourceDefinitions of the operator's own."""
    for each in objects:
        spec = each.get("spec") or {}
        if each["kind"] == "CustomResourceDefinition":
            for version in spec.get("versions") or ():
                yield f"{spec.get('group')}/{version.get('name')}", str((spec.get("names") or {}).get("kind"))


def _of_operator(objects: Items, version: str) -> bool:
    """Whether objects of the operator's own, and no others, are of an API version."""
    components = [
        ((each.get("metadata") or {}).get("labels") or {}).get(COMPONENT, "")
        for each in objects
        if each["apiVersion"] == version
    ]
    return all(component.startswith(PREFIX) for component in components)


def _lack(version: str, missing: list[str], facts: Facts, *, of_operator: bool) -> Lack:
    group = version.rpartition("/")[0]
    kinds = f"{listed(missing)} of {version}"
    supplier = None if of_operator else _SUPPLIERS.get(group)
    if supplier is None:
        return Lack(
            key="openedx:extras.manifests" if of_operator else "Kubernetes",
            found=f"the cluster does not serve {kinds}",
            remedy="Install what serves them" + (", or leave these objects out" if of_operator else ""),
        )
    found = f"needs {supplier.name}, and the cluster has no {kinds}"
    others = sorted({other for other, _ in facts.kinds or () if other.rpartition("/")[0] == group})
    if others:
        found += f" but {listed(others)}: another version is installed"
    return Lack(key=supplier.key, found=found, remedy=supplier.remedy)


def _path(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
