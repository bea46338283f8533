"""Servers on AWS are made as configured, and the platform finds them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from on_aws import ALL, AWS, DATASTORES, aurora, document, of_type, on_aws, parameters, the, with_
from samples import AUTHORITY
from shape import Record, find

FROM_FOUNDATION = {
    **ALL,
    "foundation": "organization/openedx/foundation",
    "aws": {"region": "eu-west-1"},
}


def test_mysql_on_rds(recorded: Record) -> None:
    props = the(recorded(ALL, name="campus"), "rds/instance:Instance").props
    expected = {
        "engine": "mysql",
        "engineVersion": "8.4",
        "instanceClass": "db.t4g.medium",
        "multiAz": True,
        "storageType": "gp3",
        "allocatedStorage": 50,
        "maxAllocatedStorage": 500,
        "autoMinorVersionUpgrade": True,
        "copyTagsToSnapshot": True,
        "deleteAutomatedBackups": False,
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "performanceInsightsEnabled": True,
        "enabledCloudwatchLogsExports": ["error", "slowquery"],
        "username": "administrator",
        "applyImmediately": False,
    }
    assert {key: props.get(key) for key in expected} == expected


def test_the_smallest_instances_have_no_insights(recorded: Record) -> None:
    mysql = {"source": "rds", "ca": AUTHORITY, "instance_class": "db.t4g.small"}
    props = the(recorded(with_(mysql=mysql), name="campus"), "rds/instance:Instance").props
    assert props["performanceInsightsEnabled"] is False
    assert "performanceInsightsRetentionPeriod" not in props


def test_parameters_of_mysql(recorded: Record) -> None:
    rds = the(recorded(ALL, name="campus"), "rds/parameterGroup:ParameterGroup")
    cluster = the(recorded(aurora(), name="campus"), "rds/clusterParameterGroup:ClusterParameterGroup")
    assert (rds.props["family"], cluster.props["family"]) == ("mysql8.4", "aurora-mysql8.4")
    assert parameters(rds) == parameters(cluster)
    assert parameters(rds)["character_set_server"] == "utf8mb4"
    assert parameters(rds)["require_secure_transport"] == "1"


def test_aurora(recorded: Record) -> None:
    graph = recorded(aurora(replicas=1), name="campus")
    props = the(graph, "rds/cluster:Cluster").props
    assert (props["engine"], props["engineVersion"]) == ("aurora-mysql", "8.4.mysql_aurora.8.4.7")
    members = of_type(graph, "rds/clusterInstance:ClusterInstance")
    assert [member.props["promotionTier"] for _, member in sorted(members.items())] == [0, 1]
    assert of_type(graph, "rds/instance:Instance") == {}


def test_documentdb(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    props = the(graph, "docdb/cluster:Cluster").props
    assert (props["engine"], props["engineVersion"]) == ("docdb", "8.0.0")
    assert props["enabledCloudwatchLogsExports"] == ["audit"]
    group = the(graph, "docdb/clusterParameterGroup:ClusterParameterGroup")
    assert group.props["family"] == "docdb8.0"
    assert parameters(group) == {"tls": "tls1.2+", "audit_logs": "enabled"}
    assert len(of_type(graph, "docdb/clusterInstance:ClusterInstance")) == 2
    # Else a rotated password would wait for the next maintenance window, and the Job would not get in.
    assert props["applyImmediately"] is True


def test_queues_are_never_evicted_and_caches_are(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    groups = of_type(graph, "elasticache/parameterGroup:ParameterGroup")
    assert {name: parameters(group) for name, group in groups.items()} == {
        "campus-broker": {"maxmemory-policy": "noeviction"},
        "campus-cache": {"maxmemory-policy": "allkeys-lru"},
    }
    assert {group.props["family"] for group in groups.values()} == {"valkey8"}


@pytest.mark.parametrize(
    ("store", "nodes", "several", "days"), [("broker", 2, True, 7), ("cache", 1, False, 0)]
)
def test_valkey(recorded: Record, store: str, nodes: int, several: bool, days: int) -> None:
    groups = of_type(recorded(ALL, name="campus"), "elasticache/replicationGroup:ReplicationGroup")
    props = groups[f"campus-{store}"].props
    expected = {
        "engine": "valkey",
        "numCacheClusters": nodes,
        "automaticFailoverEnabled": several,
        "multiAzEnabled": several,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "snapshotRetentionLimit": days,
    }
    assert {key: props.get(key) for key in expected} == expected


def test_opensearch(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    props = the(graph, "opensearch/domain:Domain").props
    assert props["domainEndpointOptions"] == {
        "enforceHttps": True,
        "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }
    assert props["clusterConfig"] == {
        "instanceType": "t3.small.search",
        "instanceCount": 2,
        "zoneAwarenessEnabled": True,
        "zoneAwarenessConfig": {"availabilityZoneCount": 2},
    }
    assert props["advancedSecurityOptions"]["value"]["enabled"] is True
    [statement] = document(the(graph, "opensearch/domainPolicy:DomainPolicy"), "accessPolicies")["Statement"]
    assert all("*" not in action for action in statement["Action"])
    assert statement["Resource"].startswith("arn:aws:es:eu-west-1:123456789012:domain/campus-search-")


def test_one_node_is_in_one_zone(recorded: Record) -> None:
    search = {"source": "opensearch", "nodes": 1}
    props = the(recorded(with_(search=search), name="campus"), "opensearch/domain:Domain").props
    assert props["clusterConfig"]["zoneAwarenessEnabled"] is False
    assert len(props["vpcOptions"]["subnetIds"]) == 1


def test_mail_by_ses(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    identity = the(graph, "sesv2/emailIdentity:EmailIdentity").props
    assert identity["emailIdentity"] == "mail.example.org"
    assert identity["dkimSigningAttributes"] == {"nextSigningKeyLength": "RSA_2048_BIT"}
    assert the(graph, "sesv2/configurationSet:ConfigurationSet").props["deliveryOptions"] == {
        "tlsPolicy": "REQUIRE"
    }
    records = graph.outputs["dns_records"]
    assert len(records) == 3
    assert {record["type"] for record in records} == {"CNAME"}
    assert all(record["name"].endswith("._domainkey.mail.example.org") for record in records)
    assert all(record["value"].endswith(".dkim.amazonses.com") for record in records)


def test_mail_may_go_by_another_region(recorded: Record) -> None:
    said = {**ALL, "mail": {**ALL["mail"], "delivery": {"source": "ses", "region": "eu-south-1"}}}
    graph = recorded(said, name="campus")
    assert the(graph, "sesv2/emailIdentity:EmailIdentity").props["region"] == "eu-south-1"
    assert graph.outputs["dns_records"][0]["value"].endswith(".dkim.eu-south-1.amazonses.com")


def test_outputs_name_the_buckets(recorded: Record) -> None:
    buckets = recorded(ALL, name="campus").outputs["buckets"]
    assert set(buckets) == {"public", "private", "grades", "ora", "exports"}
    assert all(name.startswith(f"campus-files-{purpose}-") for purpose, name in buckets.items())
    assert "buckets" not in recorded().outputs
    assert "dns_records" not in recorded().outputs


def _settings(recorded: Record, said: dict[str, Any]) -> dict[str, Any]:
    graph = recorded(said, name="campus")
    data = graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]
    found: dict[str, Any] = yaml.safe_load(data["lms.yml"])
    return found


def test_the_platform_is_told_of_them(recorded: Record) -> None:
    known = _settings(recorded, ALL)
    text = yaml.safe_dump(known)
    for part in (".rds.amazonaws.com", ".docdb.amazonaws.com", ".cache.amazonaws.com", ".es.amazonaws.com"):
        assert part in text
    assert known["DATABASES"]["default"]["HOST"].startswith("campus-mysql-")
    assert "/openedx/certificates/mysql-ca.pem" in text
    assert "/openedx/certificates/mongodb-ca.pem" in text


def test_documentdb_is_asked_for_what_it_can(recorded: Record) -> None:
    known = _settings(recorded, ALL)["DOC_STORE_CONFIG"]
    assert known["host"].endswith(".docdb.amazonaws.com")
    assert (known["retryWrites"], known["replicaSet"], known["authsource"]) == (False, "rs0", "admin")


def test_readers_of_aurora_are_used_for_reading(recorded: Record) -> None:
    known = _settings(recorded, aurora(replicas=1))
    assert ".cluster-ro-" in known["DATABASES"]["read_replica"]["HOST"]
    assert ".cluster-ro-" not in known["DATABASES"]["default"]["HOST"]


@pytest.mark.parametrize("said", [ALL, aurora(), FROM_FOUNDATION], ids=["rds", "aurora", "foundation"])
def test_a_preview_shows_what_an_up_does(recorded: Record, said: dict[str, Any]) -> None:
    """Although it knows no address, and where a foundation is asked, no network."""
    up, preview = recorded(said, name="campus"), recorded(said, name="campus", preview=True)
    assert {r.urn for r in up.resources} == {r.urn for r in preview.resources}
    assert len(on_aws(up)) > 50


def test_a_foundation_lends_network_key_and_cluster(recorded: Record) -> None:
    graph = recorded(FROM_FOUNDATION, name="campus")
    groups = of_type(graph, "ec2/securityGroup:SecurityGroup").values()
    assert {group.props["vpcId"][:4] for group in groups} == {"vpc-"}
    assert all(group.props["ingress"][0]["securityGroups"] for group in groups)
    assert the(graph, "eks/podIdentityAssociation:PodIdentityAssociation").props["clusterName"]


def test_aws_is_reached_by_one_provider_that_the_program_declares(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    [provider] = [r for r in graph.resources if r.type == "pulumi:providers:aws"]
    assert {resource.provider.rpartition("::")[0] for resource in on_aws(graph)} == {provider.urn}
    assert provider.props["region"] == "eu-west-1"
    tags = yaml.safe_load(provider.props["defaultTags"])["tags"]
    assert tags == {"openedx:stack": "campus", "openedx:managed-by": "pulumi", "cost-center": "4711"}


def test_who_makes_what(recorded: Record) -> None:
    """Servers belong to the datastores, the role of the pods to the whole platform."""
    graph = recorded(ALL, name="campus")
    by_parent: dict[str, set[str]] = {}
    for resource in on_aws(graph):
        by_parent.setdefault(resource.parent.rpartition("::")[2], set()).add(resource.type.split(":")[2])
    assert by_parent["openedx"] == {"Role", "PodIdentityAssociation"}
    assert set(by_parent) == {"openedx", "datastores"}


def test_names_are_readable_and_made_unique_by_pulumi(recorded: Record) -> None:
    """No physical name is fixed, so that a replacement can be made before the old one goes."""
    for resource in on_aws(recorded(ALL, name="campus")):
        assert resource.name.startswith("campus-"), resource.name
        own = {"identifier", "clusterIdentifier", "replicationGroupId", "domainName", "name"}
        if not resource.type.endswith(("ClusterInstance", "DomainPolicy")):
            assert not own & set(resource.props), resource.type


def test_a_role_is_made_only_where_one_is_used(recorded: Record) -> None:
    said = {
        "site": ALL["site"],
        "aws": {key: AWS[key] for key in ("region", "network")},
        "datastores": {"mysql": DATASTORES["mysql"]},
    }
    graph = recorded(said, name="campus")
    assert {r.type.split(":")[2] for r in on_aws(graph)} == {
        "Instance",
        "ParameterGroup",
        "SecurityGroup",
        "SubnetGroup",
    }
