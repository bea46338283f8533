"""How do visitors reach LMS, Studio, MFEs and search? Hosts, TLS, upload limits and headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from openedx_infra.components.instance import MFE_PORT, WEB_PORT, Instance
from openedx_infra.config.site import TlsCertManager, TlsNone, TlsSecret, TlsUpstream
from openedx_infra.kubernetes.routing import middleware, route
from openedx_infra.settings import UPLOAD_LIMITS

SEARCH_PATHS = ("/multi-search", "/indexes", "/health")
"""What Studio's pages ask Meilisearch for, with keys limited to one user.

Keys, dumps, tasks and statistics stay inside: a leaked key must not become the key to everything.
"""
QUERY_LIMIT = 1_000_000
"""Largest body, in bytes, of a request to a server that takes no files: ten times a long search (a guess)."""
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True, kw_only=True)
class Door:
    """A public host, and the Service behind it."""

    service: str
    port: int
    host: str
    limit: int
    """Largest body of a request, in bytes."""
    paths: Sequence[str] = ("/",)


class Ingress(pulumi.ComponentResource):
    """One Ingress for each host. They need no pod behind them yet, so they wait for nothing."""

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Ingress", name, None, opts)
        self._instance = instance
        self._own = pulumi.ResourceOptions(parent=self)
        traefik = instance.stack.cluster.ingress_controller == "traefik"
        for door in self._doors():
            annotations = self._traefik(door) if traefik else self._nginx(door)
            self._open(door, annotations)
        self.register_outputs({"hosts": list(instance.stack.site.hosts)})

    def _doors(self) -> list[Door]:
        site, search = self._instance.stack.site, self._instance.endpoints.search
        return [
            Door(service="lms", port=WEB_PORT, host=site.lms_host, limit=UPLOAD_LIMITS["lms"]),
            Door(service="studio", port=WEB_PORT, host=site.studio_host, limit=UPLOAD_LIMITS["cms"]),
            Door(service="mfe", port=MFE_PORT, host=site.mfe_host, limit=QUERY_LIMIT),
            Door(
                service=search.host,
                port=search.port,
                host=site.search_host,
                limit=QUERY_LIMIT,
                paths=SEARCH_PATHS,
            ),
        ]

    def _open(self, door: Door, annotations: dict[str, pulumi.Input[str]]) -> None:
        stack, tls = self._instance.stack, self._instance.stack.site.tls
        secret = None
        if isinstance(tls, TlsSecret):
            secret = tls.secret
        elif isinstance(tls, TlsCertManager):
            secret = f"{door.service}-tls"
            annotations["cert-manager.io/cluster-issuer"] = tls.cluster_issuer
        route(
            door.service,
            self._instance.scope,
            host=door.host,
            port=door.port,
            paths=door.paths,
            ingress_class=stack.cluster.ingress_class or stack.cluster.ingress_controller,
            annotations=annotations,
            tls_secret=secret,
            opts=self._own,
        )

    def _traefik(self, door: Door) -> dict[str, pulumi.Input[str]]:
        """Traefik takes its orders from Middlewares, in the order in which the annotation names them."""
        scope = self._instance.scope
        specs: dict[str, dict[str, Any]] = {
            f"{door.service}-headers": {"headers": self._headers()},
            f"{door.service}-limits": {"buffering": {"maxRequestBodyBytes": door.limit}},
        }
        if self._ends_tls:
            https = {"redirectScheme": {"scheme": "https", "permanent": True}}
            specs = {f"{door.service}-https": https, **specs}
        for name, spec in specs.items():
            middleware(name, scope, spec, self._own)
        names = [pulumi.Output.concat(scope.namespace, "-", name, "@kubernetescrd") for name in specs]
        joined = pulumi.Output.all(*names).apply(",".join)
        return {"traefik.ingress.kubernetes.io/router.middlewares": joined}

    def _headers(self) -> dict[str, Any]:
        """What browsers are told on every answer. Framing is left to LMS and MFEs, which frame each other."""
        headers: dict[str, Any] = {
            "contentTypeNosniff": True,
            "referrerPolicy": "strict-origin-when-cross-origin",
        }
        if self._instance.stack.site.secure:
            headers |= {"stsSeconds": YEAR_SECONDS, "forceSTSHeader": True}
        return headers

    def _nginx(self, door: Door) -> dict[str, pulumi.Input[str]]:
        """NGINX's annotations.

        It adds no headers by annotation, but sends HSTS over TLS by itself, and Django the rest.
        """
        return {
            "nginx.ingress.kubernetes.io/proxy-body-size": str(door.limit),
            "nginx.ingress.kubernetes.io/proxy-read-timeout": "300",
            "nginx.ingress.kubernetes.io/proxy-buffer-size": "16k",  # JSON web tokens make large cookies
            "nginx.ingress.kubernetes.io/ssl-redirect": "true" if self._ends_tls else "false",
        }

    @property
    def _ends_tls(self) -> bool:
        """Whether the ingress itself speaks TLS, and so has plain requests to send on to it."""
        return not isinstance(self._instance.stack.site.tls, TlsNone | TlsUpstream)
