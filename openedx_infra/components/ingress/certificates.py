"""TLS certificates of the public hosts: cert-manager's Issuer and Certificates, or the operator's Secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from openedx_infra.components.ingress.routes import PublicHost
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
from openedx_infra.config.types.secret_references import KEY, is_reference, references
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.models import (
    ObjectMetaArgs,
    PolicyRuleArgs,
    Role,
    RoleBinding,
    RoleRefArgs,
    SubjectArgs,
)
from openedx_infra.kubernetes.routing import certificate, issuer
from openedx_infra.kubernetes.workload import service_account

ISSUER = "site"
"""The Issuer of the instance, which signs for its hosts."""
ACCOUNT = "acme-account"
"""Secret in which cert-manager keeps the key of its account."""
ROLE_ACCOUNT = "acme-dns"
"""Service account by whose tokens cert-manager takes a role of AWS."""
AUTHORITY = "authority"
"""The authority of an instance that signs for itself: its Issuer, its Certificate, and part of its Secret."""


def certificate_secrets(
    instance: Instance, hosts: Sequence[PublicHost], solver: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> dict[str, str]:
    """Names of the Secrets of the certificates, by host; empty where TLS doesn't end here.

    `solver` is cert-manager's configuration of HTTP-01: how an authority reaches its answer.
    """
    tls = instance.stack.site.tls
    if isinstance(tls, TlsSecret):
        return {host.name: tls.secret for host in hosts}
    config = instance.stack.site.issuer
    if config is None:
        return {}
    signer = _signer(config, instance, solver, opts)
    secrets = {host.name: f"{host.name}-tls" for host in hosts}
    for host in hosts:
        secret = secrets[host.name]
        certificate(host.name, instance.scope, secret=secret, signer=signer, hosts=[host.domain], opts=opts)
    return secrets


def _signer(
    config: Issuer, instance: Instance, solver: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> dict[str, str]:
    """A reference to the issuer, which is created unless it is the cluster's."""
    if isinstance(config, ClusterIssuer):
        return {"kind": "ClusterIssuer", "name": config.name}
    issuer(ISSUER, instance.scope, _spec(config, instance, solver, opts), opts)
    return {"kind": "Issuer", "name": ISSUER}


def _spec(
    config: AcmeHttp | AcmeDns | SelfSigned,
    instance: Instance,
    solver: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> dict[str, Any]:
    if isinstance(config, SelfSigned):
        return _self_signed(instance, opts)
    return _acme(config, instance, solver, opts)


def _self_signed(instance: Instance, opts: pulumi.ResourceOptions) -> dict[str, Any]:
    """A self-signed authority that signs the hosts' certificates: what browsers are told to trust stays."""
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
    config: AcmeHttp | AcmeDns, instance: Instance, solver: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> dict[str, Any]:
    keys = {name: instance.secrets[f"acme_{name}"] for name in _keys(config)}
    secret = files.secret("acme", instance.scope, keys, opts).name if keys else None
    solver_secret = _of_webhook(config, instance, opts) or secret
    acme_solver = {"http01": solver}
    if isinstance(config, AcmeDns):
        acme_solver = {"dns01": _dns(config, solver_secret)}
        if isinstance(config.provider, Route53) and config.provider.role:
            _allow_role(config, instance, opts)
    account: dict[str, Any] = {
        "server": config.directory,
        "email": config.email,
        "privateKeySecretRef": {"name": ACCOUNT},
        "solvers": [acme_solver],
    }
    if config.key_id:
        reference = {"name": secret, "key": "account_key"}
        account["externalAccountBinding"] = {"keyID": config.key_id, "keySecretRef": reference}
    return {"acme": account}


def _of_webhook(
    config: AcmeHttp | AcmeDns, instance: Instance, opts: pulumi.ResourceOptions
) -> pulumi.Output[str] | None:
    """Name of the Secret of what a webhook's configuration refers to. None: it refers to no secret."""
    provider = getattr(config, "provider", None)
    names = {name for _, name in references(provider.config)} if isinstance(provider, DnsWebhook) else set()
    values = {name: instance.secrets[name] for name in sorted(names)}
    return files.secret("acme-webhook", instance.scope, values, opts).name if values else None


def _selected(value: Any, secret: pulumi.Output[str] | None) -> Any:
    """A webhook's configuration with its references as cert-manager's own types have them: name and key."""
    if is_reference(value):
        return {"name": secret, "key": value[KEY]}
    if isinstance(value, Mapping):
        return {key: _selected(inner, secret) for key, inner in value.items()}
    return [_selected(inner, secret) for inner in value] if isinstance(value, list | tuple) else value


def _keys(config: AcmeHttp | AcmeDns) -> list[str]:
    """Secrets of the stack that cert-manager reads, by their names without `acme_`."""
    dns = ["dns_secret"] if isinstance(config, AcmeDns) and config.needs_secret else []
    return [*(["account_key"] if config.key_id else []), *dns]


def _dns(config: AcmeDns, secret: pulumi.Output[str] | None) -> dict[str, Any]:
    """cert-manager's configuration of a DNS-01 solver."""
    provider, key = config.provider, {"name": secret, "key": "dns_secret"}
    if isinstance(provider, Cloudflare):
        return {"cloudflare": {"apiTokenSecretRef": key}}
    if isinstance(provider, Rfc2136):
        algorithm = {"tsigKeyName": provider.key_name, "tsigAlgorithm": provider.algorithm}
        return {"rfc2136": {"nameserver": provider.server, **algorithm, "tsigSecretSecretRef": key}}
    if isinstance(provider, DnsWebhook):
        return {
            "webhook": {
                "groupName": provider.group,
                "solverName": provider.solver,
                "config": _selected(provider.config, secret),
            }
        }
    route53: dict[str, Any] = {"region": provider.region}
    if provider.hosted_zone:
        route53["hostedZoneID"] = provider.hosted_zone
    if provider.role:
        account = {"serviceAccountRef": {"name": ROLE_ACCOUNT}}
        return {"route53": {**route53, "role": provider.role, "auth": {"kubernetes": account}}}
    return {"route53": {**route53, "accessKeyID": provider.access_key_id, "secretAccessKeySecretRef": key}}


def _allow_role(config: AcmeDns, instance: Instance, opts: pulumi.ResourceOptions) -> None:
    """Lets cert-manager ask for tokens of the one service account that the role trusts."""
    scope = instance.scope
    service_account(ROLE_ACCOUNT, scope, {}, opts)
    metadata: ObjectMetaArgs = scope.metadata(ROLE_ACCOUNT, name=ROLE_ACCOUNT)
    rule = PolicyRuleArgs(
        api_groups=[""], resources=["serviceaccounts/token"], resource_names=[ROLE_ACCOUNT], verbs=["create"]
    )
    Role(ROLE_ACCOUNT, metadata=metadata, rules=[rule], opts=opts)
    RoleBinding(
        ROLE_ACCOUNT,
        metadata=metadata,
        role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=ROLE_ACCOUNT),
        subjects=[
            SubjectArgs(kind="ServiceAccount", name=config.cert_manager, namespace=config.cert_manager)
        ],
        opts=opts,
    )
