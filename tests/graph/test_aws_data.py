"""Data on AWS is protected, awaited and secret where it must be."""

from __future__ import annotations

import json
import re

import pytest
from on_aws import ALL, SECRET, aurora, of_type, on_aws, the, with_
from samples import AUTHORITY
from shape import Record, comes_after, find

from openedx_infra.operations.offline.recording import Graph, Registered

DATA = {
    "aws:rds/instance:Instance campus-mysql",
    "aws:docdb/cluster:Cluster campus-mongodb",
    "aws:elasticache/replicationGroup:ReplicationGroup campus-broker",
    "aws:opensearch/domain:Domain campus-search",
    *(
        f"aws:s3/bucket:Bucket campus-files-{use}"
        for use in ("public", "private", "grades", "ora", "exports")
    ),
}
"""What holds data. A cache can be filled again, and an instance of a cluster made again."""


GUARDS = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketVersioning:BucketVersioning",
}


def _label(resource: Registered) -> str:
    return f"{resource.type} {resource.name}"


def test_data_is_protected_and_nothing_else(recorded: Record) -> None:
    found = on_aws(recorded(ALL, name="campus"))
    assert {_label(r) for r in found if r.protect} == DATA
    assert {_label(r) for r in found if r.retain_on_delete and r.type not in GUARDS} == DATA


def test_what_guards_a_bucket_stays_as_long_as_the_bucket(recorded: Record) -> None:
    """After `destroy`, or a move, files still lie in it: private, encrypted, and with their old versions."""
    found = [r for r in on_aws(recorded(ALL, name="campus")) if r.type in GUARDS]
    assert len(found) == len(GUARDS) * len([one for one in DATA if "s3/bucket" in one])
    assert {(r.retain_on_delete, r.protect) for r in found} == {(True, False)}


def test_of_aurora_the_cluster_is_the_data(recorded: Record) -> None:
    found = recorded(aurora(replicas=2), name="campus")
    assert the(found, "rds/cluster:Cluster").protect
    members = of_type(found, "rds/clusterInstance:ClusterInstance")
    assert {name: r.protect for name, r in members.items()} == {
        "campus-mysql-0": False,
        "campus-mysql-1": False,
        "campus-mysql-2": False,
    }


def test_protection_can_be_lifted(recorded: Record) -> None:
    found = on_aws(recorded(with_(protect=False), name="campus"))
    assert [_label(r) for r in found if r.protect or r.retain_on_delete] == []


def test_aws_itself_refuses_to_delete_databases_and_keeps_backups(recorded: Record) -> None:
    for said, types in (
        (ALL, ("rds/instance:Instance", "docdb/cluster:Cluster")),
        (aurora(), ("rds/cluster:Cluster",)),
    ):
        for type_ in types:
            props = the(recorded(said, name="campus"), type_).props
            assert props["deletionProtection"] is True
            assert props["backupRetentionPeriod"] == 30
            assert props["skipFinalSnapshot"] is False
            assert re.fullmatch(r"campus-\w+-final-[0-9a-f]{7}", props["finalSnapshotIdentifier"])


def test_last_snapshots_have_a_name_for_each_server_that_is_made(recorded: Record) -> None:
    """AWS refuses to delete a server whose last snapshot would be called as an older one."""
    graph, again = recorded(ALL, name="campus"), recorded(ALL, name="campus", preview=True)
    other_key = {**ALL, "aws": {**ALL["aws"], "kms_key": f"{ALL['aws']['kms_key']}0"}}
    replaced = recorded(other_key, name="campus")
    snapshots = _snapshots(graph)
    assert len(snapshots) == 3 and len(set(snapshots.values())) == 3
    assert all(len(name) <= 40 for name in snapshots.values()), "replication groups take no longer names"
    assert _snapshots(again) in (snapshots, {})
    assert not set(_snapshots(replaced).values()) & set(snapshots.values())


def _snapshots(graph: Graph) -> dict[str, str]:
    found = {each.name: each.props.get("finalSnapshotIdentifier") for each in graph.resources}
    return {name: snapshot for name, snapshot in found.items() if isinstance(snapshot, str)}


