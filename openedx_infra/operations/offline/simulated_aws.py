"""Answers of a simulated AWS to the creation of resources, for recordings and the simulated provider.

Pure: a resource's type and inputs in, its id and computed outputs out, always the same for the same
resource. The answers are in `simulated_aws.yaml`; names of properties are the provider's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ACCOUNT = "123456789012"
"""An account that nobody has: AWS' own example."""
REGION = "eu-west-1"
"""The region, where a resource doesn't say its own."""
PACKAGE = "aws:"
"""What type tokens of AWS' resources begin with."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What AWS answers to the creation of a resource."""

    id: str
    """Its id."""
    outputs: dict[str, Any]
    """What it has beside its inputs: the name that was made up for it, addresses, ARNs."""


@cache
def kinds() -> dict[str, dict[str, Any]]:
    """The answers by type token, as templates."""
    path = Path(__file__).with_suffix(".yaml")
    templates: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return templates


def answer(type_: str, name: str, inputs: Mapping[str, Any], *, region: str | None = None) -> Answer:
    """What AWS answers to a resource of this type token, name in the program, and inputs.

    A type that the file doesn't know has its name as id, and no outputs of its own.
    """
    physical_name, kind = _name(type_, name, inputs), kinds().get(type_)
    if kind is None:  # every resource about a bucket bears its name
        return Answer(id=str(inputs.get("bucket") or physical_name), outputs={})
    port = int(inputs.get("port") or kind.get("port") or 0)
    fields = {
        "name": physical_name,
        "region": str(inputs.get("region") or region or REGION),
        "account": ACCOUNT,
        "port": str(port),
        "cluster": str(inputs.get("clusterName")),
    }
    filled = _filled({"id": "{name}", **kind}, fields, _digits(type_, name))
    id_, key = filled.pop("id"), filled.pop("key", None)
    named = {key: physical_name} if key else {}
    return Answer(id=id_, outputs={**named, **filled, **_computed(filled, physical_name, inputs, port)})


def physical(type_: str, name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The name that a resource gets before it is made, which previews know: empty where it has none."""
    key = kinds().get(type_, {}).get("key")
    return {key: _name(type_, name, inputs)} if key else {}


def _name(type_: str, name: str, inputs: Mapping[str, Any]) -> str:
    """The physical name: the one in the inputs, or one as Pulumi would make it up."""
    key = kinds().get(type_, {}).get("key", "name")
    return str(inputs.get(key) or f"{name}-{_digits(type_, name)[:7]}")


def _digits(type_: str, name: str) -> str:
    return hashlib.sha256(f"{type_}::{name}".encode()).hexdigest()


def _computed(outputs: Mapping[str, Any], name: str, inputs: Mapping[str, Any], port: int) -> dict[str, Any]:
    """Outputs that follow from numbers and lists of the inputs."""
    computed: dict[str, Any] = {"port": port} if "port" in outputs else {}
    if "writer" in outputs:
        computed["writer"] = inputs.get("promotionTier") == 0
    if "primaryEndpointAddress" in outputs:
        count = int(inputs.get("numCacheClusters") or 1)
        computed["memberClusters"] = [f"{name}-{number:03}" for number in range(1, count + 1)]
    if signing := outputs.get("dkimSigningAttributes"):
        computed["dkimSigningAttributes"] = {**(inputs.get("dkimSigningAttributes") or {}), **signing}
    return computed


def _filled(template: Any, fields: Mapping[str, str], digits: str) -> Any:
    """A template with its fields filled in, however deep they are."""
    if isinstance(template, dict):
        return {key: _filled(value, fields, digits) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, fields, digits) for value in template]
    if not isinstance(template, str):
        return template
    text = re.sub(r"\{(\d+):(\d+)\}", lambda match: digits[int(match[1]) : int(match[2])], template)
    text = re.sub(r"\{A:(\d+)\}", lambda match: digits[: int(match[1])].upper(), text)
    return re.sub(r"\{(\w+)\}", lambda match: fields[match[1]], text)
