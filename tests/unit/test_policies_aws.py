"""The rules for AWS let pass what is right, and refuse what a reviewer would."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from policies import aws, rules

Props = dict[str, Any]
DATABASE: Props = {
    "storageEncrypted": True,
    "backupRetentionPeriod": 30,
    "skipFinalSnapshot": False,
    "deletionProtection": True,
    "publiclyAccessible": False,
}
DOMAIN: Props = {
    "encryptAtRest": {"enabled": True},
    "nodeToNodeEncryption": {"enabled": True},
    "domainEndpointOptions": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
}
CACHE: Props = {
    "atRestEncryptionEnabled": True,
    "transitEncryptionEnabled": True,
    "authToken": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "x"},
    "snapshotRetentionLimit": 7,
}
RIGHTS = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::campus-private/*"]}
RIGHT: dict[str, Props] = {
    aws.INSTANCE: DATABASE,
    aws.CLUSTERS[0]: DATABASE,
    aws.CLUSTERS[1]: DATABASE,
    aws.DOMAIN: DOMAIN,
    aws.CACHE: CACHE,
    "aws:rds/parameterGroup:ParameterGroup": {
        "parameters": [{"name": "require_secure_transport", "value": "1"}]
    },
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup": {
        "parameters": [{"name": "tls", "value": "enabled"}]
    },
    "aws:iam/rolePolicy:RolePolicy": {"policy": json.dumps({"Statement": [RIGHTS]})},
    "aws:ec2/securityGroup:SecurityGroup": {
        "ingress": [{"fromPort": 3306, "securityGroups": ["sg-1"]}],
        "egress": [{"cidrBlocks": ["0.0.0.0/0"]}],
    },
    aws.PROVIDER: {"defaultTags": json.dumps({"tags": {"openedx:stack": "campus"}})},
}
COPY = {"replicateSourceDb": "campus-mysql", "publiclyAccessible": False}


@dataclass(frozen=True)
class Resource:
    type: str
    props: Props
    name: str = "one"
    urn: str = "urn:one"
    parent: str = "urn:parent"
    provider: str = "urn:provider"
    protect: bool = True


def refused(*resources: Resource, protect: bool = True) -> list[tuple[str, str]]:
    return [(found.rule, found.text) for found in rules.judge_resources(resources, protect=protect)]


@pytest.mark.parametrize("type_", RIGHT)
def test_what_is_right_is_let_pass(type_: str) -> None:
    assert refused(Resource(type_, RIGHT[type_])) == []


def test_a_read_replica_has_its_encryption_and_backups_from_its_source() -> None:
    assert refused(Resource(aws.INSTANCE, COPY)) == []


WRONG: list[tuple[str, str, str, Callable[[Props], Any]]] = [
    (aws.INSTANCE, "encrypted", "storageEncrypted", lambda p: p.pop("storageEncrypted")),
    (aws.CLUSTERS[0], "encrypted", "storageEncrypted", lambda p: p.update(storageEncrypted=False)),
    (aws.CLUSTERS[1], "encrypted", "storageEncrypted", lambda p: p.update(storageEncrypted=False)),
    (aws.CACHE, "encrypted", "transit", lambda p: p.update(transitEncryptionEnabled=False)),
    (aws.CACHE, "encrypted", "atRest", lambda p: p.pop("atRestEncryptionEnabled")),
    (aws.CACHE, "authenticated", "authToken", lambda p: p.pop("authToken")),
    (aws.DOMAIN, "encrypted", "nodeToNode", lambda p: p["nodeToNodeEncryption"].update(enabled=False)),
    (aws.DOMAIN, "demands_tls", "enforceHttps", lambda p: p["domainEndpointOptions"].pop("enforceHttps")),
    (
        aws.DOMAIN,
        "demands_tls",
        "TLS 1.0",
        lambda p: p["domainEndpointOptions"].update(tlsSecurityPolicy="Policy-Min-TLS-1-0-2019-07"),
    ),
    (aws.INSTANCE, "backed_up", "for 1 days", lambda p: p.update(backupRetentionPeriod=1)),
    (aws.CLUSTERS[1], "backed_up", "for 0 days", lambda p: p.pop("backupRetentionPeriod")),
    (aws.INSTANCE, "backed_up", "no snapshot", lambda p: p.update(skipFinalSnapshot=True)),
    (aws.INSTANCE, "undeletable", "deletionProtection", lambda p: p.pop("deletionProtection")),
    (aws.INSTANCE, "unreachable_from_outside", "public", lambda p: p.update(publiclyAccessible=True)),
    (
        "aws:ec2/securityGroup:SecurityGroup",
        "unreachable_from_outside",
        "everybody",
        lambda p: p["ingress"].append({"cidrBlocks": ["0.0.0.0/0"]}),
    ),
    (
        "aws:rds/parameterGroup:ParameterGroup",
        "demands_tls",
        "require_secure_transport",
        lambda p: p.update(parameters=[]),
    ),
    (
        "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
        "demands_tls",
        "tls",
        lambda p: p["parameters"][0].update(value="disabled"),
    ),
    (
        "aws:iam/rolePolicy:RolePolicy",
        "named_rights",
        "s3:*",
        lambda p: p.update(policy={"Statement": {**RIGHTS, "Action": "s3:*"}}),
    ),
    (
        "aws:iam/rolePolicy:RolePolicy",
        "named_rights",
        "on everything",
        lambda p: p.update(policy=json.dumps({"Statement": [{**RIGHTS, "Resource": "*"}]})),
    ),
    (
        "aws:iam/rolePolicy:RolePolicy",
        "named_rights",
        "all but some",
        lambda p: p.update(policy=json.dumps({"Statement": [{**RIGHTS, "NotAction": "iam:*"}]})),
    ),
    (aws.PROVIDER, "tagged", "openedx:stack", lambda p: p.pop("defaultTags")),
]


@pytest.mark.parametrize(("type_", "rule", "text", "change"), WRONG)
def test_what_is_wrong_is_refused(type_: str, rule: str, text: str, change: Callable[[Props], Any]) -> None:
    props = copy.deepcopy(RIGHT[type_])
    change(props)
    found = refused(Resource(type_, props))
    assert [name for name, _ in found] == [rule]
    assert text in found[0][1]


@pytest.mark.parametrize("type_", aws.DATA)
def test_data_is_protected_unless_the_stack_file_gives_it_up(type_: str) -> None:
    bare = Resource(type_, RIGHT.get(type_, {}), protect=False)
    assert "protected" in [rule for rule, _ in refused(bare)]
    assert not {"protected", "undeletable"} & {rule for rule, _ in refused(bare, protect=False)}


@pytest.mark.parametrize(
    ("type_", "change"),
    [(aws.INSTANCE, {"replicateSourceDb": "campus-mysql"}), (aws.CACHE, {"snapshotRetentionLimit": 0})],
)
def test_what_can_be_made_again_needs_no_protection(type_: str, change: Props) -> None:
    bare = Resource(type_, {**RIGHT[type_], **change}, protect=False)
    assert "protected" not in [rule for rule, _ in refused(bare)]


def test_nothing_goes_to_whatever_account_is_current() -> None:
    assert [rule for rule, _ in refused(Resource("aws:kms/key:Key", {}, provider=""))] == ["addressed"]


@dataclass
class Bucket:
    """A bucket with all that belongs to it, as one that is right has it."""

    purpose: str = "private"
    blocks: Props = field(
        default_factory=lambda: dict.fromkeys(
            ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"), True
        )
    )
    statements: list[Props] = field(
        default_factory=lambda: [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::campus", "arn:aws:s3:::campus/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    )
    encrypted: bool = True

    def resources(self) -> list[Resource]:
        own = [
            Resource(aws.BUCKET, {"tags": {"openedx:purpose": self.purpose}}, urn="urn:bucket"),
            self._of("bucketPublicAccessBlock:BucketPublicAccessBlock", self.blocks),
            self._of("bucketPolicy:BucketPolicy", {"policy": json.dumps({"Statement": self.statements})}),
        ]
        rule = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        return [*own, *([self._of(rule, {})] if self.encrypted else [])]

    def _of(self, type_: str, props: Props) -> Resource:
        return Resource(f"aws:s3/{type_}", props, parent="urn:bucket")


READABLE = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::campus/*",
}


def test_a_private_bucket_is_closed_and_a_public_one_is_read_only() -> None:
    assert refused(*Bucket().resources()) == []
    public = Bucket(purpose="public")
    public.blocks.update(blockPublicPolicy=False, restrictPublicBuckets=False)
    public.statements.append(READABLE)
    assert refused(*public.resources()) == []


def test_a_bucket_that_could_be_read_by_others_is_refused() -> None:
    opened = Bucket()
    opened.statements.append({**READABLE, "Principal": {"AWS": "*"}})
    assert refused(*opened.resources())[0][0] == "closed_buckets"
    unblocked = Bucket()
    unblocked.blocks["restrictPublicBuckets"] = False
    assert refused(*unblocked.resources())[0][0] == "closed_buckets"
    assert refused(Bucket().resources()[0])[0][0] == "closed_buckets"


def test_a_bucket_that_is_not_encrypted_is_refused() -> None:
    assert "no rule of encryption" in refused(*Bucket(encrypted=False).resources())[0][1]
    assert "SecureTransport" in refused(*Bucket(statements=[]).resources())[0][1]
