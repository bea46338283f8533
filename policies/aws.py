"""Rules for everything on AWS: encryption, backups, no public data, TLS, tags, narrow rights.

Rules over one resource of Pulumi's AWS provider: its type token and its inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policies.objects import at

Props = Mapping[str, Any]
"""Inputs of a resource, by the names that the provider's schema has for them."""

INSTANCE = "aws:rds/instance:Instance"
CLUSTERS = ("aws:rds/cluster:Cluster", "aws:docdb/cluster:Cluster")
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
DOMAIN = "aws:opensearch/domain:Domain"
BUCKET = "aws:s3/bucket:Bucket"
DATA = (INSTANCE, *CLUSTERS, CACHE, DOMAIN, BUCKET)
"""Types whose loss is a loss of data."""

LEAST_BACKUP_DAYS = 7
"""A week, so that a fault of a Friday can be mended on Monday (a guess; our default is 30)."""

_ENCRYPTED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    INSTANCE: (("storageEncrypted",),),
    **{cluster: (("storageEncrypted",),) for cluster in CLUSTERS},
    CACHE: (("atRestEncryptionEnabled",), ("transitEncryptionEnabled",)),
    DOMAIN: (("encryptAtRest", "enabled"), ("nodeToNodeEncryption", "enabled")),
}
_DEMANDED_TLS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "aws:rds/parameterGroup:ParameterGroup": {"require_secure_transport": ("1", "ON")},
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": {"require_secure_transport": ("1", "ON")},
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup": {
        "tls": ("enabled", "tls1.2+", "tls1.3+", "fips-140-3")
    },
}
_EVERYBODY = ("0.0.0.0/0", "::/0")
_GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/securityGroupRule:SecurityGroupRule")
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_RIGHTS = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy")
PROVIDER = "pulumi:providers:aws"
_OF_THE_ACCOUNT = frozenset({"ses:GetSendQuota"})
"""Actions that AWS allows on everything or not at all, and that show no more than a number."""
STACK_TAG = "openedx:stack"
"""Tag by which a bill, or a person, finds the stack that made a resource."""


def encrypted(type_: str, props: Props) -> Iterator[str]:
    """Data is encrypted where it lies, and between servers."""
    for path in _ENCRYPTED.get(type_, ()):
        if not is_copy(props) and at(props, *path) is not True:
            yield f"{'.'.join(path)} is not true: data would lie, or travel, readably"


def backed_up(type_: str, props: Props) -> Iterator[str]:
    """A database can be set back, and leaves a last snapshot when it goes."""
    if type_ not in (INSTANCE, *CLUSTERS) or is_copy(props):
        return
    days = props.get("backupRetentionPeriod") or 0
    if isinstance(days, int | float) and days < LEAST_BACKUP_DAYS:
        yield f"keeps backups for {int(days)} days: keep them for {LEAST_BACKUP_DAYS} or more"
    if props.get("skipFinalSnapshot") is True:
        yield "leaves no snapshot when it is deleted: set skipFinalSnapshot to false"


def undeletable(type_: str, props: Props) -> Iterator[str]:
    """AWS itself refuses to delete a database, whoever asks."""
    if type_ in (INSTANCE, *CLUSTERS) and not is_copy(props) and props.get("deletionProtection") is not True:
        yield "can be deleted by a slip: set deletionProtection"


def unreachable_from_outside(type_: str, props: Props) -> Iterator[str]:
    """No database has a public address, and no security group lets everybody in."""
    if props.get("publiclyAccessible") is True:
        yield "has a public address: set publiclyAccessible to false"
    if type_ not in (*_GROUPS, _INGRESS) or props.get("type") == "egress":
        return
    rules = [props, *(props.get("ingress") or ())]
    for rule in rules:
        blocks = [*(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ())]
        blocks += [rule.get("cidrIpv4"), rule.get("cidrIpv6")]
        if any(block in _EVERYBODY for block in blocks):
            yield "lets everybody in: name the security groups of those who connect"


def demands_tls(type_: str, props: Props) -> Iterator[str]:
    """Servers refuse connections that are not encrypted."""
    for name, accepted in _DEMANDED_TLS.get(type_, {}).items():
        values = [one.get("value") for one in props.get("parameters") or () if one.get("name") == name]
        if not values or str(values[0]) not in accepted:
            yield f"takes connections that anybody can read: set the parameter {name} to {accepted[0]}"
    if type_ == DOMAIN:
        options = props.get("domainEndpointOptions") or {}
        if options.get("enforceHttps") is not True:
            yield "takes requests that anybody can read: set domainEndpointOptions.enforceHttps"
        if "TLS-1-0" in str(options.get("tlsSecurityPolicy") or "TLS-1-0"):
            yield "speaks TLS 1.0: set domainEndpointOptions.tlsSecurityPolicy to TLS 1.2 or later"


def authenticated(type_: str, props: Props) -> Iterator[str]:
    """Queues and caches ask for a password."""
    if type_ == CACHE and not props.get("authToken") and not props.get("userGroupIds"):
        yield "lets everybody in who reaches it: give it an authToken"


def named_rights(type_: str, props: Props) -> Iterator[str]:
    """Rights name what may be done, and to what: nobody may do everything."""
    if type_ not in _RIGHTS:
        return
    for statement in statements(props.get("policy")):
        if statement.get("Effect") != "Allow":
            continue
        wide = [action for action in listed(statement, "Action") if action == "*" or action.endswith(":*")]
        if wide or "NotAction" in statement:
            yield f"allows {', '.join(wide) or 'all but some actions'}: name each action"
        everything = "*" in listed(statement, "Resource") or "NotResource" in statement
        if everything and not _OF_THE_ACCOUNT.issuperset(listed(statement, "Action")):
            yield f"allows {', '.join(listed(statement, 'Action'))} on everything: name the resources"


def tagged(type_: str, props: Props) -> Iterator[str]:
    """All resources carry the name of their stack, by the provider's default tags."""
    if type_ != PROVIDER:
        return
    tags = at(_document(props.get("defaultTags")), "tags")
    if not isinstance(tags, Mapping) or STACK_TAG not in tags:
        yield f"gives resources no tag {STACK_TAG}: add it to defaultTags"


def statements(policy: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy document, which is a map or JSON."""
    statement = (_document(policy) or {}).get("Statement") or []
    return [statement] if isinstance(statement, Mapping) else list(statement)


def listed(statement: Mapping[str, Any], key: str) -> list[str]:
    """What a statement says for a key, which may be one text or several."""
    value = statement.get(key) or []
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _document(value: Any) -> Mapping[str, Any] | None:
    """Of what is known only later there is nothing to judge yet."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, Mapping) else None


def can_be_made_again(type_: str, props: Props) -> bool:
    """Whether it holds nothing of its own: a copy, or a cache that nobody wants back."""
    return is_copy(props) or (type_ == CACHE and not props.get("snapshotRetentionLimit"))


def is_copy(props: Props) -> bool:
    """Whether it is a read replica, which has all this from its source."""
    return bool(props.get("replicateSourceDb") or props.get("replicationSourceIdentifier"))
