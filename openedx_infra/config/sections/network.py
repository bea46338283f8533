"""Egress: what pods may connect to outside the namespace."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from openedx_infra.config.images.sources import FilePath
from openedx_infra.config.types.addresses import Cidr, is_network
from openedx_infra.config.types.base import Distinct, KubernetesName, OrNothing, Port, Section
from openedx_infra.config.types.labels import LabelKey, LabelValue
from openedx_infra.config.types.patterns import DNS_LABEL, Pattern

_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"


def _proxy_hint(value: str) -> str | None:
    if "@" in value:
        return (
            "leave out user and password, which everybody who may read pods would see; let the proxy serve "
            "the addresses of the cluster's nodes without"
        )
    if value.startswith("https://"):
        return (
            "write http://: Python's own client speaks no TLS to a proxy, and what passes through has its own"
        )
    return None


ProxyUrl = Annotated[
    str,
    Pattern(
        "address of a proxy",
        rf"http://({DNS_LABEL}\.)*{DNS_LABEL}:{_PORT}",
        "http, a host in lower case and a port, and nothing else",
        "http://proxy.example.org:3128",
        _proxy_hint,
    ),
]
"""Address of an HTTP proxy that asks for no login."""
NETWORK = re.compile(r"([0-9.]+|[0-9a-f.]*:[0-9a-f:.]*)(/[0-9]{1,3})?")
"""Texts that are an address or a network, if right, and no name."""


def _exception(value: str) -> str:
    if not NETWORK.fullmatch(value):
        return value
    network = ip_network(is_network(value))
    if network.version == 6 and network.num_addresses > 1:
        raise ValueError(
            "is a network of IPv6, at which a common client (httpx) fails altogether: name hosts, or single "
            "addresses"
        )
    return str(network)


ProxyException = Annotated[
    str,
    Pattern(
        "host or network",
        rf"(\.?({DNS_LABEL}\.)*{DNS_LABEL}|[0-9a-f:.]+(/[0-9]{{1,3}})?)",
        "a host, a domain with a dot before it, an address, or a network",
        ".campus.example.org",
    ),
    AfterValidator(_exception),
]
"""What is reached without a proxy, in the form that NO_PROXY has."""


class NameService(Section):
    """The pods that answer for names."""

    namespace: KubernetesName = "kube-system"
    """Their namespace: `openshift-dns` on OpenShift."""
    labels: dict[LabelKey, LabelValue] = Field({"k8s-app": "kube-dns"}, min_length=1)
    """Their labels. Default: what k3s, RKE2, microk8s, kubeadm, EKS, AKS and GKE with kube-dns set; on
    OpenShift `dns.operator.openshift.io/daemonset-dns: default`."""
    port: Port = 53
    """The port on which the pods listen, which may be another than that of their Service: 5353 on
    OpenShift."""


class WebProxy(Section):
    """A proxy for all requests to web servers outside: of LMS, Studio, workers, duties, backups, tracking
    events and the preflight. Mail and databases know no such proxy, and go their own way."""

    url: ProxyUrl
    """Its address. TLS is between pods and the servers that they ask; the proxy only passes it on
    (CONNECT)."""
    exceptions: Annotated[tuple[ProxyException, ...], Distinct] = ()
    """Hosts, domains (`.campus.example.org`: all hosts in it), addresses and networks that are reached
    without it. Servers of the instance, other Services of the cluster (`.svc`), private networks, metadata
    services and `datastores.search` always are. Python's own client and that of S3 compare a network with
    nothing: name such servers by host or address."""

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or 80


class Egress(Section):
    """What network policies allow. Everything else is blocked, always including the metadata services of
    clouds, which hand out credentials."""

    ports: Annotated[tuple[Port, ...], Distinct] = (80, 443)
    """TCP ports of the Internet that LMS, Studio, their workers and duties reach: logins, LTI tools,
    transcripts and webhooks are all over the web."""

    inside: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Private networks that they reach on the same ports: LTI tools or a login server of the operator's own.
    Without it private addresses (RFC 1918, RFC 6598, fc00::/7) are closed to them, and so are pods of others,
    nodes, and whatever else is in the network of the cluster."""

    inside_namespaces: Annotated[tuple[KubernetesName, ...], Distinct] = ()
    """Namespaces of the cluster whose pods they reach on the same ports: LTI tools or a login server that run
    there. Some CNIs (Cilium, and so GKE Dataplane V2) read networks as addresses outside of the cluster
    alone, so that `inside` opens no pod."""

    datastores: Annotated[Annotated[tuple[Cidr, ...], Distinct] | None, OrNothing] = None
    """Networks of the datastores, mail servers and buckets outside the instance, each of which is reached on
    its own ports alone. None: anywhere; but AWS' own services and mail servers at public addresses alone. A
    server whose address is in the stack file needs no entry and is reached at that address alone. One whose
    name ends in `.svc` or `.svc.cluster.local` needs none either: the pods of its namespace are reached."""

    name_servers: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Addresses of name servers that are no pods (`dns`), besides NodeLocal DNSCache at its usual address,
    169.254.20.10: `169.254.169.254` for Cloud DNS of GKE. Port 53 alone is opened to them."""

    dns: NameService = NameService()
    """The cluster's name servers."""

    proxy: Annotated[WebProxy | None, OrNothing] = None
    """The proxy by which pods reach the web. None: they reach it themselves. With a proxy, network policies
    close the ways to the Internet on `ports`, unless an exception is at a public address; `inside` and
    `inside_namespaces` stay open. In `exceptions` name what is there."""

    authorities: Annotated[tuple[FilePath, ...], Distinct] = ()
    """Files with certificates of authorities of the operator's own, in PEM form, such as those of a campus.
    The whole platform trusts them beside those that browsers trust, wherever it connects to: LTI tools, login
    servers, mail, buckets; and so do backups, tracking events and the preflight. Datastores that have a key
    `tls.ca` trust what it names alone."""

    @property
    def authority_files(self) -> dict[str, FilePath]:
        """What each of `authorities` is called in pods."""
        return {f"{AUTHORITIES}-{number}-ca.pem": path for number, path in enumerate(self.authorities)}


