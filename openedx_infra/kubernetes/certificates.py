"""cert-manager's Issuers and Certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from openedx_infra.kubernetes.names import NO_WAIT, Scope

GROUP = "cert-manager.io"


def issuer(name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions) -> CustomResource:
    """An Issuer, which signs in its own namespace alone."""
    return CustomResource(
        name,
        api_version=f"{GROUP}/v1",
        kind="Issuer",
        metadata=scope.metadata(name, name=name, annotations=NO_WAIT),
        spec=dict(spec),
        opts=opts,
    )


def certificate(
    name: str,
    scope: Scope,
    *,
    secret: str,
    signer: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    hosts: Sequence[str] = (),
    authority: str | None = None,
) -> CustomResource:
    """A Certificate for these hosts, or of an authority by its common name; its key and chain are kept in a
    Secret.

    It isn't awaited: proof by HTTP needs names in DNS that may be set later, and one host without a
    certificate must not keep all the rest from coming up. Each renewal makes a new key."""
    spec: dict[str, Any] = {
        "secretName": secret,
        "issuerRef": {"group": GROUP, **signer},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
    }
    spec |= {"isCA": True, "commonName": authority} if authority else {"dnsNames": list(hosts)}
    return CustomResource(
        name,
        api_version=f"{GROUP}/v1",
        kind="Certificate",
        metadata=scope.metadata(name, name=name, annotations=NO_WAIT),
        spec=spec,
        opts=opts,
    )
