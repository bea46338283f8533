"""Rules on hosts: one for each service, one domain for cookies, and names that lead to the machine itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from openedx_infra.config.development.section import LOCAL_TLS
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.sections.issuers import AcmeHttp
from openedx_infra.config.sections.site import TlsSecret
from openedx_infra.config.services.registry import companions
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.hosts import within

_NAMES = ("lms_host", "studio_host", "mfe_host", "search_host")
_LOOPBACK = re.compile(
    r"(.*\.)?(localhost|local\.openedx\.io|local\.overhang\.io|local\.edly\.io|localtest\.me|lvh\.me"
    r"|(.*[.-])?127[.-]\d+[.-]\d+[.-]\d+\.(nip|sslip)\.io)"
)
"""Names that lead to 127.0.0.1: by standard (RFC 6761), or because their domains' owners point them there."""
_LINK_LOCAL = re.compile(r".*\.local")
"""Names that machines on the same network announce themselves (RFC 6762)."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    yield from _one_host_each(stack)
    yield from _shared_cookies(stack)
    yield from _unreachable(stack)
    yield from _insecure_origins(stack)
    yield from _local_certificates(stack)


def _one_host_each(stack: Stack) -> Iterator[Conflict]:
    hosts: dict[Location, str] = {("site", name): getattr(stack.site, name) for name in _NAMES}
    if stack.files_host is not None:
        hosts["datastores", "storage", "files_host"] = stack.files_host
    hosts |= {("site", "more_hosts", index): host for index, host in enumerate(stack.site.more_hosts)}
    hosts |= {
        (*each.location, key): host
        for each in companions(stack)
        for key, host in each.service.hosts(stack, each.section).items()
    }
    hosts |= _of_extras(stack)
    for first, second in combinations(hosts, 2):
        if hosts[first] == hosts[second]:
            text = f"{hosts[second]} is `{first[-1]}`, too: each service needs a host of its own"
            yield Conflict(second, text, (("site", "lms_host"), first))
    previews = {host for version in stack.versions for host in version.preview_hosts.values()}
    for location, host in hosts.items():
        if host in previews:
            text = f"{host} is where a version of `blue_green` is seen before it serves: choose another name"
            yield Conflict(location, text, (("blue_green",), ("site", "lms_host")))


def _shared_cookies(stack: Stack) -> Iterator[Conflict]:
    """LMS and MFEs are part of one domain, for which the LMS sets cookies that the MFEs read."""
    site = stack.site
    where: Location = ("site", "cookie_domain")
    if "cookie_domain" in site.model_fields_set:
        for name in ("lms_host", "mfe_host"):
            host = getattr(site, name)
            if not within(host, site.cookie_domain):
                text = (
                    f"{host} (`{name}`) is no part of {site.cookie_domain}, so that browsers would refuse "
                    "its cookies: write a domain that LMS and MFEs share, or leave it out"
                )
                yield Conflict(where, text, (("site", name),))
    elif not within(site.mfe_host, site.cookie_domain):
        text = (
            f"{site.mfe_host} and `lms_host` ({site.lms_host}) share no domain, so that the MFEs could not "
            "read the LMS' cookies: put both under one domain"
        )
        yield Conflict(("site", "mfe_host"), text, (("site", "lms_host"),))


def _insecure_origins(stack: Stack) -> Iterator[Conflict]:
    """Whoever is on the way can change a page without TLS, and would act in its visitors' names."""
    for index, origin in enumerate(stack.ingress.trusted_origins):
        scheme, _, host = origin.partition("://")
        if stack.site.secure and scheme == "http" and not leads(host.partition(":")[0]):
            text = f"{origin} has no TLS, so that anybody on the way could change its pages: write https://{host}"
            yield Conflict(("ingress", "trusted_origins", index), text, (("site", "tls"),))


def _local_certificates(stack: Stack) -> Iterator[Conflict]:
    """Certificates of this machine are in a Secret of their own, by which the site has TLS."""
    tls = stack.site.tls
    by_us = isinstance(tls, TlsSecret) and tls.secret == LOCAL_TLS
    if stack.development and stack.development.certificates == "local" and not by_us:
        text = "local sets TLS itself: leave `site.tls` out, or write none"
        yield Conflict(("development", "certificates"), text, (("site", "tls"),))


def _unreachable(stack: Stack) -> Iterator[Conflict]:
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
    """Hosts that most visitors can't reach: right on one's own machine, and wrong on a server; and hosts at
    which nobody is signed in.
    """
    yield from _signed_out(stack)
    yield from _cookies_of_neighbours(stack)
    if isinstance(stack.site.issuer, AcmeHttp):
        return
    named: list[str] = []
    for location, host in _hosts(stack).items():
        where = leads(host)
        if where and not host.endswith(tuple(f".{other}" for other in named)):
            named.append(host)
            yield f"{key_of(location)}: {host} leads to {where}: nobody else reaches the site"


def _signed_out(stack: Stack) -> Iterator[str]:
    for index, host in enumerate(stack.site.more_hosts):
        if not within(host, stack.site.cookie_domain):
            yield (
                f"{key_of(('site', 'more_hosts', index))}: {host} is no part of {stack.site.cookie_domain}, "
                "so nobody is signed in there: browsers refuse these cookies. `site.cookie_domain` sets a "
                "wider domain"
            )


def _cookies_of_neighbours(stack: Stack) -> Iterator[str]:
    """Cookies know no ports: what differs in these alone is one site to a browser."""
    site = stack.site
    if site.authority(site.lms_host) != site.lms_host and site.cookie_prefix is None:
        yield (
            f"{key_of(('development', 'ports'))}: cookies know no ports, so another instance of this machine "
            f"at {site.cookie_domain} or under it signs visitors of this one out: give it a host of its own, "
            "or set `site.cookie_prefix`"
        )


def leads(host: str) -> str | None:
    """Where a name leads that is no public one; None for all others."""
    if _LOOPBACK.fullmatch(host):
        return "the machine itself that looks it up"
    return "machines of the same local network alone" if _LINK_LOCAL.fullmatch(host) else None


def _hosts(stack: Stack) -> dict[Location, str]:
    """The hosts that stand in the stack file, and the LMS' host, under which all others are by default."""
    site = stack.site
    more: dict[Location, str] = {
        ("site", "more_hosts", index): host for index, host in enumerate(site.more_hosts)
    }
    named: dict[Location, str] = {
        ("site", name): getattr(site, name) for name in _NAMES if name in site.model_fields_set
    }
    return named | more | _of_extras(stack)


def _of_extras(stack: Stack) -> dict[Location, str]:
    """Hosts of containers of the operator's own."""
    return {
        ("extras", "containers", name, "route", "host"): container.route.host
        for name, container in stack.extras.containers.items()
        if container.route and container.route.host
    }
