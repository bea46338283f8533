"""Stacks on AWS for tests, and ways to find what belongs to one of their servers."""

from __future__ import annotations

import json
from typing import Any

from samples import AUTHORITY

from openedx_infra.operations.offline.recording import Graph, Registered

NETWORK = {
    "vpc": "vpc-0a1b2c3d4e5f60718",
    "subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
    "clients": ["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"],
}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
AWS: dict[str, Any] = {
    "region": "eu-west-1",
    "network": NETWORK,
    "identity": {"source": "pod-identity", "cluster": "campus"},
    "kms_key": KEY,
    "tags": {"cost-center": "4711"},
}
DATASTORES: dict[str, Any] = {
    "mysql": {"source": "rds", "ca": AUTHORITY, "history_database": "history"},
    "mongodb": {"source": "documentdb", "experimental": True, "ca": AUTHORITY},
    "broker": {"source": "elasticache"},
    "cache": {"source": "elasticache", "replicas": 0},
    "search": {"source": "opensearch"},
    "storage": {"source": "s3", "prefix": "campus-files"},
}
ALL: dict[str, Any] = {
    "site": {"lms_host": "learn.example.org"},
    "aws": AWS,
    "datastores": DATASTORES,
    "mail": {"sender": "no-reply@mail.example.org", "delivery": {"source": "ses"}},
}
"""Everything on AWS, in a network of its own, with Pod Identity and a key."""
SECRET = "4dabf18193072939515e22adb298388d"
"""Pulumi's mark of a secret value."""


def with_(**datastores: Any) -> dict[str, Any]:
    """The same with other datastores."""
    return {**ALL, "datastores": {**DATASTORES, **datastores}}


def aurora(**said: Any) -> dict[str, Any]:
    """The same with Aurora."""
    return with_(mysql={"source": "aurora", "ca": AUTHORITY, **said})


def on_aws(graph: Graph) -> list[Registered]:
    """All resources on AWS."""
    return [resource for resource in graph.resources if resource.type.startswith("aws:")]


def of_type(graph: Graph, type_: str) -> dict[str, Registered]:
    """Resources on AWS of a type such as `rds/instance:Instance`, by name."""
    return {resource.name: resource for resource in graph.resources if resource.type == f"aws:{type_}"}


def the(graph: Graph, type_: str) -> Registered:
    """The one resource of a type."""
    [found] = of_type(graph, type_).values()
    return found


def document(resource: Registered, key: str = "policy") -> dict[str, Any]:
    """A policy, as AWS reads it."""
    found: dict[str, Any] = json.loads(resource.props[key])
    return found


def parameters(resource: Registered) -> dict[str, str]:
    """Parameters of a group."""
    return {one["name"]: one["value"] for one in resource.props["parameters"]}
