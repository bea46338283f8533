"""Rules for buckets and the resources that belong to them: who can read their objects, encryption, TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from policies.aws import BUCKET, listed, statements
from policies.objects import at

PURPOSE_TAG = "openedx:purpose"
"""Tag that says what a bucket is for; of `public` ones everybody may read the objects."""
_BLOCKS = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")


class Resource(Protocol):
    """A resource as the program registered it, or as the engine knows it."""

    @property
    def type(self) -> str:
        """Type token, such as `kubernetes:core/v1:Secret`."""

    @property
    def name(self) -> str:
        """Name in the program."""

    @property
    def parent(self) -> str:
        """URN of its parent."""

    @property
    def urn(self) -> str:
        """Its URN."""

    @property
    def props(self) -> Mapping[str, Any]:
        """Its inputs."""


Found = Iterator[tuple[Resource, str]]
"""Buckets, each with what is wrong with it."""


def closed_buckets(resources: Sequence[Resource]) -> Found:
    """Nobody outside reads a bucket, unless it is there for that."""
    for bucket, parts in _buckets(resources):
        public = at(bucket.props, "tags", PURPOSE_TAG) == "public"
        access_blocks = [part.props for part in parts if part.type.endswith(":BucketPublicAccessBlock")]
        wanted = _BLOCKS[:2] if public else _BLOCKS
        if not access_blocks or any(access_blocks[0].get(block) is not True for block in wanted):
            yield bucket, f"could be opened to everybody: block public access ({', '.join(wanted)})"
        if not public and any(_is_open(statement) for statement in _policies(parts)):
            yield bucket, "lets everybody read: only a bucket with the tag openedx:purpose=public may"


def encrypted_buckets(resources: Sequence[Resource]) -> Found:
    """What is in a bucket is encrypted by a rule, and travels encrypted by a policy."""
    for bucket, parts in _buckets(resources):
        if not any(":BucketServerSideEncryptionConfiguration" in part.type for part in parts):
            yield bucket, "has no rule of encryption: add a BucketServerSideEncryptionConfiguration"
        if not any(_demands_tls(statement) for statement in _policies(parts)):
            yield bucket, "takes requests that anybody can read: deny those without aws:SecureTransport"


def _buckets(resources: Sequence[Resource]) -> Iterator[tuple[Resource, list[Resource]]]:
    """Each bucket with what belongs to it: its children, or those of its own name beside it."""
    for bucket in resources:
        if bucket.type == BUCKET:
            yield (
                bucket,
                [
                    resource
                    for resource in resources
                    if resource.type.startswith("aws:s3/")
                    and resource is not bucket
                    and _belongs(resource, bucket)
                ],
            )


def _belongs(resource: Resource, bucket: Resource) -> bool:
    return resource.parent == bucket.urn or (
        resource.parent == bucket.parent
        and (resource.name == bucket.name or resource.name.startswith(f"{bucket.name}-"))
    )


def _policies(parts: Sequence[Resource]) -> Iterator[Mapping[str, Any]]:
    for part in parts:
        if part.type.endswith(":BucketPolicy"):
            yield from statements(part.props.get("policy"))


def _is_open(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    everybody = principal == "*" or at(principal, "AWS") == "*"
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")


def _demands_tls(statement: Mapping[str, Any]) -> bool:
    condition = at(statement, "Condition", "Bool", "aws:SecureTransport")
    return (
        statement.get("Effect") == "Deny"
        and str(condition).lower() == "false"
        and "s3:*" in listed(statement, "Action")
    )
