"""Pods reach what is on AWS by the least rights."""

from __future__ import annotations

from typing import Any

import pytest
from flows import reaches
from on_aws import ALL, AWS, NETWORK, document, of_type, on_aws, the
from shape import Record, comes_after, find, of_kind, templates

PORTS = {"mysql": 3306, "mongodb": 27017, "broker": 6379, "cache": 6379, "search": 443}
PURPOSES = ("public", "private", "grades", "ora", "exports")
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D"
IRSA = {**ALL, "aws": {**AWS, "identity": {"source": "irsa", "provider_arn": PROVIDER}}}


def test_only_clients_come_in_each_to_one_port(recorded: Record) -> None:
    groups = of_type(recorded(ALL, name="campus"), "ec2/securityGroup:SecurityGroup")
    assert set(groups) == {f"campus-{store}" for store in PORTS}
    for store, port in PORTS.items():
        props = groups[f"campus-{store}"].props
        assert props["vpcId"] == NETWORK["vpc"]
        assert "egress" not in props
        [rule] = props["ingress"]
        del rule["description"]
        assert rule == {
            "protocol": "tcp",
            "fromPort": port,
            "toPort": port,
            "securityGroups": NETWORK["clients"],
        }


def test_databases_are_in_private_subnets(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    groups = [resource for resource in on_aws(graph) if resource.type.endswith(":SubnetGroup")]
    assert {resource.name for resource in groups} == {
        f"campus-{store}" for store in ("mysql", "mongodb", "broker", "cache")
    }
    assert all(resource.props["subnetIds"] == NETWORK["subnets"] for resource in groups)
    assert the(graph, "rds/instance:Instance").props["publiclyAccessible"] is False
    assert the(graph, "opensearch/domain:Domain").props["vpcOptions"]["subnetIds"] == NETWORK["subnets"]


def _deny_plain(arn: str) -> dict[str, Any]:
    return {
        "Sid": "NothingInPlain",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_bucket_policies(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    policies = of_type(graph, "s3/bucketPolicy:BucketPolicy")
    assert len(policies) == len(PURPOSES)
    for purpose in PURPOSES:
        policy = policies[f"campus-files-{purpose}-policy"]
        arn = f"arn:aws:s3:::{policy.props['bucket']}"
        reading = {
            "Sid": "EverybodyReads",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"{arn}/*",
        }
        expected = [_deny_plain(arn), *([reading] if purpose == "public" else [])]
        assert document(policy) == {"Version": "2012-10-17", "Statement": expected}


def test_only_the_public_bucket_may_have_a_public_policy(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    blocks = of_type(graph, "s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    policies = of_type(graph, "s3/bucketPolicy:BucketPolicy")
    for purpose in PURPOSES:
        block = blocks[f"campus-files-{purpose}-access"]
        barred = purpose != "public"
        assert {key: value for key, value in block.props.items() if key != "bucket"} == {
            "blockPublicAcls": True,
            "ignorePublicAcls": True,
            "blockPublicPolicy": barred,
            "restrictPublicBuckets": barred,
        }
        # Else AWS refuses the public policy, as it still bars it.
        assert block.urn in comes_after(graph, policies[f"campus-files-{purpose}-policy"])


def test_how_buckets_keep_things(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    for purpose in PURPOSES:
        name = f"campus-files-{purpose}"
        owner = of_type(graph, "s3/bucketOwnershipControls:BucketOwnershipControls")[f"{name}-ownership"]
        assert owner.props["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
        versions = of_type(graph, "s3/bucketVersioning:BucketVersioning")[f"{name}-versions"]
        assert versions.props["versioningConfiguration"] == {"status": "Enabled"}
        [rule] = of_type(
            graph,
            "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        )[f"{name}-encryption"].props["rules"]
        by = rule["applyServerSideEncryptionByDefault"]
        # KMS serves nobody without a name, and everybody reads the public bucket.
        kms = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": AWS["kms_key"]}
        assert by == ({"sseAlgorithm": "AES256"} if purpose == "public" else kms)
        lifecycle = of_type(graph, "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
        rules = {rule["id"]: rule for rule in lifecycle[f"{name}-lifecycle"].props["rules"]}
        assert rules["leftovers"]["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
        assert rules["leftovers"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
        assert ("passing" in rules) == (purpose == "exports")
        assert versions.urn in comes_after(graph, lifecycle[f"{name}-lifecycle"])


def test_pages_of_the_site_alone_use_buckets(recorded: Record) -> None:
    found = of_type(recorded(ALL, name="campus"), "s3/bucketCorsConfiguration:BucketCorsConfiguration")
    assert set(found) == {"campus-files-public-cors", "campus-files-ora-cors"}
    sites = [f"http://{host}" for host in ("learn.example.org", "studio.learn.example.org")]
    for name, methods in (("public", ["GET", "HEAD"]), ("ora", ["GET", "HEAD", "PUT"])):
        [rule] = found[f"campus-files-{name}-cors"].props["corsRules"]
        assert rule["allowedOrigins"] == [*sites, "http://apps.learn.example.org"]
        assert rule["allowedMethods"] == methods


def test_the_right_to_files(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    policy = document(of_type(graph, "iam/rolePolicy:RolePolicy")["campus-platform-files"])
    made = of_type(graph, "s3/bucketVersioning:BucketVersioning")
    arns = [f"arn:aws:s3:::{made[f'campus-files-{use}-versions'].props['bucket']}" for use in PURPOSES]
    listing, objects, key = policy["Statement"]
    assert listing["Resource"] == arns
    assert objects["Resource"] == [f"{arn}/*" for arn in arns]
    assert objects["Action"] == [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    ]
    assert key == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": AWS["kms_key"],
        "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
    }


def test_without_a_key_there_is_no_right_to_one(recorded: Record) -> None:
    said = {**ALL, "aws": {key: value for key, value in AWS.items() if key != "kms_key"}}
    graph = recorded(said, name="campus")
    policy = document(of_type(graph, "iam/rolePolicy:RolePolicy")["campus-platform-files"])
    assert "kms" not in str(policy)
    assert "kmsKeyId" not in the(graph, "rds/instance:Instance").props


def test_the_right_to_send(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    assert document(of_type(graph, "iam/rolePolicy:RolePolicy")["campus-platform-mail"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["ses:SendEmail", "ses:SendRawEmail"],
            "Resource": [
                "arn:aws:ses:eu-west-1:123456789012:identity/mail.example.org",
                "arn:aws:ses:eu-west-1:123456789012:configuration-set/campus-mail",
            ],
        },
        {"Effect": "Allow", "Action": ["ses:GetSendQuota"], "Resource": "*"},
    ]


@pytest.mark.parametrize("said", [ALL, IRSA])
def test_no_right_is_a_wildcard(recorded: Record, said: dict[str, Any]) -> None:
    found = of_type(recorded(said, name="campus"), "iam/rolePolicy:RolePolicy")
    assert set(found) == {"campus-platform-files", "campus-platform-mail"}
    for policy in found.values():
        for statement in document(policy)["Statement"]:
            if statement["Action"] == ["ses:GetSendQuota"]:
                continue  # a number of the account: AWS takes no name for it
            resources = statement["Resource"]
            for resource in [resources] if isinstance(resources, str) else resources:
                assert resource.removesuffix("/*").startswith("arn:aws:")
                assert "*" not in resource.removesuffix("/*")
            assert all("*" not in action for action in statement["Action"])


def test_pod_identity_is_for_the_platforms_pods(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    association = the(graph, "eks/podIdentityAssociation:PodIdentityAssociation")
    role = the(graph, "iam/role:Role")
    assert association.props["roleArn"].startswith("arn:aws:iam::123456789012:role/campus-platform-")
    assert {key: value for key, value in association.props.items() if key != "roleArn"} == {
        "clusterName": "campus",
        "namespace": "openedx-campus",
        "serviceAccount": "platform",
    }
    [trust] = document(role, "assumeRolePolicy")["Statement"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:RequestTag/kubernetes-namespace": "openedx-campus",
            "aws:RequestTag/kubernetes-service-account": "platform",
        }
    }
    account = find(graph, "ServiceAccount", "platform")
    assert "annotations" not in graph.object(account)["metadata"]
    assert association.urn in comes_after(graph, account)


def test_irsa_is_for_the_platforms_pods(recorded: Record) -> None:
    graph = recorded(IRSA, name="campus")
    assert of_type(graph, "eks/podIdentityAssociation:PodIdentityAssociation") == {}
    [trust] = document(the(graph, "iam/role:Role"), "assumeRolePolicy")["Statement"]
    issuer = PROVIDER.partition("oidc-provider/")[2]
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": "sts.amazonaws.com",
                f"{issuer}:sub": "system:serviceaccount:openedx-campus:platform",
            }
        },
    }
    [arn] = graph.object(find(graph, "ServiceAccount", "platform"))["metadata"]["annotations"].values()
    assert arn.startswith("arn:aws:iam::123456789012:role/campus-platform-")


def test_who_runs_the_platforms_code_has_the_role_and_no_token(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    assert graph.object(find(graph, "ServiceAccount", "platform"))["automountServiceAccountToken"] is False
    for resource, template in templates(graph):
        ours = template["metadata"]["labels"]["app.kubernetes.io/name"] == "edx-platform"
        assert template["spec"].get("serviceAccountName") == ("platform" if ours else None), resource.name
        assert template["spec"]["automountServiceAccountToken"] is False


def test_without_a_role_nothing_is_said_of_service_accounts(recorded: Record) -> None:
    graph = recorded()
    assert of_kind(graph, "ServiceAccount") == []
    assert all("serviceAccountName" not in template["spec"] for _, template in templates(graph))


@pytest.mark.parametrize("address", ["169.254.170.23", "fd00:ec2::23"])
def test_pods_with_a_role_reach_its_agent(recorded: Record, address: str) -> None:
    graph = recorded(ALL, name="campus")
    for client in ("lms", "studio-worker-default", "lms-migrate", "lms-beat"):
        assert reaches(graph, client, address, 80)
        assert not reaches(graph, client, "169.254.169.254", 80)
    if address.startswith("169"):
        assert not reaches(graph, "mfe", address, 80)
        assert not reaches(recorded(IRSA, name="campus"), "lms", address, 80)
        assert not reaches(recorded(), "lms", address, 80)


@pytest.mark.parametrize("client", ["lms", "studio-worker-default", "lms-beat", "lms-migrate"])
def test_the_platform_reaches_its_servers(recorded: Record, client: str) -> None:
    graph = recorded(ALL, name="campus")
    assert all(reaches(graph, client, "10.0.0.7", port) for port in PORTS.values())


def test_jobs_reach_their_own_server_alone(recorded: Record) -> None:
    graph = recorded(ALL, name="campus")
    for job, port in (("mysql-provision", 3306), ("mongodb-provision", 27017)):
        open_ports = {each for each in (80, 443, *PORTS.values()) if reaches(graph, job, "10.0.0.7", each)}
        assert open_ports == {port}
