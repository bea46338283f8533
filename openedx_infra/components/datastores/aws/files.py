"""Uploaded files on Amazon S3: five buckets, used by the role of the pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import pulumi

from openedx_infra.aws import iam, kms, s3
from openedx_infra.components.datastores.store import FileStore, Reach
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.datastores.storage import StorageS3
from openedx_infra.config.types.aws_regions import service_names
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Purpose

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PURPOSE_TAG = "openedx:purpose"
"""Tag that says what a bucket is for; of `public` ones everybody may read the objects."""
PORT = 443


def buckets(instance: Instance, config: StorageS3, parent: pulumi.Resource) -> FileStore:
    """Buckets, and the right of the pods to keep files in them."""
    aws = instance.on_aws
    account = aws.account
    named = replace(account, prefix=config.prefix or account.prefix)
    resources = {
        purpose: s3.bucket(named, purpose, _spec(instance.stack, config, purpose), parent)
        for purpose in PURPOSES
    }
    ready = [resource for each in resources.values() for resource in each.ready]
    if aws.pods is not None:
        arns = pulumi.Output.all(*(each.bucket.arn for each in resources.values()))
        values = [arns, account.kms_key, account.region]
        granted = iam.grant(account, "platform-files", aws.pods.role, rights, values, parent)
        ready.append(granted)
    names = pulumi.Output.all(**{purpose: each.bucket.bucket for purpose, each in resources.items()})
    return FileStore(
        connection=names.apply(lambda names: _connection(names, account.region)),
        reach=Reach(ports=(PORT,)),
        ready=ready,
    )


def _spec(stack: Stack, config: StorageS3, purpose: Purpose) -> s3.Bucket:
    return s3.Bucket(
        public=purpose == "public",
        versioned=config.versioned,
        old_version_days=config.old_version_days,
        object_days=config.export_days if purpose == "exports" else None,
        origins=_origins(stack, purpose),
        tags={PURPOSE_TAG: purpose},
    )


def _origins(stack: Stack, purpose: Purpose) -> tuple[str, ...]:
    """Whose pages use a bucket directly: they show public files, and send answers by signed addresses."""
    return origins(stack) if purpose in ("public", "ora") else ()


def origins(stack: Stack) -> tuple[str, ...]:
    """The sites of the instance whose pages may ask for files."""
    return (stack.site.lms_url, stack.site.studio_url, stack.site.mfe_url)


def rights(values: Sequence[Any]) -> list[Mapping[str, Any]]:
    """What pods may do with buckets, of the buckets' ARNs, the key that encrypts them, and the region."""
    arns, key, region = values
    return [*s3.rights(arns), *(kms.rights(key, service_names("s3", region)) if key else [])]


def _connection(names: Mapping[str, str], region: str) -> connections.Buckets:
    in_order = {purpose: names[purpose] for purpose in PURPOSES}
    return connections.Buckets(names=in_order, region=region, addressing="virtual", role=True)
