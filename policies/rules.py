"""All rules, by what each looks at.

Rules are plain functions, and know none of this project's classes: a Kubernetes object is what YAML says, and
the inputs of a Pulumi resource of the Kubernetes provider are the same. So one function serves `check`,
tests, and a policy pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from policies import aws, buckets, entrance, pods, relations, scaling, secrecy, sizes
from policies.complaint import Complaint
from policies.objects import EXCEPTION, Object, at, pod_spec, title

OBJECT_RULES: tuple[Callable[[Object], Iterator[str]], ...] = (
    pods.sized,
    pods.probed,
    pods.unprivileged,
    pods.nobody_of_the_node,
    pods.tokenless,
    pods.pinned_images,
    pods.ending_jobs,
    secrecy.plain_environment,
    secrecy.nothing_secret,
    secrecy.proven_servers,
    entrance.metadata_closed,
    entrance.named_peers,
    entrance.private_closed,
    sizes.storable,
)
"""Rules over one Kubernetes object."""

OF_PODS = frozenset(
    {
        *(pods.sized, pods.probed, pods.unprivileged, pods.nobody_of_the_node, pods.tokenless),
        pods.ending_jobs,
    }
)
"""Rules that an object of the operator's own may be excepted from, with a reason."""


def excepted(obj: Object) -> bool:
    """Whether an object itself, and not only its pods, gives the reason for which its pods need more: only
    `reason` in `openedx:extras.manifests` writes it there."""
    return bool(at(obj, "metadata", "annotations", EXCEPTION)) and pod_spec(obj) is not None


RELATION_RULES: tuple[Callable[[Sequence[Object]], Iterator[tuple[Object, str]]], ...] = (
    relations.immutable_configuration,
    relations.jobs_left_alone,
    relations.one_owner,
    relations.served,
    relations.evictable,
    scaling.one_scaler,
    relations.gentle,
    relations.closed_by_default,
    relations.restricted_namespaces,
    entrance.encrypted_entrance,
    entrance.guarded_paths,
)
"""Rules over all Kubernetes objects of an instance."""

PROPERTY_RULES: tuple[Callable[[str, Mapping[str, Any]], Iterator[str]], ...] = (
    aws.encrypted,
    aws.backed_up,
    aws.unreachable_from_outside,
    aws.demands_tls,
    aws.authenticated,
    aws.named_rights,
    aws.tagged,
)
"""Rules over the type and the inputs of one resource."""

BUCKET_RULES: tuple[Callable[[Sequence[buckets.Resource]], buckets.Found], ...] = (
    buckets.closed_buckets,
    buckets.encrypted_buckets,
)
"""Rules over all resources, for buckets and what belongs to them."""


class Resource(buckets.Resource, Protocol):
    """A resource as the program registered it."""

    @property
    def provider(self) -> str:
        """Reference of its provider, empty for the default one."""

    @property
    def protect(self) -> bool:
        """Whether Pulumi refuses to delete it."""


def judge_objects(objects: Sequence[Object], *, digests: bool = False) -> list[Complaint]:
    """What the rules refuse in Kubernetes objects; `digests` says whether images must be named by one."""
    complaints = [
        Complaint(title(obj), text, rule.__name__)
        for rule in (*OBJECT_RULES, *((pods.digested_images,) if digests else ()))
        for obj in objects
        if not (rule in OF_PODS and excepted(obj))
        for text in rule(obj)
    ]
    complaints += [
        Complaint(title(obj), text, rule.__name__) for rule in RELATION_RULES for obj, text in rule(objects)
    ]
    return sorted(set(complaints))


def judge_resources(resources: Sequence[Resource], *, protect: bool) -> list[Complaint]:
    """What the rules refuse in resources as they are registered; `protect` says whether data must be
    protected.
    """
    rules = (*PROPERTY_RULES, secrecy.marked, renewable, *((aws.undeletable,) if protect else ()))
    complaints = [
        Complaint(_where(resource), text, rule.__name__)
        for rule in rules
        for resource in resources
        for text in rule(resource.type, resource.props)
    ]
    complaints += [
        Complaint(_where(resource), text, rule.__name__)
        for rule in BUCKET_RULES
        for resource, text in rule(resources)
    ]
    for resource in resources:
        if protect:
            complaints += [Complaint(_where(resource), text, "protected") for text in protected(resource)]
        complaints += [Complaint(_where(resource), text, "addressed") for text in addressed(resource)]
    return sorted(set(complaints))


def protected(resource: Resource) -> Iterator[str]:
    """Pulumi refuses to delete or replace what holds data."""
    spare = aws.can_be_made_again(resource.type, resource.props) or at(
        resource.props, "metadata", "annotations", SCRATCH
    )
    if holds_data(resource.type) and not spare and not resource.protect:
        yield "holds data that a destroy would delete: protect it"


def holds_data(type_: str) -> bool:
    """Whether losing a resource of this type loses data."""
    return type_ in (*_DATA, *aws.DATA) or type_.rpartition(":")[2] in _OPERATED


def addressed(resource: Resource) -> Iterator[str]:
    """Nothing goes to whatever cluster or account happens to be current."""
    if resource.type.startswith(("kubernetes:", "aws:")) and not resource.provider:
        yield "would go to whatever cluster or account is current: give it the provider of the stack"


def _where(resource: buckets.Resource) -> str:
    return f"{resource.type.rpartition(':')[2]} {resource.name}"


def renewable(type_: str, props: Mapping[str, Any]) -> Iterator[str]:
    """What is immutable is auto-named, or its successor could not be made beside it."""
    metadata = props.get("metadata") or {}
    # The engine shows a policy pack the name that the provider made up, and this mark.
    made_up = at(metadata, "annotations", "pulumi.com/autonamed") == "true"
    kinds = ("kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Secret")
    if type_ in kinds and "name" in metadata and not made_up and props.get("immutable"):
        yield "is immutable and has a fixed name, so that it can never change: leave out metadata.name"


SCRATCH = "openedx.org/scratch"
"""Annotation of what holds nothing that is not elsewhere, too, with the reason."""
_DATA = ("kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:core/v1:Namespace")
_OPERATED = ("PerconaServerMySQL", "PerconaServerMongoDB")
"""Kinds of custom resources whose operators delete data with them."""
