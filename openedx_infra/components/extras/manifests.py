"""The way from an object as the operator wrote it to the one in the cluster: namespace, labels, secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.components.users import WHY
from openedx_infra.config.extras.manifests import (
    PREFIX,
    SECRET_VALUES,
    ExtraManifests,
    identity,
    read_objects,
)
from openedx_infra.config.rules.extras.manifests import CLUSTER_SCOPED
from openedx_infra.kubernetes.models import CustomResource
from openedx_infra.kubernetes.names import NO_WAIT

_NOT_AWAITED = ("Service", "Ingress")
"""Kinds that Pulumi would await until others are ready: pods, or an address that many controllers never
tell."""


def register(
    name: str,
    manifests: ExtraManifests,
    instance: Instance,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource] = (),
) -> list[pulumi.Resource]:
    """Registers some objects after others."""
    opts = pulumi.ResourceOptions(parent=parent, depends_on=list(after) or None)
    return [_object(name, obj, manifests, instance, opts) for obj in read_objects(manifests)]


def _object(
    name: str,
    obj: Mapping[str, Any],
    manifests: ExtraManifests,
    instance: Instance,
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    fields = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    if obj["kind"] == "Secret" and SECRET_VALUES in fields:
        fields[SECRET_VALUES] = {
            key: pulumi.Output.secret(instance.secrets[reference["secret"]])
            for key, reference in fields[SECRET_VALUES].items()
        }
    metadata = _metadata(name, obj, manifests, instance)
    return CustomResource(
        _resource_name(name, obj),
        api_version=obj["apiVersion"],
        kind=obj["kind"],
        metadata=metadata,
        opts=opts,
        **fields,
    )


def _resource_name(name: str, obj: Mapping[str, Any]) -> str:
    """Its name in Pulumi: of all that tells it apart, so that the order of documents is nothing."""
    _, kind, own = identity(obj)
    namespace = obj["metadata"].get("namespace")
    return "-".join(filter(None, [f"{PREFIX}{name}", kind.lower(), namespace, own]))


def _metadata(
    name: str, obj: Mapping[str, Any], manifests: ExtraManifests, instance: Instance
) -> dict[str, Any]:
    """What the operator wrote, with the instance's labels beside theirs, and its namespace where they name
    none."""
    metadata = dict(obj["metadata"])
    scope = instance.scope
    metadata["labels"] = {**scope.labels(f"{PREFIX}{name}"), **(metadata.get("labels") or {})}
    annotations = {
        **(NO_WAIT if obj["kind"] in _NOT_AWAITED else {}),
        **(metadata.get("annotations") or {}),
        **({WHY: manifests.reason} if manifests.reason else {}),
    }
    if annotations:
        metadata["annotations"] = annotations
    elsewhere = metadata.get("namespace") not in (None, instance.stack.namespace)
    if obj["kind"] not in CLUSTER_SCOPED and not elsewhere:
        metadata["namespace"] = scope.namespace
    return metadata
