"""Buckets on Amazon S3."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws import s3

from openedx_infra.aws.account import Account

UPLOAD_DAYS = 7
"""Days after which an upload that was never finished is thrown away."""
MAX_AGE = 3600
"""Seconds for which browsers remember what a bucket allows."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What is asked of a bucket."""

    public: bool = False
    """Whether everybody may read what lies in it, though not list it."""
    versioned: bool = True
    """Whether what is overwritten or deleted can be had back."""
    old_version_days: int = 30
    """Days for which it can."""
    object_days: int | None = None
    """Days after which everything in it is thrown away. None: never."""
    origins: Sequence[str] = ()
    """Sites whose pages may read from it and, unless it is public, write to it by signed addresses."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of its own."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A bucket, ready to be used once what it names is ready."""

    bucket: s3.Bucket
    """The bucket."""
    ready: Sequence[pulumi.Resource]
    """What must be ready before anybody uses it: what guards it."""


def policy(arn: str, *, public: bool) -> dict[str, Any]:
    """Who may do what with a bucket, besides those whose own rights name it: nobody without TLS; and
    everybody may read a public one."""
    encrypted = {
        "Sid": "NothingInPlain",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    readable = {
        "Sid": "EverybodyReads",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{arn}/*",
    }
    return {"Version": "2012-10-17", "Statement": [encrypted, *([readable] if public else [])]}


def rights(arns: Sequence[str]) -> list[dict[str, Any]]:
    """What a program needs to keep files in buckets: rights on what lies in them, and to look for it."""
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": list(arns),
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": [f"{arn}/*" for arn in arns],
        },
    ]


def bucket(account: Account, name: str, spec: Bucket, parent: pulumi.Resource) -> Made:
    """A bucket with all that protects it. Nothing in it has rights of its own (ACLs)."""
    full = account.name(name)
    resource = s3.Bucket(full, tags=dict(spec.tags), opts=account.data(parent))
    opts = account.guard(parent)
    barrier = s3.BucketPublicAccessBlock(
        f"{full}-access",
        bucket=resource.bucket,
        block_public_acls=True,
        ignore_public_acls=True,
        block_public_policy=not spec.public,
        restrict_public_buckets=not spec.public,
        opts=opts,
    )
    owner = s3.BucketOwnershipControls(
        f"{full}-ownership",
        bucket=resource.bucket,
        rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=opts,
    )
    encryption = s3.BucketServerSideEncryptionConfiguration(
        f"{full}-encryption", bucket=resource.bucket, rules=[_encryption(account, spec)], opts=opts
    )
    access = s3.BucketPolicy(
        f"{full}-policy",
        bucket=resource.bucket,
        policy=resource.arn.apply(lambda arn: json.dumps(policy(arn, public=spec.public))),
        # While public policies are barred, a public one is refused.
        opts=account.guard(parent, after=[barrier]),
    )
    versions = _versions(account, full, resource, spec, parent)
    _keep(account, full, resource, spec, versions, parent)
    if spec.origins:
        _open(account, full, resource, spec, parent)
    return Made(bucket=resource, ready=[barrier, owner, encryption, access, versions])


def _encryption(account: Account, spec: Bucket) -> s3.BucketServerSideEncryptionConfigurationRuleArgs:
    """By KMS; what everybody may read, by S3 alone, as KMS serves nobody without a name."""
    how = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="AES256" if spec.public else "aws:kms",
        kms_master_key_id=None if spec.public else account.kms_key,
    )
    return s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=how, bucket_key_enabled=not spec.public
    )


def _versions(
    account: Account, full: str, resource: s3.Bucket, spec: Bucket, parent: pulumi.Resource
) -> s3.BucketVersioning:
    """Whether things that are overwritten or deleted are kept."""
    status = "Enabled" if spec.versioned else "Suspended"
    return s3.BucketVersioning(
        f"{full}-versions",
        bucket=resource.bucket,
        versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status=status),
        opts=account.guard(parent),
    )


def _keep(
    account: Account,
    full: str,
    resource: s3.Bucket,
    spec: Bucket,
    versions: s3.BucketVersioning,
    parent: pulumi.Resource,
) -> None:
    """How long things are kept."""
    rules = [
        s3.BucketLifecycleConfigurationRuleArgs(
            id="leftovers",
            status="Enabled",
            filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=(
                s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=UPLOAD_DAYS
                )
            ),
            noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=spec.old_version_days
            ),
        )
    ]
    if spec.object_days:
        rules.append(
            s3.BucketLifecycleConfigurationRuleArgs(
                id="passing",
                status="Enabled",
                filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=spec.object_days),
            )
        )
    s3.BucketLifecycleConfiguration(
        f"{full}-lifecycle", bucket=resource.bucket, rules=rules, opts=account.opts(parent, after=[versions])
    )


def _open(account: Account, full: str, resource: s3.Bucket, spec: Bucket, parent: pulumi.Resource) -> None:
    """What pages of other sites may do, as far as they have the right to."""
    rule = s3.BucketCorsConfigurationCorsRuleArgs(
        allowed_origins=list(spec.origins),
        allowed_methods=["GET", "HEAD"] if spec.public else ["GET", "HEAD", "PUT"],
        allowed_headers=["*"],
        expose_headers=["ETag"],
        max_age_seconds=MAX_AGE,
    )
    s3.BucketCorsConfiguration(
        f"{full}-cors", bucket=resource.bucket, cors_rules=[rule], opts=account.opts(parent)
    )
