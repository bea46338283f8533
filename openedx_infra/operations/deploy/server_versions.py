"""Refuses an image of a server in the cluster that doesn't open what the server's volume holds.

What wrote the volume last is read from Pulumi's state, which has the image also after an `up` that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.urn import Urn
from openedx_infra.releases import ImageName
from openedx_infra.services.data_formats import verdict

_SERVERS: Mapping[str, tuple[str, ImageName]] = {
    "mysql": ("mysql", "mysql"),
    "mongodb": ("mongodb", "mongodb"),
    "broker": ("broker", "valkey"),
    "meilisearch": ("search", "meilisearch"),
}
"""Servers with a volume by the names of their StatefulSets: the datastore, and the key of the image."""


def require_openable(session: Session, state: Mapping[str, Any], console: Console) -> None:
    """Raise OperationError when a server would not open its volume, and print what becomes of others.

    A datastore in `openedx:datastores.moved` is let through: its data was moved by hand.
    """
    if not isinstance(session.stack, Stack):
        return
    refused = []
    for server, (before, now) in changed_images(session.stack, state).items():
        found = verdict(server, before, now)
        if found is None:
            continue
        sentence = f"{server}: {now}, after {before} on the same volume, {found.text}."
        if found.opens:
            console.print(sentence, soft_wrap=True, highlight=False)
        else:
            key = _SERVERS[server][1]
            refused.append(f"openedx:images.{key}: {sentence}")
    if refused:
        raise OperationError(
            "Images and volumes don't go together, so nothing was changed:\n  " + "\n  ".join(refused),
            remedy="name an image that opens the volume; or, if you have moved the data by a dump or a "
            "backup, name the datastore in `openedx:datastores.moved` (docs/upgrades.md)",
        )


def changed_images(stack: Stack, state: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Images of servers with a volume that differ from those in the state: before, and now."""
    running = _running(state)
    changed = {}
    for server, (store, image) in _SERVERS.items():
        if server in running and stack.sources[store] == "in-cluster" and store not in stack.moved:
            before, now = running[server], stack.image(image)
            if before != now:
                changed[server] = before, now
    return changed


def _running(state: Mapping[str, Any]) -> dict[str, str]:
    """Images of the StatefulSets in a state, by name."""
    resources = (state.get("deployment") or {}).get("resources") or []
    found = {Urn(each["urn"]): each for each in resources if Urn(each["urn"]).kind == "StatefulSet"}
    images = {urn.name: _image(each.get("inputs") or {}) for urn, each in found.items()}
    return {name: image for name, image in images.items() if image}


def _image(inputs: Mapping[str, Any]) -> str:
    template = (inputs.get("spec") or {}).get("template") or {}
    containers = (template.get("spec") or {}).get("containers")
    if not isinstance(containers, list) or not containers:  # a secret one is covered in the state
        return ""
    image = containers[0].get("image")
    return image if isinstance(image, str) else ""
