"""How is each ingress controller told about limits, headers, addresses and TLS, by annotations of
Ingresses?"""

from __future__ import annotations

import math
from typing import Protocol

import pulumi

from openedx_infra.components.ingress.middlewares import Middlewares
from openedx_infra.components.ingress.routes import Part
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.site import TlsNone, TlsUpstream

COOKIE = "openedx_pod"
"""Cookie that brings a visitor back to the same pod. It says nothing but which."""


class Proxy(Protocol):
    """An ingress controller."""

    def annotations(self, part: Part) -> dict[str, pulumi.Input[str]]:
        """Annotations of the Ingress of a part of a door."""


def proxy(instance: Instance, opts: pulumi.ResourceOptions) -> Proxy:
    """The controller that the stack file names."""
    if instance.stack.cluster.ingress_controller == "nginx":
        return Nginx(instance.stack)
    return Traefik(instance, opts)


def ends_tls(stack: Stack) -> bool:
    """Whether the entrance itself speaks TLS, and so has plain requests to send on to it."""
    return not isinstance(stack.site.tls, TlsNone | TlsUpstream)


class Traefik:
    """Traefik takes its orders from Middlewares, in the order in which the annotation names them.

    Its routers listen on all entry points; k3s and Traefik's own chart enable TLS on the one called
    websecure. Bodies are limited by the servers behind it: its own way, `buffering`, holds back whole
    answers, too (traefik#12869), and keeps each upload on its disk first."""

    def __init__(self, instance: Instance, opts: pulumi.ResourceOptions) -> None:
        self._instance = instance
        self._middlewares = Middlewares(instance, opts)

    def annotations(self, part: Part) -> dict[str, pulumi.Input[str]]:
        """The Middlewares by their full names."""
        made = self._middlewares
        redirect = [made.redirect()] if ends_tls(self._instance.stack) else []
        names = [*redirect, *made.words(part.door), *made.refusals(part)]
        namespace = self._instance.scope.namespace
        full = [pulumi.Output.concat(namespace, "-", name, "@kubernetescrd") for name in names]
        joined = pulumi.Output.all(*full).apply(",".join)
        return {"traefik.ingress.kubernetes.io/router.middlewares": joined}


class Nginx:
    """NGINX takes annotations.

    It adds no headers by annotation, but sends HSTS over TLS by itself; Django and the MFEs' server send most
    of the rest."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def annotations(self, part: Part) -> dict[str, pulumi.Input[str]]:
        """Annotations; NGINX needs nothing else."""
        words: dict[str, pulumi.Input[str]] = {
            "proxy-body-size": str(part.door.limit),
            "proxy-read-timeout": "300",
            "proxy-buffer-size": "16k",  # JSON web tokens make large cookies
            "ssl-redirect": str(ends_tls(self._stack)).lower(),
        }
        if part.allow:
            words["whitelist-source-range"] = ",".join(part.allow)
        if part.rate:
            words[f"limit-{'rps' if part.rate.per == 'second' else 'rpm'}"] = str(part.rate.average)
            # NGINX counts what may come at once in multiples of the average.
            words["limit-burst-multiplier"] = str(max(1, math.ceil(part.rate.burst / part.rate.average)))
        if part.door.sticky:
            words |= {
                "affinity": "cookie",
                "affinity-mode": "persistent",
                "session-cookie-name": COOKIE,
                "session-cookie-samesite": "Lax",
                "session-cookie-secure": str(self._stack.site.secure).lower(),
            }
        return {f"nginx.ingress.kubernetes.io/{word}": value for word, value in words.items()}


def sticky_service(stack: Stack) -> dict[str, str]:
    """Annotations of a Service whose visitors come back to the same pod: Traefik reads them there."""
    if stack.cluster.ingress_controller != "traefik" or stack.ingress.kind != "ingress":
        return {}
    words = {
        "": "true",
        ".name": COOKIE,
        ".httponly": "true",
        ".samesite": "lax",
        ".secure": str(stack.site.secure).lower(),
    }
    prefix = "traefik.ingress.kubernetes.io/service.sticky.cookie"
    return {f"{prefix}{word}": value for word, value in words.items()}
