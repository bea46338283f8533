"""Whom outside the namespace may pods talk to?"""

from __future__ import annotations

from typing import Annotated

from openedx_infra.config.addresses import Cidr
from openedx_infra.config.base import Distinct, OrNothing, Port, Section


class Egress(Section):
    """What network policies leave open. All else is closed: no key opens the metadata services of clouds,
    which hand out credentials."""

    ports: Annotated[tuple[Port, ...], Distinct] = (80, 443)
    """TCP ports of the Internet that LMS, Studio, their workers and duties reach: logins, LTI tools,
    transcripts and webhooks are all over the web."""

    inside: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Private networks that they reach on the same ports: LTI tools or a login server of the operator's own.
    Without it private addresses (RFC 1918, RFC 6598, fc00::/7) are closed to them, and so are pods of others,
    nodes, and whatever else is in the network of the cluster."""

    datastores: Annotated[Annotated[tuple[Cidr, ...], Distinct] | None, OrNothing] = None
    """Networks of the datastores, mail servers and buckets outside the cluster, each of which is reached on
    its own ports alone. None: anywhere. A server that the stack file names by its address needs no such
    word."""

    name_servers: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Addresses of name servers that are no pods of kube-system with the label k8s-app: kube-dns, nor
    NodeLocal DNSCache at its usual address, 169.254.20.10."""
