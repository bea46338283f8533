"""Account, region and tags of a stack's resources on AWS, and the role of its pods."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from openedx_infra.aws.account import Account, Network, provider
from openedx_infra.aws.iam import Irsa, PodIdentity, ServiceAccount, pod_role
from openedx_infra.components.instance import Instance, OnAws
from openedx_infra.config.datastores.storage import StorageS3
from openedx_infra.config.foundation.contract import Contract
from openedx_infra.config.sections import aws as aws_config
from openedx_infra.config.sections.mail import MailSes
from openedx_infra.kubernetes.workload import service_account

SERVICE_ACCOUNT = "platform"
"""Service account of all pods that run the platform's code, where they have a role of AWS."""


def account(
    stack: str,
    aws: aws_config.Aws,
    *,
    network: Network | None,
    kms_key: pulumi.Input[str | None],
    protect: bool,
    parent: pulumi.Resource,
) -> Account:
    """The part of AWS that a stack may use, whichever kind of stack it is."""
    return Account(
        provider=provider("aws", region=aws.region, tags=tags(stack, aws.tags), parent=parent),
        region=aws.region,
        prefix=stack,
        protect=protect,
        network=network,
        kms_key=kms_key,
    )


def tags(stack: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Tags of all resources: the operator's, and those by which people, bills and policies find ours."""
    return {**extra, "openedx:stack": stack, "openedx:managed-by": "pulumi"}


def on_aws(instance: Instance, parent: pulumi.Resource) -> OnAws:
    """AWS for an instance: what its own stack file says, and for the rest what its foundation promises."""
    stack = instance.stack
    aws = stack.aws
    if aws is None:
        raise pulumi.RunError("openedx:aws: missing: set the region of what is on AWS")
    aws_account = account(
        stack.name,
        aws,
        network=_network(aws, instance.foundation),
        kms_key=_kms_key(aws, instance.foundation),
        protect=stack.datastores.protect,
        parent=parent,
    )
    if not isinstance(stack.datastores.storage, StorageS3) and not isinstance(stack.mail.delivery, MailSes):
        return OnAws(account=aws_account)
    identity = _identity(aws, instance.foundation)
    who = ServiceAccount(namespace=stack.namespace, name=SERVICE_ACCOUNT)
    role = pod_role(aws_account, SERVICE_ACCOUNT, identity, who, parent)
    # EKS gives credentials to pods when they start: it must know of the role before the first of them.
    opts = pulumi.ResourceOptions(parent=parent, depends_on=list(role.ready))
    pod_account = service_account(SERVICE_ACCOUNT, instance.scope, role.annotations, opts)
    return OnAws(
        account=aws_account,
        pods=role,
        identity=identity,
        service_account=pod_account.metadata["name"],
        agent=isinstance(identity, PodIdentity),
    )


def _network(aws: aws_config.Aws, foundation: pulumi.Output[Contract] | None) -> Network | None:
    if aws.network is not None:
        return Network(vpc=aws.network.vpc, subnets=aws.network.subnets, clients=aws.network.clients)
    if foundation is None:
        return None
    promised = foundation.apply(_promised_network)
    return Network(
        vpc=promised.apply(lambda network: network.vpc),
        subnets=promised.apply(lambda network: list(network.subnets)),
        clients=promised.apply(lambda network: list(network.clients)),
    )


def _promised_network(contract: Contract) -> aws_config.Network:
    if contract.network is None:
        raise pulumi.RunError("openedx:aws.network: missing: the foundation has no network either; set it")
    return contract.network


def _kms_key(aws: aws_config.Aws, foundation: pulumi.Output[Contract] | None) -> pulumi.Input[str | None]:
    if aws.kms_key is not None or foundation is None:
        return aws.kms_key
    return foundation.apply(lambda contract: contract.kms_key)


def _identity(aws: aws_config.Aws, foundation: pulumi.Output[Contract] | None) -> PodIdentity | Irsa:
    """How pods get a role.

    It decides which resources there are, so it can't depend on what a foundation turns out to say: what the
    stack file leaves open is EKS Pod Identity, in the cluster that the foundation names.
    """
    if isinstance(aws.identity, aws_config.Irsa):
        return Irsa(provider_arn=aws.identity.provider_arn)
    if isinstance(aws.identity, aws_config.PodIdentity):
        return PodIdentity(cluster=aws.identity.cluster)
    if foundation is None:
        raise pulumi.RunError("openedx:aws.identity: missing: pods need a role for buckets, and for SES")
    return PodIdentity(cluster=foundation.apply(_promised_cluster))


def _promised_cluster(contract: Contract) -> str:
    promised = contract.identity
    if isinstance(promised, aws_config.PodIdentity):
        return promised.cluster
    if promised is None:
        raise pulumi.RunError("openedx:aws.identity: missing: the foundation has none either; set it")
    raise pulumi.RunError(
        "openedx:aws.identity: missing: the foundation's cluster has IRSA, which each instance must set "
        f"itself: write {{source: irsa, provider_arn: {promised.provider_arn}}}"
    )
