"""IAM roles of pods, which one service account of one namespace can assume, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws.eks import PodIdentityAssociation
from pulumi_aws.iam import Role, RolePolicy

from openedx_infra.aws.account import Account

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
"""What tells EKS which role a service account has, by IRSA."""


@dataclass(frozen=True, kw_only=True)
class PodIdentity:
    """EKS Pod Identity: EKS knows who has which role, and an agent on each node hands out credentials."""

    cluster: pulumi.Input[str]
    """Name of the EKS cluster."""


@dataclass(frozen=True, kw_only=True)
class Irsa:
    """Roles for service accounts: pods present a token of the cluster to AWS."""

    provider_arn: pulumi.Input[str]
    """ARN of the cluster's identity provider in IAM."""


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """Who gets a role: a service account of Kubernetes."""

    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PodRole:
    """A role of pods."""

    role: Role
    """The role."""
    annotations: Mapping[str, pulumi.Input[str]]
    """What the service account must say."""
    ready: Sequence[pulumi.Resource]
    """What must be ready before the first of its pods starts."""


def trust_agent(who: ServiceAccount) -> dict[str, Any]:
    """Trust in EKS Pod Identity, for one service account."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {
                    "StringEquals": {
                        "aws:RequestTag/kubernetes-namespace": who.namespace,
                        "aws:RequestTag/kubernetes-service-account": who.name,
                    }
                },
            }
        ]
    )


def trust_tokens(who: ServiceAccount, provider_arn: str) -> dict[str, Any]:
    """Trust in tokens of a cluster's identity provider, for one service account."""
    issuer = provider_arn.partition(":oidc-provider/")[2]
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{issuer}:aud": "sts.amazonaws.com",
                        f"{issuer}:sub": f"system:serviceaccount:{who.namespace}:{who.name}",
                    }
                },
            }
        ]
    )


def document(statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def pod_role(
    account: Account,
    name: str,
    identity: PodIdentity | Irsa,
    who: ServiceAccount,
    parent: pulumi.Resource,
) -> PodRole:
    """A role without any right, for the pods of a service account."""
    opts = account.opts(parent)
    if isinstance(identity, Irsa):
        trust = pulumi.Output.from_input(identity.provider_arn).apply(
            lambda arn: json.dumps(trust_tokens(who, arn))
        )
        role = Role(account.name(name), assume_role_policy=trust, opts=opts)
        return PodRole(role=role, annotations={ROLE_ANNOTATION: role.arn}, ready=[role])
    role = Role(account.name(name), assume_role_policy=json.dumps(trust_agent(who)), opts=opts)
    association = PodIdentityAssociation(
        account.name(name),
        cluster_name=identity.cluster,
        namespace=who.namespace,
        service_account=who.name,
        role_arn=role.arn,
        opts=opts,
    )
    return PodRole(role=role, annotations={}, ready=[association])


def grant(
    account: Account,
    name: str,
    role: Role,
    statements: Callable[[Sequence[Any]], Sequence[Mapping[str, Any]]],
    of: Sequence[pulumi.Input[Any]],
    parent: pulumi.Resource,
) -> RolePolicy:
    """Rights of a role: `statements` makes them of what `of` turns out to be, such as ARNs."""
    policy = pulumi.Output.all(*of).apply(lambda values: json.dumps(document(statements(values))))
    return RolePolicy(account.name(name), role=role.name, policy=policy, opts=account.opts(parent))