def test_everything_is_encrypted_by_the_key(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    key = ALL["aws"]["kms_key"]
    for type_ in ("rds/instance:Instance", "docdb/cluster:Cluster"):
        props = the(graph, type_).props
        assert (props["storageEncrypted"], props["kmsKeyId"]) == (True, key)
    assert the(graph, "rds/instance:Instance").props["performanceInsightsKmsKeyId"] == key
    for group in of_type(graph, "elasticache/replicationGroup:ReplicationGroup").values():
        assert (group.props["atRestEncryptionEnabled"], group.props["kmsKeyId"]) == (True, key)
    domain = the(graph, "opensearch/domain:Domain").props
    assert domain["encryptAtRest"] == {"enabled": True, "kmsKeyId": key}
    assert domain["nodeToNodeEncryption"] == {"enabled": True}


@pytest.mark.parametrize(
    ("said", "type_", "key", "secret"),
    [
        (ALL, "rds/instance:Instance", "password", "mysql_root_password"),
        (aurora(), "rds/cluster:Cluster", "masterPassword", "mysql_root_password"),
        (ALL, "docdb/cluster:Cluster", "masterPassword", "mongodb_root_password"),
    ],
)
def test_passwords_of_databases_are_marked(
    recorded: Record, secrets: dict[str, str], said: dict[str, object], type_: str, key: str, secret: str
) -> None:
    value = the(recorded(said, name="campus"), type_).props[key]
    assert SECRET in value
    assert value["value"] == secrets[secret]


def test_other_passwords_are_marked(recorded: Record, secrets: dict[str, str]) -> None:
    graph = recorded(ALL, name="campus")
    groups = of_type(graph, "elasticache/replicationGroup:ReplicationGroup")
    for store in ("broker", "cache"):
        token = groups[f"campus-{store}"].props["authToken"]
        assert SECRET in token
        assert token["value"] == secrets[f"{store}_password"]
    security = the(graph, "opensearch/domain:Domain").props["advancedSecurityOptions"]
    assert SECRET in security
    assert security["value"]["masterUserOptions"] == {
        "masterUserName": "openedx",
        "masterUserPassword": secrets["search_password"],
    }


def test_no_password_is_anywhere_in_plain(recorded: Record, secrets: dict[str, str]) -> None:
    graph = recorded(ALL, name="campus")
    plain = json.dumps([_without_secrets(r.props) for r in graph.resources] + [graph.outputs], default=str)
    for name in ("mysql_root", "mysql", "mongodb_root", "mongodb", "broker", "cache", "search"):
        assert secrets[f"{name}_password"] not in plain, name


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return None if SECRET in value else {key: _without_secrets(inner) for key, inner in value.items()}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("said", "job", "server"),
    [
        (ALL, "mysql-provision", "rds/instance:Instance"),
        (aurora(), "mysql-provision", "rds/clusterInstance:ClusterInstance"),
        (ALL, "mongodb-provision", "docdb/clusterInstance:ClusterInstance"),
    ],
)
def test_databases_then_users_then_tables(
    recorded: Record, said: dict[str, object], job: str, server: str
) -> None:
    graph = recorded(said, name="campus")
    first = next(iter(sorted(of_type(graph, server).items())))[1]
    provision, migrate = find(graph, "Job", job), find(graph, "Job", "lms-migrate")
    assert first.urn in comes_after(graph, provision)
    assert provision.urn in comes_after(graph, migrate)


@pytest.mark.parametrize(
    "type_",
    [
        "elasticache/replicationGroup:ReplicationGroup",
        "s3/bucketPolicy:BucketPolicy",
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3/bucketVersioning:BucketVersioning",
        "iam/rolePolicy:RolePolicy",
    ],
)
def test_the_platform_waits_for_what_it_uses(recorded: Record, type_: str) -> None:
    graph = recorded(ALL, name="campus")
    before = comes_after(graph, find(graph, "Deployment", "lms"))
    found = of_type(graph, type_)
    assert found
    assert {name for name, resource in found.items() if resource.urn not in before} <= {
        "campus-platform-mail"
    }


def test_aws_is_given_time(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    assert the(graph, "rds/instance:Instance").custom_timeouts == {
        "create": "60m",
        "update": "12h",
        "delete": "60m",
    }
    assert the(graph, "docdb/cluster:Cluster").custom_timeouts["create"] == "60m"
    assert the(graph, "opensearch/domain:Domain").custom_timeouts["update"] == "180m"


def test_a_copy_and_blue_green_exclude_each_other(recorded: Record) -> None:
    """The provider would leave copies behind, copying nothing (terraform-provider-aws#33702)."""
    mysql = {"source": "rds", "ca": AUTHORITY}
    alone = the(recorded(with_(mysql=mysql), name="campus"), "rds/instance:Instance")
    assert alone.props["blueGreenUpdate"] == {"enabled": True}
    found = of_type(recorded(with_(mysql={**mysql, "replicas": 2}), name="campus"), "rds/instance:Instance")
    assert set(found) == {"campus-mysql", "campus-mysql-replica-1", "campus-mysql-replica-2"}
    assert all("blueGreenUpdate" not in resource.props for resource in found.values())
    assert found["campus-mysql"].custom_timeouts["update"] == "80m"


def test_only_versions_that_aws_raises_are_ignored(recorded: Record) -> None:
    found = [*on_aws(recorded(ALL, name="campus")), *on_aws(recorded(aurora(), name="campus"))]
    ignored = {resource.type: resource.ignore_changes for resource in found if resource.ignore_changes}
    assert ignored == {
        "aws:elasticache/replicationGroup:ReplicationGroup": ("engineVersion",),
        "aws:rds/cluster:Cluster": ("engineVersion",),
    }
