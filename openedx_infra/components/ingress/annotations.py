"""Annotations by which Traefik and NGINX learn limits, headers, allowed addresses and TLS of an Ingress."""

from __future__ import annotations

import math
from typing import Protocol

import pulumi

from openedx_infra.components.ingress.middlewares import Middlewares
from openedx_infra.components.ingress.routes import RouteGroup
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.site import TlsNone, TlsUpstream

COOKIE = "openedx_pod"
"""Cookie that brings a visitor back to the same pod. It holds nothing else."""


class IngressController(Protocol):
    """An ingress controller."""

    def annotations(self, group: RouteGroup) -> dict[str, pulumi.Input[str]]:
        """Annotations of the Ingress of these routes."""


def ingress_controller(instance: Instance, opts: pulumi.ResourceOptions) -> IngressController:
    """The controller that the stack file names."""
    if instance.stack.cluster.ingress_controller == "nginx":
        return Nginx(instance.stack)
    return Traefik(instance, opts)


def terminates_tls(stack: Stack) -> bool:
    """Whether the ingress controller itself speaks TLS, and so redirects plain requests to it."""
    return not isinstance(stack.site.tls, TlsNone | TlsUpstream)


class Traefik:
    """Traefik: Middlewares, applied in the order in which the annotation names them.

    Its routers listen on all entry points; k3s and Traefik's own chart enable TLS on the one called
    websecure. Bodies are limited by the servers behind it: its own middleware, `buffering`, holds back whole
    answers, too (traefik#12869), and writes each upload to its disk first."""

    def __init__(self, instance: Instance, opts: pulumi.ResourceOptions) -> None:
        self._instance = instance
        self._middlewares = Middlewares(instance, opts)

    def annotations(self, group: RouteGroup) -> dict[str, pulumi.Input[str]]:
        """The Middlewares by their full names."""
        middlewares = self._middlewares
        redirect = [middlewares.redirect()] if terminates_tls(self._instance.stack) else []
        names = [*redirect, *middlewares.headers(group.host), *middlewares.limits(group)]
        namespace = self._instance.scope.namespace
        full = [pulumi.Output.concat(namespace, "-", name, "@kubernetescrd") for name in names]
        joined = pulumi.Output.all(*full).apply(",".join)
        return {"traefik.ingress.kubernetes.io/router.middlewares": joined}


class Nginx:
    """NGINX: annotations alone.

    They can add no headers, but NGINX sends HSTS over TLS by itself; Django and the MFEs' server send most of
    the rest."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def annotations(self, group: RouteGroup) -> dict[str, pulumi.Input[str]]:
        """Its own annotations, without Middlewares."""
        values: dict[str, pulumi.Input[str]] = {
            "proxy-body-size": str(group.host.body_limit),
            "proxy-read-timeout": "300",
            "proxy-buffer-size": "16k",  # JSON web tokens make large cookies
            "ssl-redirect": str(terminates_tls(self._stack)).lower(),
        }
        if group.allow:
            values["whitelist-source-range"] = ",".join(group.allow)
        if group.rate:
            values[f"limit-{'rps' if group.rate.per == 'second' else 'rpm'}"] = str(group.rate.average)
            # NGINX counts what may come at once in multiples of the average.
            values["limit-burst-multiplier"] = str(max(1, math.ceil(group.rate.burst / group.rate.average)))
        if group.host.sticky:
            values |= {
                "affinity": "cookie",
                "affinity-mode": "persistent",
                "session-cookie-name": COOKIE,
                "session-cookie-samesite": "Lax",
                "session-cookie-secure": str(self._stack.site.secure).lower(),
            }
        return {f"nginx.ingress.kubernetes.io/{name}": value for name, value in values.items()}


def sticky_service(stack: Stack) -> dict[str, str]:
    """Annotations of a Service whose visitors come back to the same pod, which Traefik reads there."""
    if stack.cluster.ingress_controller != "traefik" or stack.ingress.kind != "ingress":
        return {}
    values = {
        "": "true",
        ".name": COOKIE,
        ".httponly": "true",
        ".samesite": "lax",
        ".secure": str(stack.site.secure).lower(),
    }
    prefix = "traefik.ingress.kubernetes.io/service.sticky.cookie"
    return {f"{prefix}{name}": value for name, value in values.items()}
