"""Which public hosts are there, what is behind each, and what is refused on the way?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from openedx_infra.components.datastores.in_cluster import meilisearch, object_storage
from openedx_infra.components.ingress import maintenance
from openedx_infra.components.instance import WEB_PORT
from openedx_infra.config import Stack
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.sections.ingress import Rate
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes.routing import Route
from openedx_infra.settings.static import MFE_PORT
from openedx_infra.settings.static_files import STATIC_PATH, STATIC_PORT

SEARCH_PATHS = ("/multi-search", "/indexes", "/health")
"""What Studio's pages ask Meilisearch for, with keys limited to one user.

Keys, dumps, tasks and statistics stay inside: a leaked key must not become the key to everything.
"""


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
    admin_paths: Sequence[str] = ()
    """Where administrators work."""
    login_paths: Sequence[str] = ()
    """Where passwords are tried."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Routes of a door to which the same is refused."""

    name: str
    """What its objects are called."""
    door: Door
    routes: Sequence[Route]
    rate: Rate | None = None
    """How many requests one address may send."""
    rate_name: str = "requests"
    """The key of `openedx:ingress` that says it."""
    allow: Sequence[str] = ()
    """Networks from which alone it is reached. None: from all."""


def doors(stack: Stack) -> list[Door]:
    """All public hosts of a stack."""
    live = next(version for version in stack.versions if version.serves)
    return [*_sites(live), *_previews(stack), *_search(stack), *_files(stack)]


def parts(door: Door, stack: Stack) -> Iterator[Part]:
    """A door by what is refused: all of it, and the longer paths to which more is refused. Those lead to
    where the door leads at these paths."""
    entrance = stack.ingress
    yield Part(name=door.name, door=door, routes=door.routes, rate=entrance.requests)
    if entrance.admin and door.admin_paths:
        yield Part(
            name=f"{door.name}-admin",
            door=door,
            routes=[_at(door, path) for path in door.admin_paths],
            rate=entrance.requests,
            allow=entrance.admin.allow,
        )
    if entrance.logins and door.login_paths:
        yield Part(
            name=f"{door.name}-logins",
            door=door,
            routes=[_at(door, path) for path in door.login_paths],
            rate=entrance.logins,
            rate_name="logins",
        )


def _at(door: Door, path: str) -> Route:
    """Where a door leads at a path: the longest of its routes decides."""
    fitting = [route for route in door.routes if f"{path}/".startswith(f"{route.path.rstrip('/')}/")]
    return replace(max(fitting, key=lambda route: len(route.path)), path=path)


def _sites(stack: Stack) -> list[Door]:
    """The hosts of the site, which lead to the version that serves, or to the maintenance page."""
    found = _versions_sites(stack)
    if stack.maintenance.page:
        return [replace(door, routes=[maintenance.ROUTE], sticky=False) for door in found]
    return found


def _previews(stack: Stack) -> Iterator[Door]:
    """Hosts of each of two versions, which lead to it whether it serves or not, and show no page."""
    for version in stack.versions if stack.blue_green else ():
        for door in _versions_sites(version):
            host = version.preview_hosts[door.name]
            yield replace(door, name=f"{door.name}-{version.colour}", host=host)


def _versions_sites(stack: Stack) -> list[Door]:
    site, bodies = stack.site, stack.ingress.bodies
    admin, logins = stack.ingress.admin, stack.ingress.login_paths
    static = Route(service="static", port=STATIC_PORT, path=STATIC_PATH)
    return [
        Door(
            name="lms",
            host=site.lms_host,
            routes=[Route(service=f"lms{stack.suffix}", port=WEB_PORT), static],
            limit=memory_bytes(bodies.lms),
            admin_paths=admin.lms_paths if admin else (),
            login_paths=logins,
        ),
        Door(
            name="studio",
            host=site.studio_host,
            routes=[Route(service=f"studio{stack.suffix}", port=WEB_PORT), static],
            limit=memory_bytes(bodies.studio),
            # Imports of courses are uploaded in pieces to the disk of one pod (ol-infrastructure#5096).
            sticky=True,
            admin_paths=admin.studio_paths if admin else (),
            login_paths=logins,
        ),
        Door(
            name="mfe",
            host=site.mfe_host,
            routes=[Route(service=f"mfe{stack.suffix}", port=MFE_PORT)],
            limit=memory_bytes(bodies.mfe),
        ),
    ]


def _search(stack: Stack) -> list[Door]:
    """The instance's own Meilisearch, if it has one."""
    if not isinstance(stack.datastores.search, SearchInCluster):
        return []
    routes = [Route(service="meilisearch", port=meilisearch.PORT, path=path) for path in SEARCH_PATHS]
    limit = memory_bytes(stack.ingress.bodies.search)
    return [Door(name="meilisearch", host=stack.site.search_host, routes=routes, limit=limit)]


def _files(stack: Stack) -> list[Door]:
    """The instance's own S3 server, if it has one: its buckets, and neither a list of them nor health."""
    if stack.files_host is None:
        return []
    routes = [
        Route(service="storage", port=object_storage.PORT, path=f"/{name}")
        for name in object_storage.bucket_names(stack).values()
    ]
    limit = memory_bytes(stack.ingress.bodies.files)
    return [Door(name="storage", host=stack.files_host, routes=routes, limit=limit)]
