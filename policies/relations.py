"""Rules for how objects of an instance fit each other: names, selectors, budgets, volumes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from policies.objects import (
    EXCEPTION,
    PASSING,
    SERVING,
    Object,
    at,
    config_references,
    containers,
    of_kind,
    pod_labels,
    pod_spec,
    pod_template,
    selects,
    title,
)
from policies.scaling import least, most

_GRACE = 30
"""Seconds that Kubernetes gives a pod that doesn't say how many it needs."""
Objects = Sequence[Object]
"""All objects of an instance."""
Found = Iterator[tuple[Object, str]]
"""Objects, each with what is wrong with it."""


def immutable_configuration(objects: Objects) -> Found:
    """A pod that keeps running mounts only what can't change under it: a new setting makes a new name."""
    configuration = {
        (obj["kind"], at(obj, "metadata", "name")): obj for obj in of_kind(objects, "ConfigMap", "Secret")
    }
    for obj in objects:
        for reference in sorted(set(config_references(pod_spec(obj) or {}))):
            target = configuration.get(reference)
            if target is None:
                yield obj, f"mounts {' '.join(reference)}, which nobody makes"
            elif obj["kind"] in SERVING and target.get("immutable") is not True:
                yield (
                    obj,
                    f"mounts {title(target)}, which can change under it: make it auto-named and immutable",
                )


def jobs_left_alone(objects: Objects) -> Found:
    """No Service sends requests to a Job's pod, and no budget or autoscaler counts it."""
    jobs = list(of_kind(objects, *PASSING))
    for obj in of_kind(objects, "Service", "PodDisruptionBudget", *SERVING):
        for job in jobs:
            if selects(_selector(obj), pod_labels(job)):
                yield obj, f"selects pods of {title(job)}: give the Job's pods labels of their own"


def one_owner(objects: Objects) -> Found:
    """Two workloads that select each other's pods would fight over them."""
    workloads = list(of_kind(objects, *SERVING))
    for obj in workloads:
        if not selects(_selector(obj), pod_labels(obj)):
            yield obj, "does not select its own pods: let the selector be a part of their labels"
        for other in workloads:
            if (
                other is not obj
                and _same_namespace(obj, other)
                and selects(_selector(obj), pod_labels(other))
            ):
                yield obj, f"selects pods of {title(other)}: give each component labels of its own"


def served(objects: Objects) -> Found:
    """A Service has pods behind it, which listen where it sends requests."""
    workloads = list(of_kind(objects, *SERVING))
    for service in of_kind(objects, "Service"):
        if not _selector(service):
            continue
        behind = [obj for obj in workloads if selects(_selector(service), pod_labels(obj))]
        if not behind:
            yield service, "has no pods behind it: no workload has the labels that it selects"
        for obj in behind:
            listening = {
                value
                for container in containers(pod_spec(obj) or {}, init=False)
                for port in container.get("ports") or ()
                for value in (port.get("containerPort"), port.get("name"))
            }
            for port in at(service, "spec", "ports") or ():
                target = port.get("targetPort", port.get("port"))
                if target not in listening:
                    yield (
                        service,
                        f"sends to port {_number(target)}, where no container of {title(obj)} listens",
                    )


def evictable(objects: Objects) -> Found:
    """Who has several pods, or may get them by an autoscaler, has a budget that lets a node be drained, one
    pod at a time."""
    budgets = list(of_kind(objects, "PodDisruptionBudget"))
    for obj in of_kind(objects, "Deployment", "StatefulSet"):
        replicas, possible = least(objects, obj), most(objects, obj)
        matching = [budget for budget in budgets if selects(_selector(budget), pod_labels(obj))]
        if possible >= 2 and not matching:
            may = "has" if possible == replicas else "may have"
            yield (
                obj,
                f"{may} {_number(possible)} pods and no PodDisruptionBudget: a drained node may take all",
            )
        for budget in matching:
            if _blocks(budget, replicas):
                yield budget, f"lets no pod of {title(obj)} go, so that no node can be drained: allow one"


