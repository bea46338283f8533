"""Issuers of the site's certificates, as cert-manager knows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from openedx_infra.config.types.aws_regions import AwsRegion
from openedx_infra.config.types.base import KubernetesName, Section
from openedx_infra.config.types.hosts import Email, ServerName
from openedx_infra.config.types.patterns import Pattern

_SERVERS = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
"""Directories of Let's Encrypt, as it documents them."""

AcmeServer = Annotated[
    str,
    Pattern(
        "ACME server",
        r"letsencrypt|letsencrypt-staging|https://[A-Za-z0-9][A-Za-z0-9._:/-]*",
        "letsencrypt, letsencrypt-staging, or the https address of another one's directory",
        "https://acme.zerossl.com/v2/DV90",
    ),
]
"""An authority that speaks ACME."""

RoleArn = Annotated[
    str,
    Pattern(
        "role of AWS",
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+",
        "the ARN of a role",
        "arn:aws:iam::123456789012:role/acme-dns",
    ),
]
"""A role of AWS by its ARN."""

NameServer = Annotated[
    str,
    Pattern(
        "name server",
        r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?",
        "its host or address, and its port unless that is 53",
        "192.0.2.53:53",
    ),
]
"""A DNS server that takes updates."""


class Route53(Section):
    """Amazon Route 53."""

    source: Literal["route53"]
    """The domain is at Amazon Route 53."""
    region: AwsRegion
    """Region to sign requests for."""
    hosted_zone: str | None = Field(None, min_length=1)
    """Id of the hosted zone. Default: cert-manager finds it, for which it needs
    route53:ListHostedZonesByName."""
    role: RoleArn | None = None
    """Role that cert-manager assumes with the token of a service account of the instance, named `acme-dns`:
    its trust policy names the cluster's OIDC provider and that account. No secret is needed."""
    access_key_id: str | None = Field(None, min_length=1)
    """Access key; its secret half is the stack's secret `acme_dns_secret`. Instead of `role`."""


class Cloudflare(Section):
    """Cloudflare. The API token, with the permissions Zone:Read and DNS:Edit, is the secret
    `acme_dns_secret`."""

    source: Literal["cloudflare"]
    """The domain is at Cloudflare."""


class Rfc2136(Section):
    """A name server of your own that accepts signed updates (RFC 2136: BIND, Knot, PowerDNS). The TSIG key,
    in Base64, is the secret `acme_dns_secret`."""

    source: Literal["rfc2136"]
    """The domain is on a server that accepts updates by RFC 2136."""
    server: NameServer
    """The server, with its port unless that is 53."""
    key_name: str = Field(min_length=1)
    """Name of the TSIG key."""
    algorithm: Literal["HMACSHA256", "HMACSHA512"] = "HMACSHA512"
    """Algorithm of the key. Weaker ones are not offered."""


class DnsWebhook(Section):
    """Any other provider, by a webhook of cert-manager that runs in the cluster."""

    source: Literal["webhook"]
    """A webhook of cert-manager supports the provider."""
    group: ServerName
    """API group of the webhook."""
    solver: str = Field(min_length=1)
    """Name of its solver."""
    config: dict[str, Any] = Field({})
    """Its configuration: see the webhook's documentation. Where that wants a secret, as `name` and `key` of a
    Secret, `{secret: NAME}` is a secret of the stack."""


DnsProvider = Annotated[Route53 | Cloudflare | Rfc2136 | DnsWebhook, Field(discriminator="source")]


class Acme(Section):
    """An authority that speaks ACME, and the account there."""

    email: Email
    """Address of the account: the authority warns it of certificates that were not renewed."""
    server: AcmeServer = "letsencrypt"
    """`letsencrypt`, `letsencrypt-staging` (no rate limits, but not trusted by browsers: for tests), or the
    https address of another authority's directory."""
    key_id: str | None = Field(None, min_length=1)
    """Id of an existing account at the authority (external account binding); its key is the secret
    `acme_account_key`. None: the authority creates an account."""

    @property
    def directory(self) -> str:
        """Address of the authority's directory."""
        return _SERVERS.get(self.server, self.server)


class AcmeHttp(Acme):
    """Proof by HTTP (HTTP-01): the authority fetches a page of each host on port 80, so all hosts must be
    public and lead to this cluster."""

    source: Literal["http-01"]
    """The authority checks that requests for the hosts arrive at this cluster."""


class AcmeDns(Acme):
    """Proof by DNS (DNS-01): for sites that can't be reached from the Internet, or that need certificates
    before their hosts lead to this cluster."""

    source: Literal["dns-01"]
    """The authority checks that records of the domain can be written."""
    provider: DnsProvider
    """DNS provider of the domain."""
    cert_manager: KubernetesName = "cert-manager"
    """Namespace of cert-manager and name of its service account, which are the same with its own chart: who
    may assume `role`."""

    @property
    def needs_secret(self) -> bool:
        """Whether cert-manager logs in at the provider with a secret of the stack. A webhook has its own."""
        return not isinstance(self.provider, DnsWebhook) and getattr(self.provider, "role", None) is None


class ClusterIssuer(Section):
    """An existing issuer for all namespaces of the cluster."""

    source: Literal["cluster-issuer"]
    """A ClusterIssuer signs."""
    name: KubernetesName
    """Its name."""


class SelfSigned(Section):
    """An authority of the instance's own, for developers' machines: browsers don't trust it."""

    source: Literal["self-signed"]
    """The instance signs its own certificates."""


Issuer = Annotated[ClusterIssuer | AcmeHttp | AcmeDns | SelfSigned, Field(discriminator="source")]