AUTHORITIES = "authorities"
"""What the names of those files in pods begin with, where others have the name of a datastore."""

PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Networks that are nobody's on the Internet (RFC 1918, 6598, 4193): there the cluster's own pods, Services
and nodes are, and what else is near them."""
METADATA = (
    "169.254.0.0/16",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "fe80::/10",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
)
"""Addresses of metadata services, which hand out credentials: link-local ones (all clouds), and those of
Alibaba Cloud, Azure, Oracle, AWS and Google beside them, as each documents."""


def public(inside: Iterable[str] = ()) -> dict[str, list[str]]:
    """Networks to open for the Internet and for private networks `inside`, each with what is barred in it."""
    everything = {whole: _within(whole, (*PRIVATE, *METADATA)) for whole in ("0.0.0.0/0", "::/0")}
    return everything | networks(inside)


def networks(cidrs: Iterable[str]) -> dict[str, list[str]]:
    """These networks, each with the metadata services that are barred in it."""
    return {cidr: _within(cidr, METADATA) for cidr in cidrs}


def anywhere() -> dict[str, list[str]]:
    """All networks, with the metadata services barred."""
    return networks(("0.0.0.0/0", "::/0"))


def is_metadata(cidr: str) -> bool:
    """Whether all of a network is of metadata services."""
    return any(_contains(barred, cidr) for barred in METADATA)


def _within(cidr: str, barred: Iterable[str]) -> list[str]:
    """What is barred in a network, without what is in a larger part that is."""
    parts = [one for one in barred if one != cidr and _contains(cidr, one)]
    return [one for one in parts if not any(one != other and _contains(other, one) for other in parts)]


def _contains(outer: str, inner: str) -> bool:
    whole, part = ip_network(outer), ip_network(inner)
    if isinstance(whole, IPv4Network) and isinstance(part, IPv4Network):
        return part.subnet_of(whole)
    if isinstance(whole, IPv6Network) and isinstance(part, IPv6Network):
        return part.subnet_of(whole)
    return False
