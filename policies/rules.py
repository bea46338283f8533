"""What would a reviewer refuse? All rules, by what each looks at.

Rules are plain functions, and know none of this project's classes: a Kubernetes object is what YAML says, and
the inputs of a Pulumi resource of the Kubernetes provider are the same. So one function serves `check`,
tests, and a policy pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from policies import pods, relations, secrecy
from policies.complaint import Complaint
from policies.objects import Object, title

OBJECT_RULES: tuple[Callable[[Object], Iterator[str]], ...] = (
    pods.sized,
    pods.probed,
    pods.unprivileged,
    pods.tokenless,
    pods.pinned_images,
    pods.ending_jobs,
    secrecy.plain_environment,
    secrecy.nothing_secret,
)
"""Rules over one Kubernetes object."""

RELATION_RULES: tuple[Callable[[Sequence[Object]], Iterator[tuple[Object, str]]], ...] = (
    relations.immutable_configuration,
    relations.jobs_left_alone,
    relations.one_owner,
    relations.served,
    relations.evictable,
    relations.closed_by_default,
    relations.restricted_namespaces,
)
"""Rules over all Kubernetes objects of an instance."""

_DATA = ("kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:core/v1:Namespace")


class Resource(Protocol):
    """A resource as the program registered it."""

    @property
    def type(self) -> str:
        """Type token, such as `kubernetes:core/v1:Secret`."""

    @property
    def name(self) -> str:
        """Name in the program."""

    @property
    def props(self) -> Mapping[str, Any]:
        """Its inputs."""

    @property
    def provider(self) -> str:
        """Reference of its provider, empty for the default one."""

    @property
    def protect(self) -> bool:
        """Whether Pulumi refuses to delete it."""


def judge_objects(objects: Sequence[Object], *, digests: bool = False) -> list[Complaint]:
    """What the rules refuse in Kubernetes objects; `digests` says whether images must be named by one."""
    found = [
        Complaint(title(obj), text, rule.__name__)
        for rule in (*OBJECT_RULES, *((pods.digested_images,) if digests else ()))
        for obj in objects
        for text in rule(obj)
    ]
    found += [
        Complaint(title(obj), text, rule.__name__) for rule in RELATION_RULES for obj, text in rule(objects)
    ]
    return sorted(set(found))


def judge_resources(resources: Sequence[Resource], *, protect: bool) -> list[Complaint]:
    """What the rules refuse in resources as they are registered; `protect` says whether data must be
    protected.
    """
    found = []
    for resource in resources:
        where = f"{resource.type.rpartition(':')[2]} {resource.name}"
        found += [Complaint(where, text, "marked") for text in secrecy.marked(resource.type, resource.props)]
        found += [Complaint(where, text, "renewable") for text in renewable(resource.type, resource.props)]
        if protect and resource.type in _DATA and not resource.protect:
            found.append(Complaint(where, "holds data that a destroy would delete: protect it", "protected"))
        if resource.type.startswith("kubernetes:") and not resource.provider:
            text = "would go to whatever cluster is current: give it the provider of the stack"
            found.append(Complaint(where, text, "addressed"))
    return sorted(set(found))


def renewable(type_: str, props: Mapping[str, Any]) -> Iterator[str]:
    """What is immutable is auto-named, or its successor could not be made beside it."""
    named = "name" in (props.get("metadata") or {})
    if (
        type_ in ("kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Secret")
        and named
        and props.get("immutable")
    ):
        yield "is immutable and has a fixed name, so that it can never change: leave out metadata.name"
