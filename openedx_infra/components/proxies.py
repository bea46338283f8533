"""How is each ingress controller told about limits, headers and TLS?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.config.site import TlsNone, TlsUpstream
from openedx_infra.kubernetes.routing import middleware

YEAR_SECONDS = 31_536_000


class Proxy(Protocol):
    """An ingress controller."""

    def annotations(self, name: str, limit: int) -> dict[str, pulumi.Input[str]]:
        """Annotations of an Ingress called `name` that takes bodies of at most `limit` bytes."""


def proxy(instance: Instance, parent: pulumi.Resource) -> Proxy:
    """The controller that the stack file names."""
    return _PROXIES[instance.stack.cluster.ingress_controller](instance, parent)


def _ends_tls(instance: Instance) -> bool:
    """Whether the ingress itself speaks TLS, and so has plain requests to send on to it."""
    return not isinstance(instance.stack.site.tls, TlsNone | TlsUpstream)


class Traefik:
    """Traefik takes its orders from Middlewares, in the order in which the annotation names them.

    Its routers listen on all entry points; k3s and Traefik's own chart enable TLS on the one called
    websecure.
    """

    def __init__(self, instance: Instance, parent: pulumi.Resource) -> None:
        self._scope, self._own = instance.scope, pulumi.ResourceOptions(parent=parent)
        self._shared = ["headers"]
        middleware("headers", self._scope, {"headers": _headers(instance)}, self._own)
        if _ends_tls(instance):
            self._shared.insert(0, "https")
            spec = {"redirectScheme": {"scheme": "https", "permanent": True}}
            middleware("https", self._scope, spec, self._own)

    def annotations(self, name: str, limit: int) -> dict[str, pulumi.Input[str]]:
        """Annotations, and the Middleware that limits bodies.

        It takes requests and answers whole before it passes them on: a slow visitor then waits on the disk of
        the proxy, and occupies none of the few processes of the web server.
        """
        own = f"{name}-limit"
        middleware(own, self._scope, {"buffering": {"maxRequestBodyBytes": limit}}, self._own)
        parts = [
            pulumi.Output.concat(self._scope.namespace, "-", part, "@kubernetescrd")
            for part in (*self._shared, own)
        ]
        joined = pulumi.Output.all(*parts).apply(",".join)
        return {"traefik.ingress.kubernetes.io/router.middlewares": joined}


@dataclass(frozen=True)
class Nginx:
    """NGINX takes annotations.

    It adds no headers by annotation, but sends HSTS over TLS by itself; Django and the MFEs' server send the
    rest.
    """

    instance: Instance
    parent: pulumi.Resource

    def annotations(self, name: str, limit: int) -> dict[str, pulumi.Input[str]]:
        """Annotations; NGINX needs nothing else."""
        return {
            "nginx.ingress.kubernetes.io/proxy-body-size": str(limit),
            "nginx.ingress.kubernetes.io/proxy-read-timeout": "300",
            "nginx.ingress.kubernetes.io/proxy-buffer-size": "16k",  # JSON web tokens make large cookies
            "nginx.ingress.kubernetes.io/ssl-redirect": str(_ends_tls(self.instance)).lower(),
        }


_PROXIES: dict[str, type[Traefik] | type[Nginx]] = {"traefik": Traefik, "nginx": Nginx}

PODS = {"traefik": "traefik", "nginx": "ingress-nginx"}
"""Label app.kubernetes.io/name of each controller's pods, as k3s and the controllers' own charts set it."""


def _headers(instance: Instance) -> dict[str, Any]:
    """What browsers are told on every answer. Framing is left to LMS and MFEs, which frame each other."""
    headers: dict[str, Any] = {
        "contentTypeNosniff": True,
        "referrerPolicy": "strict-origin-when-cross-origin",
    }
    if instance.stack.site.secure:
        headers |= {"stsSeconds": YEAR_SECONDS, "forceSTSHeader": True}
    return headers
