"""AWS: region, network and key of the instance's resources, and the roles of its pods."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.aws_regions import AwsRegion
from openedx_infra.config.types.base import IMMUTABLE, Distinct, Section
from openedx_infra.config.types.patterns import Pattern

VpcId = Annotated[
    str, Pattern("id of a VPC", r"vpc-[0-9a-f]{8,17}", "`vpc-` and what AWS made up", "vpc-0a1b2c3d4e5f60718")
]
"""A network of AWS."""

SubnetId = Annotated[
    str,
    Pattern(
        "id of a subnet",
        r"subnet-[0-9a-f]{8,17}",
        "`subnet-` and what AWS made up",
        "subnet-0a1b2c3d4e5f60718",
    ),
]
"""A part of such a network, in one zone."""

SecurityGroupId = Annotated[
    str,
    Pattern(
        "id of a security group", r"sg-[0-9a-f]{8,17}", "`sg-` and what AWS made up", "sg-0a1b2c3d4e5f60718"
    ),
]
"""A group of network interfaces that rules can name."""

KeyArn = Annotated[
    str,
    Pattern(
        "ARN of a KMS key",
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+",
        "the key's full ARN",
        "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000",
    ),
]
"""A key of AWS KMS."""

OidcProviderArn = Annotated[
    str,
    Pattern(
        "ARN of an OIDC provider",
        r"arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[A-Za-z0-9./-]+",
        "the full ARN of the cluster's identity provider",
        "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D",
    ),
]
"""The identity provider of an EKS cluster."""

StackName = Annotated[
    str,
    Pattern(
        "name of a stack",
        r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+",
        "organization, project and stack, as `pulumi stack ls` names them; without Pulumi Cloud the "
        "organization is `organization`",
        "organization/openedx/foundation",
    ),
]
"""A stack that others refer to."""

TagName = Annotated[
    str,
    Pattern("name of a tag", r"[A-Za-z0-9+=._:/@-]{1,128}", "at most 128 letters and digits", "cost-center"),
]
"""Name of a tag on AWS' resources."""


class Network(Section):
    """The network of databases, and who may connect to them."""

    vpc: VpcId = Field(json_schema_extra=IMMUTABLE)
    """The network, which is also the cluster's."""
    subnets: Annotated[tuple[SubnetId, ...], Distinct] = Field(min_length=2)
    """Private subnets in at least two zones, for databases."""
    clients: Annotated[tuple[SecurityGroupId, ...], Distinct] = Field(min_length=1)
    """Security groups of the cluster's nodes or pods: they alone may connect to databases."""


class PodIdentity(Section):
    """EKS Pod Identity: its agent must run in the cluster."""

    source: Literal["pod-identity"]
    """EKS itself assigns roles to pods."""
    cluster: str = Field(min_length=1, max_length=100)
    """Name of the EKS cluster."""


class Irsa(Section):
    """Roles for service accounts: AWS trusts the cluster's own identity provider."""

    source: Literal["irsa"]
    """Pods present a token of the cluster, which AWS exchanges for a role."""
    provider_arn: OidcProviderArn
    """The cluster's identity provider in IAM."""


class Aws(Section):
    """AWS, as far as the instance uses it."""

    region: AwsRegion = Field(json_schema_extra=IMMUTABLE)
    """Region of all resources."""
    network: Network | None = None
    """Network of its databases. None: the foundation's."""
    identity: Annotated[PodIdentity | Irsa, Field(discriminator="source")] | None = None
    """How pods get a role, which buckets and SES need. None: as in the foundation."""
    kms_key: KeyArn | None = Field(None, json_schema_extra=IMMUTABLE)
    """Key that encrypts databases and buckets. None: the foundation's; where it has none, or there is no
    foundation, AWS' own keys for each service."""
    tags: dict[TagName, Annotated[str, Field(max_length=256)]] = Field({})
    """Tags of all resources, beside the program's own (`openedx:stack` and `openedx:managed-by`)."""
