"""Ways to read a graph: objects by kind and name, and who comes after whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar

from openedx_infra.operations.offline.recording import Graph, Registered

Record = Callable[..., Graph]
"""`recorded(said, name="dev", preview=False)`: the graph of a stack that says so, recorded once for each."""
ENDING = ("Job", "CronJob")
"""What runs to its end."""
WORKLOADS = ("Deployment", "StatefulSet", *ENDING)
Answer = TypeVar("Answer")


def once_for_each_graph(ask: Callable[[Graph], Answer]) -> Callable[[Graph], Answer]:
    """Remember what a function answers about a graph: a recorded graph never changes."""
    answers: dict[int, tuple[Graph, Answer]] = {}  # with its graph, so that no other one gets its id

    @wraps(ask)
    def answer(graph: Graph) -> Answer:
        if id(graph) not in answers:
            answers[id(graph)] = graph, ask(graph)
        return answers[id(graph)][1]

    return answer


def find(graph: Graph, kind: str, name: str) -> Registered:
    """The one resource of a kind and name."""
    [found] = [resource for resource in graph.resources if (resource.kind, resource.name) == (kind, name)]
    return found


def of_kind(graph: Graph, *kinds: str) -> list[Registered]:
    return [resource for resource in graph.resources if resource.kind in kinds]


def label(resource: Registered) -> str:
    """`Kind name`, for messages."""
    return f"{resource.kind} {resource.name}"


def templates(graph: Graph) -> Iterator[tuple[Registered, dict[str, Any]]]:
    """Every workload and the template of its pods."""
    for resource in of_kind(graph, *WORKLOADS):
        yield resource, template(graph, resource)


def template(graph: Graph, workload: Registered) -> dict[str, Any]:
    """The template of a workload's pods."""
    spec = graph.object(workload)["spec"]
    found: dict[str, Any] = (spec.get("jobTemplate") or {"spec": spec})["spec"]["template"]
    return found


def containers(graph: Graph) -> Iterator[tuple[Registered, dict[str, Any]]]:
    for resource, pod in templates(graph):
        spec = pod["spec"]
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            yield resource, container


def comes_after(graph: Graph, resource: Registered) -> set[str]:
    """URNs of everything that must be done before a resource: dependencies, theirs, and what is in
    components."""
    by_urn = {other.urn: other for other in graph.resources}
    found: set[str] = set()
    waiting = list(resource.depends_on)
    while waiting:
        urn = waiting.pop()
        if urn not in found and urn in by_urn:
            found.add(urn)
            waiting += by_urn[urn].depends_on
    return found


def names_before(graph: Graph, resource: Registered) -> set[str]:
    """`Kind name` of all that must be done before a resource."""
    before = comes_after(graph, resource)
    return {label(other) for other in graph.resources if other.urn in before}


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector of Kubernetes selects an object with these labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or []:
        if rule["operator"] not in ("In", "NotIn"):
            raise NotImplementedError(rule["operator"])
        if (labels.get(rule["key"]) in rule["values"]) != (rule["operator"] == "In"):
            return False
    return True
