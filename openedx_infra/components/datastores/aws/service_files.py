"""Buckets of companion services on Amazon S3, each used by a role of its service's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.aws import iam, s3
from openedx_infra.components.datastores.aws.files import PURPOSE_TAG, origins, rights
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.storage import StorageS3
from openedx_infra.config.services.buckets import Bucket, kind
from openedx_infra.kubernetes.workload import service_account


@dataclass(frozen=True, kw_only=True)
class Made:
    """Buckets of a service, ready to be used once what it names is ready."""

    names: Mapping[str, pulumi.Input[str]]
    """Names of the buckets by what they are for."""
    service_account: pulumi.Input[str] | None
    """Service account of the pods that have the role."""
    ready: Sequence[pulumi.Resource]
    """What must be ready before the first of these pods starts."""


def buckets(
    service: str,
    wanted: Sequence[Bucket],
    instance: Instance,
    config: StorageS3,
    parent: pulumi.Resource,
    *,
    running: bool,
) -> Made:
    """The buckets, for a service that runs a role that reaches these and nothing else, and the platform's
    right to back them up."""
    aws = instance.on_aws
    account = aws.account
    named = replace(account, prefix=config.prefix or account.prefix)
    made = {
        each.name: s3.bucket(named, kind(service, each), _spec(instance, config, service, each), parent)
        for each in wanted
    }
    ready = [resource for each in made.values() for resource in each.ready]
    arns = pulumi.Output.all(*(each.bucket.arn for each in made.values()))
    values = [arns, account.kms_key, account.region]
    pods = None
    if running and aws.identity is not None:
        who = iam.ServiceAccount(namespace=instance.stack.namespace, name=service)
        role = iam.pod_role(account, service, aws.identity, who, parent)
        ready.append(iam.grant(account, f"{service}-files", role.role, rights, values, parent))
        # EKS gives credentials to pods when they start: it must know of the role before the first of them.
        opts = pulumi.ResourceOptions(parent=parent, depends_on=list(role.ready))
        pods = service_account(service, instance.scope, role.annotations, opts).metadata["name"]
    if aws.pods is not None and instance.stack.backups:
        iam.grant(account, f"backups-of-{service}", aws.pods.role, rights, values, parent)
    names = {name: each.bucket.bucket for name, each in made.items()}
    return Made(names=names, service_account=pods, ready=ready)


def _spec(instance: Instance, config: StorageS3, service: str, bucket: Bucket) -> s3.Bucket:
    return s3.Bucket(
        public=bucket.public,
        versioned=config.versioned,
        old_version_days=config.old_version_days,
        origins=origins(instance.stack) if bucket.public else (),
        tags={PURPOSE_TAG: "public" if bucket.public else kind(service, bucket)},
    )