def gentle(objects: Objects) -> Found:
    """Where visitors come, a new pod is ready before an old one goes, and the old one serves on until all
    proxies know. One that writes a volume goes first, and gives that reason."""
    for obj in _visited(objects):
        strategy = at(obj, "spec", "strategy") or {}
        lost = at(strategy, "rollingUpdate", "maxUnavailable")
        single = strategy.get("type") == "Recreate" and at(
            pod_template(obj), "metadata", "annotations", EXCEPTION
        )
        if not single and (strategy.get("type") != "RollingUpdate" or lost not in (0, "0%")):
            yield obj, "loses a pod before the next is ready: set strategy.rollingUpdate.maxUnavailable to 0"
        spec = pod_spec(obj) or {}
        grace = spec.get("terminationGracePeriodSeconds", _GRACE)
        for container in containers(spec, init=False):
            seconds = _drained(at(container, "lifecycle", "preStop"))
            if container.get("ports") and not seconds:
                yield obj, f"container {container.get('name')} ends while visitors come: let preStop sleep"
            elif seconds and seconds >= grace:
                yield obj, "has no time left after preStop: raise terminationGracePeriodSeconds"


def _drained(before: Object | None) -> float | None:
    """Seconds that a pod serves on before it is told to end."""
    slept = re.search(r"\bsleep (\d+)", " ".join(at(before, "exec", "command") or ()))
    seconds: float | None = int(slept[1]) if slept else at(before, "sleep", "seconds")
    return seconds


def _visited(objects: Objects) -> Iterator[Object]:
    """Deployments that an entrance leads to. What holds data has one pod, and goes before it comes."""
    names = {
        at(path, "backend", "service", "name")
        for ingress in of_kind(objects, "Ingress")
        for rule in at(ingress, "spec", "rules") or ()
        for path in at(rule, "http", "paths") or ()
    }
    names |= {
        backend.get("name")
        for route in of_kind(objects, "HTTPRoute")
        for rule in at(route, "spec", "rules") or ()
        for backend in rule.get("backendRefs") or ()
    }
    selectors = [
        _selector(one) for one in of_kind(objects, "Service") if at(one, "metadata", "name") in names
    ]
    for obj in of_kind(objects, "Deployment"):
        if any(selects(selector, pod_labels(obj)) for selector in selectors):
            yield obj


def closed_by_default(objects: Objects) -> Found:
    """Where pods are, a NetworkPolicy denies everything that no other allows."""
    closed = {
        at(policy, "metadata", "namespace")
        for policy in of_kind(objects, "NetworkPolicy")
        if not at(policy, "spec", "podSelector")
        and set(at(policy, "spec", "policyTypes") or ()) == {"Ingress", "Egress"}
        and not at(policy, "spec", "ingress")
        and not at(policy, "spec", "egress")
    }
    for obj in objects:
        if pod_spec(obj) is not None and at(obj, "metadata", "namespace") not in closed:
            yield obj, "is in a namespace without a NetworkPolicy that denies all in and out: add one"


def restricted_namespaces(objects: Objects) -> Found:
    """The API server itself refuses pods with privileges. Software of others that can't do with so little
    gets `baseline`, and a development instance, whose pods mount folders of their node, `privileged`; each
    with a reason."""
    mounting = {at(obj, "metadata", "namespace") for obj in objects if _mounts_of_the_node(obj)}
    for namespace in of_kind(objects, "Namespace"):
        level = at(namespace, "metadata", "labels", "pod-security.kubernetes.io/enforce")
        reason = at(namespace, "metadata", "annotations", EXCEPTION)
        needs = "privileged" if at(namespace, "metadata", "name") in mounting else "baseline"
        if level != "restricted" and not (level == needs and reason):
            yield namespace, "does not enforce the Pod Security Standard: label it restricted"


def _mounts_of_the_node(obj: Object) -> bool:
    """Whether pods mount a folder of their node, and give the reason (`pods.unprivileged` asks for it)."""
    volumes = (pod_spec(obj) or {}).get("volumes") or ()
    return any("hostPath" in volume for volume in volumes) and bool(
        at(pod_template(obj), "metadata", "annotations", EXCEPTION)
    )


def _selector(obj: Object) -> Object | None:
    selector: Object | None = at(obj, "spec", "selector")
    return selector


def _same_namespace(obj: Object, other: Object) -> bool:
    return bool(at(obj, "metadata", "namespace") == at(other, "metadata", "namespace"))


def _blocks(budget: Object, replicas: Any) -> bool:
    least, most = at(budget, "spec", "minAvailable"), at(budget, "spec", "maxUnavailable")
    return (isinstance(least, int | float) and least >= replicas) or least == "100%" or most in (0, "0%")


def _number(value: Any) -> str:
    """Numbers come from Pulumi as floats."""
    return str(int(value)) if isinstance(value, float) else str(value)
