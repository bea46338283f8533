"""Readers of Kubernetes objects: their pods, containers, volumes and selectors, whatever the kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]
"""A Kubernetes object as its YAML says it; also the inputs of a Pulumi resource of the Kubernetes provider.
"""

SERVING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
"""Kinds whose pods run until they are replaced."""
PASSING = ("Job", "CronJob")
"""Kinds whose pods end by themselves."""
EXCEPTION = "openedx-infra/exception"
"""Annotation with the reason for which an object, or a pod, needs more than others."""


def title(obj: Object) -> str:
    """What people call an object: its kind and name."""
    return f"{obj.get('kind')} {at(obj, 'metadata', 'name') or '(auto-named)'}"


def at(value: Any, *path: str) -> Any:
    """What stands at a path of maps, None if it ends before."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def pod_template(obj: Object) -> Object | None:
    """Metadata and spec of the pods that an object makes; None if it makes none."""
    kind = obj.get("kind")
    if kind == "Pod":
        return obj
    if kind == "CronJob":
        obj = at(obj, "spec", "jobTemplate") or {}
    template: Object | None = at(obj, "spec", "template")
    return template if kind in (*SERVING, *PASSING) else None


def pod_spec(obj: Object) -> Object | None:
    """Spec of the pods that an object makes; None if it makes none."""
    template = pod_template(obj)
    return None if template is None else template.get("spec") or {}


def pod_labels(obj: Object) -> Mapping[str, str]:
    """Labels of the pods that an object makes."""
    return at(pod_template(obj), "metadata", "labels") or {}


def containers(spec: Object, *, init: bool = True) -> Iterator[Object]:
    """Containers of a pod, those that run before the others included if asked."""
    for key in ("initContainers", "containers") if init else ("containers",):
        yield from spec.get(key) or ()


def config_references(spec: Object) -> Iterator[tuple[str, str]]:
    """Kind and name of every ConfigMap and Secret that a pod's volumes mount."""
    for volume in spec.get("volumes") or ():
        for source in (volume, *(at(volume, "projected", "sources") or ())):
            if name := at(source, "configMap", "name"):
                yield "ConfigMap", name
            if name := at(source, "secret", "secretName") or at(source, "secret", "name"):
                yield "Secret", name


def selects(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector (or the plain map of a Service) matches labels; one that is absent matches
    nothing.
    """
    if selector is None:
        return False
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return _has(selector, labels)
    expressions: Sequence[Object] = selector.get("matchExpressions") or ()
    return _has(selector.get("matchLabels") or {}, labels) and all(_holds(one, labels) for one in expressions)


def _has(wanted: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _holds(expression: Object, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]


def of_kind(objects: Iterable[Object], *kinds: str) -> Iterator[Object]:
    """The objects of some kinds."""
    return (obj for obj in objects if obj.get("kind") in kinds)


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys of maps included, in no particular order."""
    rest = [value]
    while rest:
        inner = rest.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict | Mapping):  # nearly all are dicts, which are quicker to tell
            rest += inner
            rest += inner.values()
        elif isinstance(inner, list | tuple):
            rest += inner
