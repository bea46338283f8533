"""HTTP headers of all answers: HSTS, Permissions-Policy, and what the operator sets."""

from __future__ import annotations

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
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


def secret(instance: Instance) -> dict[str, pulumi.Output[str]]:
    """Headers of the answers of all hosts whose values are secrets of the stack."""
    return {
        name: pulumi.Output.secret(instance.secrets[value.secret])
        for name, value in instance.stack.ingress.headers.items()
        if isinstance(value, SecretReference)
    }


def of_host(name: str, stack: Stack) -> dict[str, str]:
    """Headers of one host beside those: who may show its pages in frames, where the operator sets it.

    By default the servers decide. LMS and Studio refuse frames except for what courses, MFEs and LTI
    consumers show, which a header for the whole host would take away."""
    framed_by = {str(host): origins for host, origins in stack.ingress.framed_by.items()}
    origins = framed_by.get(name)
    return {"Content-Security-Policy": f"frame-ancestors {' '.join(origins)}"} if origins else {}


def _hsts(stack: Stack) -> str:
    hsts = stack.ingress.hsts
    flags = {"includeSubDomains": hsts.subdomains, "preload": hsts.preload}
    return "; ".join([f"max-age={hsts.seconds}", *(flag for flag, is_set in flags.items() if is_set)])
