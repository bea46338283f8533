"""AWS' types of resources: names, what forces a replacement, what guards data.

Sources: of the replacements `ForceNew` in the schemas of hashicorp/terraform-provider-aws
(internal/service/*), on which Pulumi's provider is built; of the names pulumi/pulumi-aws
(provider/autonaming.go, provider/resource_overrides.go, release 7). The minutes are guesses from common
experience. Only what this program makes is here, and a test compares the properties with those of pulumi_aws.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of resource."""

    replaced_by: frozenset[str] = frozenset()
    """Properties whose change makes a new resource."""
    named: str | None = None
    """Property that the provider fills with a name of its own making when the program says none."""
    longest: int = 255
    """Letters that such a name may have."""
    minutes: float = 0
    """How long AWS takes to create it."""
    guarded: str | None = None
    """What AWS calls it where it refuses to delete it: such a thing has deletion protection and a last
    snapshot."""
    delete_first: bool = False
    """Whether a replacement always begins with the deletion of the old one."""


def _by(*properties: str) -> frozenset[str]:
    return frozenset(properties)


_GROUP = Kind(named="name", replaced_by=_by("name", "namePrefix", "family", "description"))
_SUBNETS = Kind(named="name", replaced_by=_by("name", "namePrefix"))
_OF_BUCKET = Kind(replaced_by=_by("bucket", "expectedBucketOwner"))
_RULE = Kind(replaced_by=_by("securityGroupId"))
_CLUSTER = _by(
    "clusterIdentifier", "clusterIdentifierPrefix", "engine", "masterUsername", "dbSubnetGroupName",
    "storageEncrypted", "kmsKeyId", "availabilityZones", "snapshotIdentifier", "restoreToPointInTime",
)  # fmt: skip
_MEMBER = _by("identifier", "identifierPrefix", "clusterIdentifier", "engine", "availabilityZone")

KINDS = {
    "aws:rds/instance:Instance": Kind(
        named="identifier",
        replaced_by=_by(
            "identifier",
            "identifierPrefix",
            "engine",
            "dbName",
            "username",
            "storageEncrypted",
            "kmsKeyId",
            "availabilityZone",
            "characterSetName",
            "timezone",
            "snapshotIdentifier",
            "restoreToPointInTime",
        ),
        minutes=12,
        guarded="DB Instance",
    ),
    "aws:rds/cluster:Cluster": Kind(
        replaced_by=_CLUSTER | _by("databaseName", "engineMode"), minutes=5, guarded="DB Cluster"
    ),
    "aws:rds/clusterInstance:ClusterInstance": Kind(
        named="identifier", replaced_by=_MEMBER | _by("dbSubnetGroupName"), minutes=8
    ),
    "aws:rds/parameterGroup:ParameterGroup": _GROUP,
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _GROUP,
    "aws:rds/subnetGroup:SubnetGroup": _SUBNETS,
    "aws:docdb/cluster:Cluster": Kind(replaced_by=_CLUSTER | _by("port"), minutes=5, guarded="DB Cluster"),
    "aws:docdb/clusterInstance:ClusterInstance": Kind(replaced_by=_MEMBER, minutes=8),
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup": _GROUP,
    "aws:docdb/subnetGroup:SubnetGroup": _SUBNETS,
    "aws:elasticache/replicationGroup:ReplicationGroup": Kind(
        named="replicationGroupId",
        longest=40,
        replaced_by=_by(
            "replicationGroupId",
            "atRestEncryptionEnabled",
            "kmsKeyId",
            "subnetGroupName",
            "port",
            "networkType",
            "dataTieringEnabled",
            "snapshotArns",
            "snapshotName",
            "securityGroupNames",
        ),
        minutes=10,
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _GROUP,
    "aws:elasticache/subnetGroup:SubnetGroup": Kind(named="name", replaced_by=_by("name")),
    "aws:opensearch/domain:Domain": Kind(named="domainName", replaced_by=_by("domainName"), minutes=20),
    "aws:opensearch/domainPolicy:DomainPolicy": Kind(replaced_by=_by("domainName")),
    "aws:s3/bucket:Bucket": Kind(
        named="bucket", longest=63, replaced_by=_by("bucket", "bucketPrefix", "objectLockEnabled")
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Kind(replaced_by=_by("bucket")),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Kind(replaced_by=_by("bucket")),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Kind(replaced_by=_by("bucket")),
    "aws:s3/bucketVersioning:BucketVersioning": _OF_BUCKET,
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _OF_BUCKET,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _OF_BUCKET,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _OF_BUCKET,
    "aws:sesv2/emailIdentity:EmailIdentity": Kind(replaced_by=_by("emailIdentity")),
    "aws:sesv2/configurationSet:ConfigurationSet": Kind(replaced_by=_by("configurationSetName")),
    "aws:iam/role:Role": Kind(named="name", longest=64, replaced_by=_by("name", "namePrefix", "path")),
    "aws:iam/rolePolicy:RolePolicy": Kind(named="name", replaced_by=_by("name", "namePrefix", "role")),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Kind(
        replaced_by=_by("role", "policyArn"), delete_first=True
    ),
    "aws:kms/key:Key": Kind(replaced_by=_by("keyUsage", "customerMasterKeySpec", "multiRegion")),
    "aws:kms/alias:Alias": Kind(named="name", longest=238, replaced_by=_by("name", "namePrefix")),
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        named="name", replaced_by=_by("name", "namePrefix", "description", "vpcId")
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Kind(
        replaced_by=_by("clusterName", "namespace", "serviceAccount")
    ),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        named="name", replaced_by=_by("name", "namePrefix", "logGroupClass")
    ),
}
"""All types of resources that the simulated AWS has, by their type tokens."""
