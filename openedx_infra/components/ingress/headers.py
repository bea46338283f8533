"""HTTP headers of all answers: HSTS, Permissions-Policy, and what the operator sets."""

from __future__ import annotations

import pulumi

from openedx_infra.components.ingress.routes import PublicHost
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.site import TlsUpstream
from openedx_infra.config.types.secret_references import SecretReference

UNUSED = ("browsing-topics", "geolocation", "hid", "serial", "usb")
"""Features of browsers that no part of Open edX asks for. Camera, microphone and full screen are left to
proctoring and videos."""


def common(stack: Stack) -> dict[str, str]:
    """Headers of the answers of all hosts, as the operator wants them, without those that are secret."""
    headers: dict[str, str | SecretReference | None] = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
    }
    if stack.site.secure:
        headers["Strict-Transport-Security"] = _hsts(stack)
    spelled = {name.lower(): name for name in headers}
    for name, value in stack.ingress.headers.items():
        headers[spelled.get(name.lower(), name)] = value
    return {name: value for name, value in headers.items() if isinstance(value, str)}


def of_request(stack: Stack) -> dict[str, str]:
    """Headers of requests that the entrance sets: where TLS ends before the cluster, all visitors come by it.

    What a balancer in front sends is no matter then, and whether the controller trusts it neither."""
    if not isinstance(stack.site.tls, TlsUpstream):
        return {}
    return {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}


def secret(instance: Instance) -> dict[str, pulumi.Output[str]]:
    """Headers of the answers of all hosts whose values are secrets of the stack."""
    return {
        name: pulumi.Output.secret(instance.secrets[value.secret])
        for name, value in instance.stack.ingress.headers.items()
        if isinstance(value, SecretReference)
    }


def of_host(host: PublicHost, stack: Stack) -> dict[str, str]:
    """Headers of one host beside those: who may show its pages in frames, where the operator sets it.

    By default the servers decide. LMS and Studio refuse frames except for what courses, MFEs and LTI
    consumers show, which a header for the whole host would take away. At the previews of two versions, the
    previews of origins that are hosts of the site may show its pages, too."""
    framed_by = {str(name): origins for name, origins in stack.ingress.framed_by.items()}
    origins = framed_by.get(host.site)
    if not origins:
        return {}
    both = dict.fromkeys([*origins, *(_preview(origin, host, stack) for origin in origins)])
    return {"Content-Security-Policy": f"frame-ancestors {' '.join(both)}"}


def _preview(origin: str, host: PublicHost, stack: Stack) -> str:
    """The origin's preview of the version that a host previews; the origin itself where there is none."""
    for version in stack.versions:
        previews = version.preview_hosts
        if previews.get(host.site) == host.domain:
            at_site = {version.site_hosts[name]: preview for name, preview in previews.items()}
            scheme, _, rest = origin.partition("://")
            return f"{scheme}://{at_site[rest]}" if rest in at_site else origin
    return origin


def _hsts(stack: Stack) -> str:
    hsts = stack.ingress.hsts
    flags = {"includeSubDomains": hsts.subdomains, "preload": hsts.preload}
    return "; ".join([f"max-age={hsts.seconds}", *(flag for flag, is_set in flags.items() if is_set)])
