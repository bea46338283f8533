"""Objects of the whole cluster that a stack names: classes of several kinds, and issuers."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed
from policies.objects import pod_spec

CLASS_KEY = "openedx:cluster.ingress_class"
_OF_CODEJAIL = "openedx:services.codejail.runtime_class"
_GVISOR = "runsc"
"""Handler of gVisor's RuntimeClass, as its documentation names it."""


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """One for each object that is named and missing."""
    yield from _ingress_classes(objects, facts)
    wanted = {each["spec"]["gatewayClassName"] for each in objects if each["kind"] == "Gateway"}
    for name in _missing(wanted, facts.gateway_classes):
        yield _class("GatewayClass", name, facts.gateway_classes or ())
    for name in _missing(set(_issuers(objects)), facts.issuers):
        yield Lack(
            key="openedx:site.tls.issuer.name",
            found=f'"{name}" is no ClusterIssuer of the cluster{_which(facts.issuers or ())}',
            remedy="Create it, or name one that is there",
        )
    for name in _missing(set(_priorities(objects)), facts.priority_classes):
        yield Lack(
            key="openedx:sizing.priority_classes",
            found=f'"{name}" is no PriorityClass of the cluster{_which(facts.priority_classes or ())}',
            remedy="Let the cluster's administrator create it, or name one that is there",
        )
    for name, key in _runtimes(objects).items():
        yield from _runtime_class(name, key, facts)


def _runtime_class(name: str, key: str, facts: Facts) -> Iterator[Lack]:
    """A RuntimeClass without which the API server takes no pod, or whose nodes the cluster doesn't have."""
    if _missing({name}, facts.runtime_classes):
        yield Lack(
            key=key,
            found=f'"{name}" is no RuntimeClass of the cluster{_which(facts.runtime_classes or ())}',
            remedy="Let the cluster's administrator install the runtime and create it, or leave the key out",
        )
        return
    for each in facts.runtime_classes or ():
        if (each["metadata"]["name"], each.get("handler"), key) == (name, _GVISOR, _OF_CODEJAIL):
            yield Lack(
                key=key,
                found=f'RuntimeClass "{name}" is gVisor, without Landlock: it can\'t confine code',
                remedy="Leave the key out, or name a runtime with a Linux of its own, such as Kata",
            )
        wanted = (each.get("scheduling") or {}).get("nodeSelector") or {}
        fitting = [
            node
            for node in facts.nodes or ()
            if wanted.items() <= (node["metadata"].get("labels") or {}).items()
        ]
        if each["metadata"]["name"] == name and facts.nodes and not fitting:
            labels = listed(sorted(f"{label}={value}" for label, value in wanted.items()))
            yield Lack(
                key=key,
                found=f'RuntimeClass "{name}" runs pods on nodes labelled {labels}, and no node is',
                remedy="Install the runtime on a node and label it so, or leave the key out",
                fatal=not facts.autoscaler,
            )


def _runtimes(objects: Items) -> dict[str, str]:
    """RuntimeClasses that pods name, with the key that names each."""
    found = {}
    for each in objects:
        name = (pod_spec(each) or {}).get("runtimeClassName")
        if name:
            is_codejail = each["metadata"]["name"] == "codejail"
            found[name] = _OF_CODEJAIL if is_codejail else "openedx:overrides"
    return found


def _ingress_classes(objects: Items, facts: Facts) -> Iterator[Lack]:
    """A missing IngressClass. Some controllers are set up to serve one without an object for it: where
    Ingresses of the class are there already, it is a note."""
    ingresses = [each for each in objects if each["kind"] == "Ingress"]
    own = {each["metadata"].get("namespace") for each in ingresses}
    for name in _missing({each["spec"]["ingressClassName"] for each in ingresses}, facts.ingress_classes):
        lack = _class("IngressClass", name, facts.ingress_classes or ())
        live = any(
            each["metadata"].get("namespace") in own and each["spec"].get("ingressClassName") == name
            for each in facts.ingresses or ()
        )
        yield Lack(key=lack.key, found=lack.found, remedy=lack.remedy, fatal=not live)


def _class(kind: str, name: str, there: Items) -> Lack:
    return Lack(
        key=CLASS_KEY,
        found=f'"{name}" is no {kind} of the cluster{_which(there)}, so no controller would serve the hosts',
        remedy="Install the controller of `openedx:cluster.ingress_controller`, or set a class that is there",
    )


def _missing(wanted: set[str], there: Items | None) -> list[str]:
    names = {each["metadata"]["name"] for each in there or ()}
    return [] if there is None else sorted(wanted - names)


def _which(there: Items) -> str:
    return f", which has {listed(sorted(each['metadata']['name'] for each in there))}" if there else ""


def _issuers(objects: Items) -> Iterator[str]:
    for each in objects:
        if each["kind"] == "Certificate":
            reference: Item = each["spec"].get("issuerRef") or {}
            if reference.get("kind") == "ClusterIssuer":
                yield reference["name"]


def _priorities(objects: Items) -> Iterator[str]:
    for each in objects:
        name = (pod_spec(each) or {}).get("priorityClassName")
        if name:
            yield name
