"""What did an earlier run leave behind when it was killed? Its lock, and objects that it was just making."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from rich.console import Console

from openedx_infra.config import PROJECT
from openedx_infra.operations.engine import is_alive
from openedx_infra.operations.events import Urn
from openedx_infra.operations.stack import LiveStack

if TYPE_CHECKING:
    from lightkube import Client


def clear_dead_lock(live: LiveStack, console: Console) -> None:
    """Take away the lock of a run on this machine that no longer runs.

    All other locks are left: Pulumi tells of them.
    """
    locks = [_read(path) for path in _locks(live)]
    if locks and all(_is_dead(lock) for lock in locks):
        live.run("cancel", live.name, "--yes")
        console.print(
            f"An earlier run on stack {live.name} was killed: its lock is cleared, and this one goes on.",
            soft_wrap=True,
        )


def adopt_pending(live: LiveStack, client: Client, console: Console) -> None:
    """Have Pulumi take up the objects that it was making when it was killed, where they exist.

    Otherwise it would make them again: a second migration Job beside the first one.
    """
    pending = live.state()["deployment"].get("pending_operations") or []
    if not pending:
        return
    made = {resource["urn"]: name for resource, name in _created(pending, client)}
    console.print(
        f"An earlier run was killed at {len(pending)} objects; {len(made)} of them exist and are taken up.",
        soft_wrap=True,
    )
    live.take_up(made)


def _created(pending: list[dict[str, Any]], client: Client) -> Iterator[tuple[dict[str, Any], str]]:
    """Resources under way whose object exists, with its id: `namespace/name`, or the name alone."""
    for operation in pending:
        resource = operation["resource"]
        if operation["type"] == "creating" and Urn(resource["urn"]).is_kubernetes:
            name = _id(resource.get("inputs") or {})
            if name and _exists(client, resource["inputs"], *name.rpartition("/")[::2]):
                yield resource, name


def _id(inputs: Mapping[str, Any]) -> str:
    metadata = inputs.get("metadata") or {}
    parts = (metadata.get("namespace"), metadata.get("name"))
    return "/".join(part for part in parts if part) if metadata.get("name") else ""


def _exists(client: Client, inputs: Mapping[str, Any], namespace: str, name: str) -> bool:
    from lightkube import ApiError
    from lightkube.core.exceptions import LoadResourceError
    from lightkube.core.resource_registry import resource_registry

    try:
        kind = resource_registry.load(inputs["apiVersion"], inputs["kind"])
        client.get(kind, name, **({"namespace": namespace} if namespace else {}))
    except LoadResourceError:
        return False  # a kind that is made in a moment, such as Traefik's Middleware: it is written again
    except ApiError as error:
        if error.status.code == 404:
            return False
        raise
    return True


def _locks(live: LiveStack) -> list[Path]:
    """The lock files of a stack, where the backend keeps them as files on this machine."""
    url = live.cli.environment.get("PULUMI_BACKEND_URL", "")
    if not url.startswith("file://"):
        return []
    folder = Path(unquote(urlparse(url).path)).expanduser() / ".pulumi" / "locks"
    return sorted((folder / "organization" / PROJECT / live.name).glob("*.json"))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_dead(lock: Mapping[str, Any]) -> bool:
    pid = lock.get("pid")
    return lock.get("hostname") == socket.gethostname() and isinstance(pid, int) and not is_alive(pid)
