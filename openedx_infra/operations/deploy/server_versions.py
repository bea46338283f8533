"""Refuses an image of a server in the cluster, the instance's or an operator's, that doesn't open its volume.

What wrote the volume last is read from Pulumi's state, which has the image also after an `up` that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.urn import Urn
from openedx_infra.releases import ImageName
from openedx_infra.services.data_formats import verdict


@dataclass(frozen=True, kw_only=True)
class _Server:
    """A server with a volume, as Pulumi's state has it."""

    kind: str
    """Kind of the object that runs it."""
    name: str
    """Its name."""
    path: tuple[str | int, ...]
    """Where its image is in the object's `spec`."""
    format: str
    """What `data_formats.verdict` calls it."""
    store: str
    """The datastore that it is."""
    source: str
    """The source that it is of."""
    image: ImageName
    """The key of its image in `openedx:images`."""


_OF_A_POD = ("template", "spec", "containers", 0, "image")


def _own(name: str, store: str, image: ImageName) -> _Server:
    """A server that the instance runs itself."""
    return _Server(
        kind="StatefulSet",
        name=name,
        path=_OF_A_POD,
        format=name,
        store=store,
        source="in-cluster",
        image=image,
    )


def _operated(kind: str, name: str, path: tuple[str, ...], store: str, image: ImageName) -> _Server:
    """A server that an operator of the cluster runs."""
    return _Server(kind=kind, name=name, path=path, format=store, store=store, source="operator", image=image)


_SERVERS = (
    _own("mysql", "mysql", "mysql"),
    _own("mongodb", "mongodb", "mongodb"),
    _own("broker", "broker", "valkey"),
    _own("meilisearch", "search", "meilisearch"),
    _operated("PerconaServerMySQL", "mysql", ("mysql", "image"), "mysql", "percona_mysql"),
    _operated("PerconaServerMongoDB", "mongodb", ("image",), "mongodb", "percona_mongodb"),
    _operated("RedisReplication", "broker-redis", ("kubernetesConfig", "image"), "broker", "redis"),
)
"""All servers whose data a new image opens, or not. AWS checks versions of its own servers itself."""


def require_openable(session: Session, state: Mapping[str, Any], console: Console) -> None:
    """Raise OperationError when a server would not open its volume, and print what becomes of others.

    A datastore in `openedx:datastores.moved` is let through: its data was moved by hand.
    """
    if not isinstance(session.stack, Stack):
        return
    refused = []
    for server, (before, now) in changed_images(session.stack, state).items():
        found = verdict(server.format, before, now)
        if found is None:
            continue
        sentence = f"{server.format}: {now}, after {before} on the same volume, {found.text}."
        if found.opens:
            console.print(sentence, soft_wrap=True, highlight=False)
        else:
            refused.append(f"openedx:images.{server.image}: {sentence}")
    if refused:
        raise OperationError(
            "Images and volumes don't go together, so nothing was changed:\n  " + "\n  ".join(refused),
            remedy="name an image that opens the volume; or, if you have moved the data by a dump or a "
            "backup, name the datastore in `openedx:datastores.moved` (docs/upgrades.md)",
        )


def changed_images(stack: Stack, state: Mapping[str, Any]) -> dict[_Server, tuple[str, str]]:
    """Images of servers with a volume that differ from those in the state: before, and now."""
    running = _running(state)
    changed = {}
    for server in _SERVERS:
        is_same_source = stack.sources[server.store] == server.source
        if server in running and is_same_source and server.store not in stack.moved:
            before, now = running[server], stack.image(server.image)
            if before != now:
                changed[server] = before, now
    return changed


def _running(state: Mapping[str, Any]) -> dict[_Server, str]:
    """Images of the servers in a state."""
    resources = (state.get("deployment") or {}).get("resources") or []
    specs = {(Urn(each["urn"]).kind, Urn(each["urn"]).name): each.get("inputs") or {} for each in resources}
    images = {
        server: _image(specs[server.kind, server.name].get("spec"), server.path)
        for server in _SERVERS
        if (server.kind, server.name) in specs
    }
    return {server: image for server, image in images.items() if image}


def _image(spec: Any, path: tuple[str | int, ...]) -> str:
    """The image at a path of a spec; empty where a secret part is covered in the state."""
    for part in path:
        is_there = (
            isinstance(spec, Mapping) and part in spec
            if isinstance(part, str)
            else isinstance(spec, list) and len(spec) > part
        )
        if not is_there:
            return ""
        spec = spec[part]
    return spec if isinstance(spec, str) else ""
