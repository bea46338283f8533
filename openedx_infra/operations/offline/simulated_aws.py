"""What would AWS answer? For recordings and for the simulated provider, which both ask nobody.

Pure: a resource's type and inputs in, its id and computed outputs out, always the same for the same
resource. Names of properties are the provider's own, as the engine sees them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"
"""An account that nobody has: AWS' own example."""
REGION = "eu-west-1"
"""The region, where a resource doesn't say its own."""
PACKAGE = "aws:"
"""What type tokens of AWS' resources begin with."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What AWS would say to the creation of a resource."""

    id: str
    """Its id."""
    outputs: dict[str, Any]
    """What it has beside its inputs: the name that was made up for it, addresses, ARNs."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource as it was asked for."""

    type: str
    name: str
    """Its name in the program."""
    inputs: Mapping[str, Any]
    region: str

    @property
    def digits(self) -> str:
        """64 hexadecimal digits, the same for the same resource."""
        return hashlib.sha256(f"{self.type}::{self.name}".encode()).hexdigest()

    @property
    def named(self) -> str:
        """Its physical name: what was said, or what Pulumi would make up."""
        return str(self.inputs.get(NAMES.get(self.type, "name")) or f"{self.name}-{self.digits[:7]}")

    @property
    def uuid(self) -> str:
        """An identifier of 32 digits in five groups."""
        digits = self.digits
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def arn(self, service: str, what: str, *, regional: bool = True) -> str:
        """Its Amazon Resource Name."""
        return f"arn:aws:{service}:{self.region if regional else ''}:{ACCOUNT}:{what}"

    def host(self, name: str, domain: str) -> str:
        """Its address within a domain of AWS."""
        return f"{name}.{domain}".replace("REGION", self.region)


NAMES = {
    "aws:rds/instance:Instance": "identifier",
    "aws:rds/cluster:Cluster": "clusterIdentifier",
    "aws:rds/clusterInstance:ClusterInstance": "identifier",
    "aws:docdb/cluster:Cluster": "clusterIdentifier",
    "aws:docdb/clusterInstance:ClusterInstance": "identifier",
    "aws:elasticache/replicationGroup:ReplicationGroup": "replicationGroupId",
    "aws:opensearch/domain:Domain": "domainName",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:sesv2/configurationSet:ConfigurationSet": "configurationSetName",
    "aws:sesv2/emailIdentity:EmailIdentity": "emailIdentity",
}
"""The property that holds a resource's physical name, where it isn't `name`."""

