"""Egress: what pods may connect to outside the namespace."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import Field

from openedx_infra.config.images.sources import FilePath
from openedx_infra.config.types.addresses import Cidr
from openedx_infra.config.types.base import Distinct, KubernetesName, OrNothing, Port, Section
from openedx_infra.config.types.labels import LabelKey, LabelValue


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
