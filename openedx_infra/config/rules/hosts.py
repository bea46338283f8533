"""Rules on hosts: names that lead nowhere but to the machine that asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.sections.issuers import AcmeHttp
from openedx_infra.config.stack import Stack

_LOOPBACK = re.compile(
    r"(.*\.)?(localhost|local\.openedx\.io|local\.overhang\.io|local\.edly\.io|localtest\.me|lvh\.me"
    r"|(.*[.-])?127[.-]\d+[.-]\d+[.-]\d+\.(nip|sslip)\.io)"
)
"""Names that lead to 127.0.0.1: by standard (RFC 6761), or because their domains' owners point them there."""
_LINK_LOCAL = re.compile(r".*\.local")
"""Names that machines on the same network announce themselves (RFC 6762)."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """Hosts that an authority must reach to issue a certificate, and can't."""
    if not isinstance(stack.site.issuer, AcmeHttp):
        return
    for location, host in _hosts(stack).items():
        if where := leads(host):
            text = (
                f"{host} leads to {where}, so the authority of `tls.issuer` can't reach it: write a public "
                "name, or another source of TLS"
            )
            yield Conflict(location, text, (("site", "tls"), ("site", "lms_host")))


def notes(stack: Stack) -> Iterator[str]:
    """Hosts that most visitors can't reach: right on one's own machine, and wrong on a server."""
    if isinstance(stack.site.issuer, AcmeHttp):
        return
    named: list[str] = []
    for location, host in _hosts(stack).items():
        where = leads(host)
        if where and not host.endswith(tuple(f".{other}" for other in named)):
            named.append(host)
            yield f"{key_of(location)}: {host} leads to {where}: nobody else reaches the site"


def leads(host: str) -> str | None:
    """Where a name leads that is no public one; None for all others."""
    if _LOOPBACK.fullmatch(host):
        return "the machine itself that looks it up"
    return "machines of the same local network alone" if _LINK_LOCAL.fullmatch(host) else None


def _hosts(stack: Stack) -> dict[Location, str]:
    """The hosts that stand in the stack file, and the LMS' host, under which all others are by default."""
    site = stack.site
    names = ("lms_host", "studio_host", "mfe_host", "search_host")
    return {("site", name): getattr(site, name) for name in names if name in site.model_fields_set}