_NAMED = {
    "aws:rds/parameterGroup:ParameterGroup": ("rds", "pg"),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": ("rds", "cluster-pg"),
    "aws:rds/subnetGroup:SubnetGroup": ("rds", "subgrp"),
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup": ("rds", "cluster-pg"),
    "aws:docdb/subnetGroup:SubnetGroup": ("rds", "subgrp"),
    "aws:elasticache/parameterGroup:ParameterGroup": ("elasticache", "parametergroup"),
    "aws:elasticache/subnetGroup:SubnetGroup": ("elasticache", "subnetgroup"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log-group"),
}
"""Resources that are their name and nothing else: service and kind in their ARN."""


def answer(type_: str, name: str, inputs: Mapping[str, Any], *, region: str | None = None) -> Answer:
    """What AWS would say to a resource of this type token, name in the program, and inputs.

    A type that the tables don't know has its name as id, and no outputs of its own.
    """
    made = Made(type=type_, name=name, inputs=inputs, region=str(inputs.get("region") or region or REGION))
    if type_ in _NAMED:
        service, kind = _NAMED[type_]
        return Answer(
            id=made.named, outputs={"name": made.named, "arn": made.arn(service, f"{kind}:{made.named}")}
        )
    if type_ in _ANSWERS:
        return _ANSWERS[type_](made)
    if bucket := inputs.get("bucket"):  # all that is said about a bucket bears its name
        return Answer(id=str(bucket), outputs={})
    return Answer(id=made.named, outputs={})


def physical(type_: str, name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The name that a resource gets before it is made, which previews know: empty where it has none."""
    key = NAMES.get(type_) or ("name" if type_ in _NAMED or type_ in _BY_NAME else None)
    return {key: Made(type=type_, name=name, inputs=inputs, region=REGION).named} if key else {}


def _database(made: Made) -> Answer:
    host = made.host(f"{made.named}.c{made.digits[:11]}", "REGION.rds.amazonaws.com")
    port = int(made.inputs.get("port") or 3306)
    return Answer(
        id=f"db-{made.digits[:26].upper()}",
        outputs={
            "identifier": made.named,
            "arn": made.arn("rds", f"db:{made.named}"),
            "address": host,
            "port": port,
            "endpoint": f"{host}:{port}",
            "status": "available",
        },
    )


def _cluster(made: Made) -> Answer:
    docdb = made.type.startswith("aws:docdb/")
    domain = f"REGION.{'docdb' if docdb else 'rds'}.amazonaws.com"
    tail = f"c{made.digits[:11]}"
    return Answer(
        id=made.named,
        outputs={
            "clusterIdentifier": made.named,
            "arn": made.arn("rds", f"cluster:{made.named}"),
            "clusterResourceId": f"cluster-{made.digits[:26].upper()}",
            "endpoint": made.host(f"{made.named}.cluster-{tail}", domain),
            "readerEndpoint": made.host(f"{made.named}.cluster-ro-{tail}", domain),
            "port": int(made.inputs.get("port") or (27017 if docdb else 3306)),
        },
    )


def _member(made: Made) -> Answer:
    docdb = made.type.startswith("aws:docdb/")
    domain = f"REGION.{'docdb' if docdb else 'rds'}.amazonaws.com"
    return Answer(
        id=made.named,
        outputs={
            "identifier": made.named,
            "arn": made.arn("rds", f"db:{made.named}"),
            "endpoint": made.host(f"{made.named}.c{made.digits[:11]}", domain),
            "port": 27017 if docdb else 3306,
            "writer": made.inputs.get("promotionTier") == 0,
        },
    )


def _replication_group(made: Made) -> Answer:
    count = int(made.inputs.get("numCacheClusters") or 1)
    tail, domain = made.digits[:6], "euw1.cache.amazonaws.com"
    return Answer(
        id=made.named,
        outputs={
            "replicationGroupId": made.named,
            "arn": made.arn("elasticache", f"replicationgroup:{made.named}"),
            "primaryEndpointAddress": made.host(f"master.{made.named}.{tail}", domain),
            "readerEndpointAddress": made.host(f"replica.{made.named}.{tail}", domain),
            "memberClusters": [f"{made.named}-{number:03}" for number in range(1, count + 1)],
        },
    )


def _domain(made: Made) -> Answer:
    arn = made.arn("es", f"domain/{made.named}")
    host = made.host(f"vpc-{made.named}-{made.digits[:26]}", "REGION.es.amazonaws.com")
    return Answer(
        id=arn,
        outputs={
            "domainName": made.named,
            "arn": arn,
            "domainId": f"{ACCOUNT}/{made.named}",
            "endpoint": host,
            "dashboardEndpoint": f"{host}/_dashboards",
        },
    )


def _bucket(made: Made) -> Answer:
    return Answer(
        id=made.named,
        outputs={
            "bucket": made.named,
            "arn": f"arn:aws:s3:::{made.named}",
            "bucketRegion": made.region,
            "bucketDomainName": f"{made.named}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{made.named}.s3.{made.region}.amazonaws.com",
        },
    )


def _identity(made: Made) -> Answer:
    signing = {
        "signingAttributesOrigin": "AWS_SES",
        "status": "PENDING",
        "currentSigningKeyLength": "RSA_2048_BIT",
        "tokens": [made.digits[start : start + 16] * 2 for start in (0, 16, 32)],
    }
    return Answer(
        id=made.named,
        outputs={
            "arn": made.arn("ses", f"identity/{made.named}"),
            "identityType": "DOMAIN",
            "verificationStatus": "PENDING",
            "verifiedForSendingStatus": False,
            "dkimSigningAttributes": {**(made.inputs.get("dkimSigningAttributes") or {}), **signing},
        },
    )


def _configuration_set(made: Made) -> Answer:
    arn = made.arn("ses", f"configuration-set/{made.named}")
    return Answer(id=made.named, outputs={"configurationSetName": made.named, "arn": arn})


def _role(made: Made) -> Answer:
    return Answer(
        id=made.named,
        outputs={
            "name": made.named,
            "arn": made.arn("iam", f"role/{made.named}", regional=False),
            "uniqueId": f"AROA{made.digits[:17].upper()}",
        },
    )


def _key(made: Made) -> Answer:
    return Answer(id=made.uuid, outputs={"keyId": made.uuid, "arn": made.arn("kms", f"key/{made.uuid}")})


def _security_group(made: Made) -> Answer:
    id_ = f"sg-{made.digits[:17]}"
    arn = made.arn("ec2", f"security-group/{id_}")
    return Answer(id=id_, outputs={"name": made.named, "arn": arn, "ownerId": ACCOUNT})


def _security_rule(made: Made) -> Answer:
    id_ = f"sgr-{made.digits[:17]}"
    return Answer(
        id=id_,
        outputs={"securityGroupRuleId": id_, "arn": made.arn("ec2", f"security-group-rule/{id_}")},
    )


def _association(made: Made) -> Answer:
    id_ = f"a-{made.digits[:17]}"
    arn = made.arn("eks", f"podidentityassociation/{made.inputs.get('clusterName')}/{id_}")
    return Answer(id=id_, outputs={"associationId": id_, "associationArn": arn})


_ANSWERS: dict[str, Callable[[Made], Answer]] = {
    "aws:rds/instance:Instance": _database,
    "aws:rds/cluster:Cluster": _cluster,
    "aws:rds/clusterInstance:ClusterInstance": _member,
    "aws:docdb/cluster:Cluster": _cluster,
    "aws:docdb/clusterInstance:ClusterInstance": _member,
    "aws:elasticache/replicationGroup:ReplicationGroup": _replication_group,
    "aws:opensearch/domain:Domain": _domain,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:sesv2/emailIdentity:EmailIdentity": _identity,
    "aws:sesv2/configurationSet:ConfigurationSet": _configuration_set,
    "aws:iam/role:Role": _role,
    "aws:kms/key:Key": _key,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_rule,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _security_rule,
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _association,
}
_BY_NAME = {"aws:iam/role:Role", "aws:ec2/securityGroup:SecurityGroup"}
