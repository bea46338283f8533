"""Where do the certificates of the site's hosts come from?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs, Role, RoleBinding, RoleRefArgs, SubjectArgs

from openedx_infra.components.ingress.routes import Door
from openedx_infra.components.instance import Instance
from openedx_infra.config.sections.issuers import (
    AcmeDns,
    AcmeHttp,
    Cloudflare,
    ClusterIssuer,
    DnsWebhook,
    Issuer,
    Rfc2136,
    Route53,
    SelfSigned,
)
from openedx_infra.config.sections.site import TlsSecret
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.certificates import certificate, issuer
from openedx_infra.kubernetes.service_account import service_account

ISSUER = "site"
"""The Issuer of the instance, which signs for its hosts."""
ACCOUNT = "acme-account"
"""Secret in which cert-manager keeps the key of its account."""
ROLE_ACCOUNT = "acme-dns"
"""Service account by whose tokens cert-manager takes a role of AWS."""
AUTHORITY = "authority"
"""The authority of an instance that signs for itself: its Issuer, its Certificate, and part of its Secret."""


def signed(
    instance: Instance, doors: Sequence[Door], entrance: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> dict[str, str]:
    """Names of the Secrets of the certificates, by door; empty where TLS doesn't end here.

    `entrance` is how cert-manager lets an authority in, as its HTTP-01 solvers write it.
    """
    tls = instance.stack.site.tls
    if isinstance(tls, TlsSecret):
        return {door.name: tls.secret for door in doors}
    said = instance.stack.site.issuer
    if said is None:
        return {}
    signer = _signer(said, instance, entrance, opts)
    secrets = {door.name: f"{door.name}-tls" for door in doors}
    for door in doors:
        secret = secrets[door.name]
        certificate(door.name, instance.scope, secret=secret, signer=signer, hosts=[door.host], opts=opts)
    return secrets


def _signer(
    said: Issuer, instance: Instance, entrance: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> dict[str, str]:
    """A reference to who signs, which is made first unless others made it."""
    if isinstance(said, ClusterIssuer):
        return {"kind": "ClusterIssuer", "name": said.name}
    issuer(ISSUER, instance.scope, _spec(said, instance, entrance, opts), opts)
    return {"kind": "Issuer", "name": ISSUER}


def _spec(
    said: AcmeHttp | AcmeDns | SelfSigned,
    instance: Instance,
    entrance: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    if isinstance(said, SelfSigned):
        return _own_authority(instance, opts)
    return _acme(said, instance, entrance, opts)


def _own_authority(instance: Instance, opts: pulumi.ResourceOptions) -> dict[str, Any]:
    """An authority that signs itself, and then the hosts: browsers are told to trust one thing, which
    stays."""
    scope, secret = instance.scope, f"{AUTHORITY}-tls"
    issuer(AUTHORITY, scope, {"selfSigned": {}}, opts)
    certificate(
        AUTHORITY,
        scope,
        secret=secret,
        signer={"kind": "Issuer", "name": AUTHORITY},
        authority=f"{instance.stack.site.lms_host} (development)"[:64],
        opts=opts,
    )
    return {"ca": {"secretName": secret}}


def _acme(
    said: AcmeHttp | AcmeDns, instance: Instance, entrance: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> dict[str, Any]:
    keys = {name: instance.secrets[f"acme_{name}"] for name in _keys(said)}
    kept = files.secret("acme", instance.scope, keys, opts).name if keys else None
    solver = {"http01": entrance}
    if isinstance(said, AcmeDns):
        solver = {"dns01": _dns(said, kept)}
        if isinstance(said.provider, Route53) and said.provider.role:
            _let_take_the_role(said, instance, opts)
    account: dict[str, Any] = {
        "server": said.directory,
        "email": said.email,
        "privateKeySecretRef": {"name": ACCOUNT},
        "solvers": [solver],
    }
    if said.key_id:
        reference = {"name": kept, "key": "account_key"}
        account["externalAccountBinding"] = {"keyID": said.key_id, "keySecretRef": reference}
    return {"acme": account}


def _keys(said: AcmeHttp | AcmeDns) -> list[str]:
    """Secrets of the stack that cert-manager reads, without what their names begin with."""
    dns = ["dns_secret"] if isinstance(said, AcmeDns) and said.needs_secret else []
    return [*(["account_key"] if said.key_id else []), *dns]


def _dns(said: AcmeDns, kept: pulumi.Output[str] | None) -> dict[str, Any]:
    """How records are written, as DNS-01 solvers say it."""
    at, key = said.provider, {"name": kept, "key": "dns_secret"}
    if isinstance(at, Cloudflare):
        return {"cloudflare": {"apiTokenSecretRef": key}}
    if isinstance(at, Rfc2136):
        algorithm = {"tsigKeyName": at.key_name, "tsigAlgorithm": at.algorithm}
        return {"rfc2136": {"nameserver": at.server, **algorithm, "tsigSecretSecretRef": key}}
    if isinstance(at, DnsWebhook):
        return {"webhook": {"groupName": at.group, "solverName": at.solver, "config": at.config}}
    route53: dict[str, Any] = {"region": at.region}
    if at.hosted_zone:
        route53["hostedZoneID"] = at.hosted_zone
    if at.role:
        account = {"serviceAccountRef": {"name": ROLE_ACCOUNT}}
        return {"route53": {**route53, "role": at.role, "auth": {"kubernetes": account}}}
    return {"route53": {**route53, "accessKeyID": at.access_key_id, "secretAccessKeySecretRef": key}}


def _let_take_the_role(said: AcmeDns, instance: Instance, opts: pulumi.ResourceOptions) -> None:
    """cert-manager may ask for tokens of the one service account that the role trusts."""
    scope = instance.scope
    service_account(ROLE_ACCOUNT, scope, {}, opts)
    metadata: ObjectMetaArgs = scope.metadata(ROLE_ACCOUNT, name=ROLE_ACCOUNT)
    asks = PolicyRuleArgs(
        api_groups=[""], resources=["serviceaccounts/token"], resource_names=[ROLE_ACCOUNT], verbs=["create"]
    )
    Role(ROLE_ACCOUNT, metadata=metadata, rules=[asks], opts=opts)
    RoleBinding(
        ROLE_ACCOUNT,
        metadata=metadata,
        role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=ROLE_ACCOUNT),
        subjects=[SubjectArgs(kind="ServiceAccount", name=said.cert_manager, namespace=said.cert_manager)],
        opts=opts,
    )
