"""Public hosts of a stack: the Services behind their paths, limits of requests, and who is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from openedx_infra.components.ingress import maintenance
from openedx_infra.components.instance import WEB_PORT
from openedx_infra.config import Stack
from openedx_infra.config.extras.containers import component
from openedx_infra.config.sections.ingress import Rate
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.config.versions import live_version
from openedx_infra.kubernetes.routing import Route
from openedx_infra.services.of_stack import services
from openedx_infra.settings.servers.mfe import MFE_PORT
from openedx_infra.settings.servers.static_files import STATIC_PATH, STATIC_PORT


@dataclass(frozen=True, kw_only=True)
class PublicHost:
    """A public host, and the Services behind its paths."""

    name: str
    """Name of its Ingress or HTTPRoute: it stays, whatever the routes lead to."""
    domain: str
    routes: Sequence[Route]
    site: str = ""
    """Which host of the site it is, or the preview of: `lms`, `studio` or `mfe`. Empty: a service's."""
    body_limit: int
    """Largest body of a request, in bytes."""
    sticky: bool = False
    """Whether a visitor comes back to the same pod."""
    admin_paths: Sequence[str] = ()
    """Where administrators work."""
    login_paths: Sequence[str] = ()
    """Where passwords are tried."""


@dataclass(frozen=True, kw_only=True)
class RouteGroup:
    """Routes of a host that have the same limits, and so one Ingress."""

    name: str
    """Name of its Ingress."""
    host: PublicHost
    routes: Sequence[Route]
    rate: Rate | None = None
    """How many requests one address may send."""
    rate_name: str = "requests"
    """The key of `openedx:ingress` that sets it."""
    allow: Sequence[str] = ()
    """Networks from which alone it is reached. None: from all."""


def public_hosts(stack: Stack) -> list[PublicHost]:
    """All public hosts of a stack."""
    live = live_version(stack)
    return [*_site_hosts(live), *_preview_hosts(stack), *_service_hosts(stack), *extra_hosts(stack)]


def route_groups(host: PublicHost, stack: Stack) -> Iterator[RouteGroup]:
    """The routes of a host, grouped by their limits: all of them, then the longer paths with stricter limits,
    which lead to the same Services."""
    ingress = stack.ingress
    yield RouteGroup(name=host.name, host=host, routes=host.routes, rate=ingress.requests)
    if ingress.admin and host.admin_paths:
        yield RouteGroup(
            name=f"{host.name}-admin",
            host=host,
            routes=[_route_at(host, path) for path in host.admin_paths],
            rate=ingress.requests,
            allow=ingress.admin.allow,
        )
    if ingress.logins and host.login_paths:
        yield RouteGroup(
            name=f"{host.name}-logins",
            host=host,
            routes=[_route_at(host, path) for path in host.login_paths],
            rate=ingress.logins,
            rate_name="logins",
        )


def _route_at(host: PublicHost, path: str) -> Route:
    """The route of a host that serves a path, for that path alone: the longest one that fits."""
    fitting = [route for route in host.routes if f"{path}/".startswith(f"{route.path.rstrip('/')}/")]
    return replace(max(fitting, key=lambda route: len(route.path)), path=path)


def _site_hosts(stack: Stack) -> list[PublicHost]:
    """The hosts of the site, which lead to the version that serves, or to the maintenance page."""
    hosts = _version_hosts(stack)
    lms = next(host for host in hosts if host.name == "lms")
    hosts += [replace(lms, name=_further_name(host), domain=host) for host in stack.site.more_hosts]
    if stack.maintenance.page:
        return [replace(host, routes=[maintenance.ROUTE], sticky=False) for host in hosts]
    return hosts


def _further_name(host: str) -> str:
    """Name of the Ingress of a further host of the LMS: of the host alone, as the order of others may change.

    At most 55 characters: longer ones are made of it, and labels hold 63."""
    digest = hashlib.sha256(host.encode()).hexdigest()[:6]
    return f"lms-{host.replace('.', '-')[:44].rstrip('-')}-{digest}"


def _preview_hosts(stack: Stack) -> Iterator[PublicHost]:
    """Hosts of each of two versions, which lead to it whether it serves or not, and show no page."""
    for version in stack.versions if stack.blue_green else ():
        for host in _version_hosts(version):
            domain = version.preview_hosts[host.site]
            yield replace(host, name=f"{host.site}-{version.colour}", domain=domain)


def _version_hosts(stack: Stack) -> list[PublicHost]:
    site, bodies = stack.site, stack.ingress.bodies
    admin, logins = stack.ingress.admin, stack.ingress.login_paths
    static = Route(service="static", port=STATIC_PORT, path=STATIC_PATH)
    extras = extra_routes(stack)
    return [
        PublicHost(
            name="lms",
            site="lms",
            domain=site.lms_host,
            routes=[Route(service=f"lms{stack.suffix}", port=WEB_PORT), static, *extras["lms"]],
            body_limit=memory_bytes(bodies.lms),
            admin_paths=admin.lms_paths if admin else (),
            login_paths=logins,
        ),
        PublicHost(
            name="studio",
            site="studio",
            domain=site.studio_host,
            routes=[Route(service=f"studio{stack.suffix}", port=WEB_PORT), static, *extras["studio"]],
            body_limit=memory_bytes(bodies.studio),
            # Imports of courses are uploaded in pieces to the disk of one pod (ol-infrastructure#5096).
            sticky=True,
            admin_paths=admin.studio_paths if admin else (),
            login_paths=logins,
        ),
        PublicHost(
            name="mfe",
            site="mfe",
            domain=site.mfe_host,
            routes=[Route(service=f"mfe{stack.suffix}", port=MFE_PORT), *extras["mfe"]],
            body_limit=memory_bytes(bodies.mfe),
        ),
    ]


def _service_hosts(stack: Stack) -> Iterator[PublicHost]:
    """Hosts of services that visitors reach themselves."""
    for service in services(stack):
        if (public := service.public) and service.port is not None:
            port = service.port
            routes = [Route(service=service.name, port=port, path=path) for path in public.paths]
            yield PublicHost(
                name=service.name, domain=public.domain, routes=routes, body_limit=public.body_limit
            )


def extra_routes(stack: Stack) -> dict[str, list[Route]]:
    """Routes to containers of the operator's own below paths of the site's hosts, by site."""
    found: dict[str, list[Route]] = {"lms": [], "studio": [], "mfe": []}
    for name, container in stack.extras.running.items():
        route = container.route
        if route and route.site and container.port:
            found[route.site] += [
                Route(service=component(name), port=container.port, path=path) for path in route.paths
            ]
    return found


def extra_hosts(stack: Stack) -> Iterator[PublicHost]:
    """Hosts of containers of the operator's own."""
    for name, container in stack.extras.running.items():
        route = container.route
        if route and route.host and container.port:
            yield PublicHost(
                name=component(name),
                domain=route.host,
                routes=[
                    Route(service=component(name), port=container.port, path=path)
                    for path in route.paths or ("/",)
                ],
                body_limit=memory_bytes(route.body_limit),
            )
