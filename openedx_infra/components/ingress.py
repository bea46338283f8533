"""How do visitors reach LMS, Studio, MFEs and search? Hosts, TLS, upload limits and headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components import maintenance
from openedx_infra.components.in_cluster import meilisearch, object_storage
from openedx_infra.components.instance import MFE_PORT, WEB_PORT, Instance
from openedx_infra.components.proxies import proxy
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.site import TlsCertManager, TlsSecret
from openedx_infra.kubernetes.routing import Route, open_host
from openedx_infra.settings import UPLOAD_LIMITS
from openedx_infra.settings.static_files import STATIC_PATH, STATIC_PORT

SEARCH_PATHS = ("/multi-search", "/indexes", "/health")
"""What Studio's pages ask Meilisearch for, with keys limited to one user.

Keys, dumps, tasks and statistics stay inside: a leaked key must not become the key to everything.
"""
QUERY_LIMIT = 1_000_000
"""Largest body, in bytes, of a request to a server that takes no files: ten times a long search (a guess)."""
UPLOAD_LIMIT = 500 * 2**20
"""Largest file, in bytes, that a browser sends to a bucket: what open responses allow (edx-ora2's decision of
November 2019)."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """A public host, and what is behind it."""

    name: str
    """What its objects are called: it stays, whatever the routes lead to."""
    host: str
    routes: Sequence[Route]
    limit: int
    """Largest body of a request, in bytes."""
    sticky: bool = False
    """Whether a visitor comes back to the same pod."""


class Ingress(pulumi.ComponentResource):
    """One Ingress for each host. They need no pod behind them yet, so they wait for nothing but what is in
    `after`: what takes the place of something that visitors reach already."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("openedx:index:Ingress", name, None, opts)
        self._instance = instance
        self._own = pulumi.ResourceOptions(parent=self, depends_on=list(after))
        controller = proxy(instance, self)
        doors = [*self._doors(), *self._search(), *self._files()]
        for door in doors:
            self._open(door, controller.annotations(door.name, door.limit))
        self.register_outputs({"hosts": [door.host for door in doors]})

    def _doors(self) -> list[Door]:
        site = self._instance.stack.site
        lms, studio = Route(service="lms", port=WEB_PORT), Route(service="studio", port=WEB_PORT)
        static = Route(service="static", port=STATIC_PORT, path=STATIC_PATH)
        mfe = Route(service="mfe", port=MFE_PORT)
        doors = [
            Door(name="lms", host=site.lms_host, routes=[lms, static], limit=UPLOAD_LIMITS["lms"]),
            Door(name="studio", host=site.studio_host, routes=[studio, static], limit=UPLOAD_LIMITS["cms"]),
            Door(name="mfe", host=site.mfe_host, routes=[mfe], limit=QUERY_LIMIT),
        ]
        page = self._instance.stack.maintenance.page
        return [replace(door, routes=[maintenance.ROUTE]) for door in doors] if page else doors

    def _search(self) -> list[Door]:
        """The instance's own Meilisearch, if it has one."""
        stack = self._instance.stack
        if not isinstance(stack.datastores.search, SearchInCluster):
            return []
        routes = [Route(service="meilisearch", port=meilisearch.PORT, path=path) for path in SEARCH_PATHS]
        return [Door(name="meilisearch", host=stack.site.search_host, routes=routes, limit=QUERY_LIMIT)]

    def _files(self) -> list[Door]:
        """The instance's own S3 server, if it has one: its buckets, and neither a list of them nor health."""
        stack = self._instance.stack
        if stack.files_host is None:
            return []
        routes = [
            Route(service="storage", port=object_storage.PORT, path=f"/{name}")
            for name in object_storage.bucket_names(stack).values()
        ]
        return [Door(name="storage", host=stack.files_host, routes=routes, limit=UPLOAD_LIMIT)]

    def _open(self, door: Door, annotations: dict[str, pulumi.Input[str]]) -> None:
        stack, tls = self._instance.stack, self._instance.stack.site.tls
        secret = None
        if isinstance(tls, TlsSecret):
            secret = tls.secret
        elif isinstance(tls, TlsCertManager):
            secret = f"{door.name}-tls"
            annotations["cert-manager.io/cluster-issuer"] = tls.cluster_issuer
        open_host(
            door.name,
            self._instance.scope,
            host=door.host,
            routes=door.routes,
            ingress_class=stack.cluster.ingress_class or stack.cluster.ingress_controller,
            annotations=annotations,
            tls_secret=secret,
            opts=self._own,
        )
