"""Rules on containers of the operator's own: keys that go together, paths, images, and whom they name."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import combinations
from pathlib import PurePosixPath

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.extras.containers import NOBODY, ExtraContainer, ExtraRoute
from openedx_infra.config.images.images import has_digest
from openedx_infra.config.sections.network import is_metadata
from openedx_infra.config.stack import Stack

_TAKEN_PATHS = ("/static", "/media")
"""Beginnings of paths of the site's hosts that lead elsewhere."""
_CERTIFICATES = "/openedx/certificates"
_NODES_USERS = 10_000

MOST_BYTES = 256 * 1024
"""Bytes of all plain files of a container together; a ConfigMap takes 1 MiB."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    for name, container in stack.extras.containers.items():
        where: Location = ("extras", "containers", name)
        yield from _by_the_clock(where, container)
        yield from _one_pod(where, container)
        yield from _ports(where, container)
        yield from _paths(where, container)
        yield from _user(where, container)
        yield from _image(where, container, stack)
        yield from _named(where, container, stack)
        if container.route:
            yield from _route((*where, "route"), container.route)
    yield from _one_path_each(stack)


def _by_the_clock(where: Location, container: ExtraContainer) -> Iterator[Conflict]:
    """What runs to its end serves nobody, and has no number of pods."""
    if container.schedule is None:
        for key in ("minutes", "retries"):
            if _is_changed(container, key):
                text = "is for what runs by the clock: set `schedule`, or leave it out"
                yield Conflict((*where, key), text, ((*where, "schedule"),))
        return
    for key in ("port", "route", "health", "alive", "replicas", "volume", "start_seconds", "for_platform"):
        if _is_changed(container, key):
            text = "is for what always runs, and this one has a `schedule`: leave one of them out"
            yield Conflict((*where, key), text, ((*where, "schedule"),))


def _is_changed(container: ExtraContainer, key: str) -> bool:
    """Whether a key has another value than its default, which a stack file written out in full repeats."""
    return bool(getattr(container, key) != type(container).model_fields[key].default)


def _one_pod(where: Location, container: ExtraContainer) -> Iterator[Conflict]:
    if container.volume and container.replicas > 1:
        text = f"{container.replicas} pods can't write one volume: leave it out, or leave out `volume`"
        yield Conflict((*where, "replicas"), text, ((*where, "volume"),))


def _ports(where: Location, container: ExtraContainer) -> Iterator[Conflict]:
    if container.schedule:
        return
    if container.port is None:
        for key in ("route", "health", "for_platform"):
            if getattr(container, key):
                text = "needs a port to connect to: set `port`, or leave it out"
                yield Conflict((*where, key), text, ((*where, "port"),))
    elif container.alive:
        text = "is for what has no port, and `port` is asked already: leave it out"
        yield Conflict((*where, "alive"), text, ((*where, "port"),))
    elif container.port < 1024:
        text = f"{container.port} needs rights of root, which no pod has: let it listen above 1023"
        yield Conflict((*where, "port"), text)


def _paths(where: Location, container: ExtraContainer) -> Iterator[Conflict]:
    """Folders that are mounted hide each other."""
    plain = sum(len(text.encode()) for text in container.files.values() if isinstance(text, str))
    if plain > MOST_BYTES:
        text = f"have {plain:,} bytes, and a ConfigMap has room for {MOST_BYTES:,}: put them into the image"
        yield Conflict((*where, "files"), text)
    folders: dict[Location, str] = {
        **{(*where, "files", path): str(PurePosixPath(path).parent) for path in container.files},
        **{(*where, "scratch", path): path for path in container.scratch},
        **({(*where, "volume", "path"): container.volume.path} if container.volume else {}),
    }
    for location, folder in folders.items():
        if folder == "/":
            text = "lies in the root folder, which can't be replaced: put it into a folder of its own"
            yield Conflict(location, text)
        if _within(folder, _CERTIFICATES) or folder == _CERTIFICATES:
            text = f"{_CERTIFICATES} has the certificates of datastores: choose another folder"
            yield Conflict(location, text)
    for first, second in combinations(folders, 2):
        one, other = folders[first], folders[second]
        both_files = first[3] == second[3] == "files"
        if (one == other and not both_files) or _within(one, other) or _within(other, one):
            text = f"{other} and {one} (`{first[3]}`) would hide each other: give each a folder of its own"
            yield Conflict(second, text, (first,))


def _within(inner: str, outer: str) -> bool:
    return outer != "/" and inner != outer and inner.startswith(f"{outer}/")


def _user(where: Location, container: ExtraContainer) -> Iterator[Conflict]:
    if container.user <= _NODES_USERS and not container.volume and not container.reason:
        text = (
            f"{container.user} may be a user of a node: leave it out (it is {NOBODY} then), or set `reason` "
            "to why the image needs this number"
        )
        yield Conflict((*where, "user"), text, ((*where, "volume"), (*where, "reason")))


def _image(where: Location, container: ExtraContainer, stack: Stack) -> Iterator[Conflict]:
    reference = container.image
    if reference.endswith(":latest"):
        text = f"{reference} means another image tomorrow: write the tag of a version, or its digest"
        yield Conflict((*where, "image"), text)
    elif stack.images.require_digest and not has_digest(reference):
        text = (
            f"{reference} is a tag, which can mean another image tomorrow: add its digest, which "
            f"`openedx-infra images digest --stack {stack.name}` looks up, or set "
            "openedx:images.require_digest to false"
        )
        yield Conflict((*where, "image"), text, (("images", "require_digest"),), undecided=True)


def _named(where: Location, container: ExtraContainer, stack: Stack) -> Iterator[Conflict]:
    """Containers that it connects to listen on a port."""
    others = stack.extras.containers
    for index, name in enumerate(container.connects_to.containers):
        location: Location = (*where, "connects_to", "containers", index)
        if name not in others:
            text = f"{name} is no container of this stack: there are {', '.join(others)}"
            yield Conflict(location, text, (("extras", "containers"),))
        elif others[name].port is None:
            text = f"{name} listens on no port: set its `port`, or leave it out"
            yield Conflict(location, text, (("extras", "containers", name),))
    for index, network in enumerate(container.connects_to.outside):
        at: Location = (*where, "connects_to", "outside", index)
        if not network.networks and not network.namespaces:
            yield Conflict(at, "names nobody: set `networks` or `namespaces`")
        for number, cidr in enumerate(network.networks):
            if ip_network(cidr).prefixlen == 0:
                text = f"{cidr} is the whole Internet: set `internet` instead, or name a smaller network"
                yield Conflict((*at, "networks", number), text)
            elif is_metadata(cidr):
                text = f"{cidr} is of metadata services, which hand out credentials of nodes: leave it out"
                yield Conflict((*at, "networks", number), text)


def _route(where: Location, route: ExtraRoute) -> Iterator[Conflict]:
    if (route.host is None) is (route.site is None):
        text = "set either `host`, for a host of its own, or `site` with `paths`"
        yield Conflict(where, text)
    elif route.site:
        if not route.paths:
            text = f"missing beside `site`: name the paths of {route.site}'s host that lead here"
            yield Conflict((*where, "paths"), text, ((*where, "site"),))
        if "body_limit" in route.model_fields_set:
            text = f"is that of {route.site}'s host (openedx:ingress.bodies): leave it out"
            yield Conflict((*where, "body_limit"), text, ((*where, "site"),))
        for index, path in enumerate(route.paths):
            if taken := next((each for each in _TAKEN_PATHS if f"{path}/".startswith(f"{each}/")), None):
                text = f"{taken} of the site's hosts leads to files of the platform: choose another path"
                yield Conflict((*where, "paths", index), text)


def _one_path_each(stack: Stack) -> Iterator[Conflict]:
    seen: dict[tuple[str, str], str] = {}
    for name, container in stack.extras.containers.items():
        for index, path in enumerate(container.route.paths if container.route else ()):
            route = container.route
            if route is None or route.site is None:
                continue
            first = seen.setdefault((route.site, path), name)
            if first != name:
                text = f"{path} of this host leads to `{first}` already: choose another path"
                location: Location = ("extras", "containers", name, "route", "paths", index)
                yield Conflict(location, text, (("extras", "containers", first),))
