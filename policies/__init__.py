"""Policies: what a reviewer would refuse, as rules over the graph of a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from policies.complaint import Complaint
from policies.objects import texts, title
from policies.rules import Resource, judge_objects, judge_resources
from policies.secrecy import adds_headers, disclosed, known_values, random_texts

__all__ = ["Complaint", "check"]


class Stack(Protocol):
    """What a stack file of any kind says."""

    @property
    def wants_digests(self) -> bool:
        """Whether each image must be named by its digest."""

    @property
    def protects(self) -> bool:
        """Whether what holds data must be protected."""

    def model_dump(self) -> dict[str, Any]:
        """All of it, as plain data."""


class Graph(Protocol):
    """Everything that a program registers and exports."""

    @property
    def resources(self) -> Sequence[Resource]:
        """All resources, components included."""

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs."""

    def objects(self, *, reveal_secrets: bool = ...) -> Sequence[Mapping[str, Any]]:
        """The Kubernetes objects among them."""


def check(graph: Graph, stack: Stack, secrets: Mapping[str, str] | None = None) -> list[Complaint]:
    """Everything that the rules refuse, sorted; an empty list when nothing is.

    With the values of the `secrets` that the graph was made with, it is also searched for them: they may
    stand in Secrets alone. What looks like a key is refused unless the stack file itself has it in plain.
    """
    objects = graph.objects()
    complaints = judge_objects(objects, digests=stack.wants_digests)
    complaints += judge_resources(graph.resources, protect=stack.protects)
    complaints += _disclosed(graph, secrets or {})
    complaints += _unexplained(objects, "\n".join(texts(stack.model_dump())))
    return sorted(complaints)


def _disclosed(graph: Graph, secrets: Mapping[str, str]) -> list[Complaint]:
    values = known_values(secrets)
    objects = [
        (title(obj), obj)
        for obj in graph.objects(reveal_secrets=True)
        if obj["kind"] != "Secret" and not adds_headers(obj)
    ]
    return [
        Complaint(where, f"discloses the secret {name}: it may stand in a Secret alone", "disclosed")
        for where, value in (*objects, ("Outputs of the stack", dict(graph.outputs)))
        for name in disclosed(value, values)
    ]


def _unexplained(objects: Sequence[Mapping[str, Any]], config: str) -> list[Complaint]:
    return [
        Complaint(
            title(obj), f"holds what looks like a key ({token[:4]}…): move it to a Secret", "unexplained"
        )
        for obj in objects
        for token in sorted(set(random_texts(obj)))
        if token not in config
    ]
