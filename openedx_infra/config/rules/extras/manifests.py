"""Rules on Kubernetes objects of the operator's own: their form, their namespace, and what is secret in them.

They are read here, before anything is registered, so that a wrong one is a fault of the configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.extras.manifests import (
    SECRET_VALUES,
    ExtraManifests,
    ManifestFault,
    identity,
    read_objects,
)
from openedx_infra.config.secrets.catalogue import is_known
from openedx_infra.config.secrets.plain_secrets import form_of_secret, is_secret_name
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.secret_references import SECRET_NAME, is_reference, references

CLUSTER_SCOPED = frozenset(
    {
        *(
            "Namespace",
            "Node",
            "PersistentVolume",
            "StorageClass",
            "VolumeAttachment",
            "CSIDriver",
            "CSINode",
        ),
        *("ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "APIService", "RuntimeClass"),
        *("PriorityClass", "IngressClass", "GatewayClass", "ClusterIssuer", "CertificateSigningRequest"),
        *("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy"),
        *("MutatingAdmissionPolicyBinding", "FlowSchema", "PriorityLevelConfiguration"),
        *("VolumeAttributesClass", "ClusterTrustBundle", "DeviceClass", "ResourceSlice", "ServiceCIDR"),
        *("IPAddress", "ClusterTriggerAuthentication"),
    }
)
"""Kinds of the whole cluster: Kubernetes' own (1.34, as `kubectl api-resources --namespaced=false` lists
them), and those of cert-manager, the Gateway API and KEDA."""

_SINGLE = ("metadata", "apiVersion", "kind")


def problems(stack: Stack) -> list[str]:
    """One line for each fault of each object."""
    return [
        f"{key_of(('extras', 'manifests', name))}: {text}"
        for name, manifests in stack.extras.manifests.items()
        for text in manifest_faults(name, manifests, stack)
    ]


def manifest_faults(name: str, manifests: ExtraManifests, stack: Stack) -> list[str]:
    """What is wrong with some objects."""
    if (manifests.file is None) is (not manifests.objects):
        return ["set either `file` or `objects`"]
    try:
        objects = read_objects(manifests)
    except ManifestFault as error:
        return [str(error)]
    if not objects:
        return [f"{manifests.file} holds no object: write one, or leave it out"]
    found: list[str] = []
    for number, obj in enumerate(objects):
        where = f"document {number + 1} of {manifests.file}" if manifests.file else f"objects[{number}]"
        form = list(_form(obj))
        found += [f"{where} {text}" for text in form]
        if not form:
            _, kind, own = identity(obj)
            title = f"{kind} {own} ({where})"
            rules = (*_place(obj, manifests, stack), *_secrets(obj, stack.name))
            found += [f"{title} {text}" for text in rules]
    return found


def _form(obj: Any) -> Iterator[str]:
    if not isinstance(obj, Mapping):
        yield "is no object: write `apiVersion`, `kind` and `metadata` with a `name`"
        return
    try:
        json.dumps(obj, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        yield "has a value that is no text, number, list or map, such as a date: put it in quotes"
    for key in ("apiVersion", "kind"):
        if not isinstance(obj.get(key), str):
            yield f"has no `{key}`: write it"
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        yield "has no `metadata.name`: write it"
    if str(obj.get("kind", "")).endswith("List"):
        yield "is a list: write each of its items as a document of its own"


def _place(obj: Mapping[str, Any], manifests: ExtraManifests, stack: Stack) -> Iterator[str]:
    if manifests.anywhere:
        return
    namespace = obj["metadata"].get("namespace")
    remedy = "leave it out, or set `anywhere: true`"
    if obj["kind"] in CLUSTER_SCOPED:
        yield f"is of the whole cluster, which other instances share: {remedy}"
    elif namespace not in (None, stack.namespace):
        yield f"is of namespace {namespace}, and this instance has {stack.namespace}: {remedy}"


def _secrets(obj: Mapping[str, Any], stack: str) -> Iterator[str]:
    """Secrets in plain, and references where nothing replaces them."""
    values = obj.get(SECRET_VALUES) if obj["kind"] == "Secret" else None
    if obj["kind"] == "Secret" and obj.get("data"):
        yield f"has `data`, which is no secret: write `{SECRET_VALUES}` with `{{secret: NAME}}`"
    for key, value in values.items() if isinstance(values, Mapping) else ():
        if fault := _value(value, str(key), stack):
            yield fault
    rest = {key: value for key, value in obj.items() if key != SECRET_VALUES or values is None}
    if next(references({key: value for key, value in rest.items() if key not in _SINGLE}), None):
        yield (
            f"refers to a secret elsewhere than in the `{SECRET_VALUES}` of a Secret, where nothing puts it "
            "in: make a Secret, and mount it as a file"
        )
    data = obj.get("data") if obj["kind"] == "ConfigMap" else None
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if is_secret_name(str(key)) and str(value).strip():
            yield f"has {key}, which is secret by its name, in plain: make a Secret of it"
    for form in dict.fromkeys(filter(None, map(form_of_secret, _texts(rest)))):
        yield f"holds {form} in plain: put it into a Secret, as `{{secret: NAME}}`"


def _value(value: Any, key: str, stack: str) -> str | None:
    """What is wrong with one value of a Secret. A value in plain is never repeated."""
    if not is_reference(value):
        return (
            f"has {key} in plain: run `openedx-infra secrets set NAME --stack {stack}`, and write "
            f"`{key}: {{secret: NAME}}`"
        )
    name = str(value["secret"])
    if not re.fullmatch(SECRET_NAME.regex, name):
        return f"has no name of a secret under {key}: write {SECRET_NAME.rule}"
    if is_known(name):
        return f"has {name}, a secret of this program's own, under {key}: choose another name"
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
