"""The status of servers that operators run, and whether these operators are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openedx_infra.config import BaseStack, Stack
from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client

Status = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ServerKind:
    """A kind of custom resource that is a server, and how to read its status."""

    kind: str
    group: str
    version: str
    addon: str
    """Key in a foundation's `addons` that installs its operator."""
    datastores: tuple[str, ...]
    """Datastores that are one with `source: operator`."""
    wanted: Callable[[Status], int]
    """Number of members in its spec."""
    ready: Callable[[Status], int]
    """Number of members that are ready."""
    done: Callable[[Status], bool]
    """Whether all of it is ready."""
    why: Callable[[Status], str]
    """What the operator reports besides."""

    @property
    def plural(self) -> str:
        """Name of the kind in addresses."""
        return f"{self.kind.lower()}s"

    def row(self, name: str, spec: Status, status: Status) -> Row:
        """One of them, as `status` shows it."""
        wanted, ready = self.wanted(spec), self.ready(status)
        done = self.done(status) and ready >= wanted
        reason = self.why(status) or "its operator has not reported anything yet"
        return Row(
            kind=self.kind, name=name, ready=done, count=f"{ready}/{wanted}", reason="" if done else reason
        )


def _states(status: Status, *parts: str) -> str:
    """The state of the whole and of its parts, and the messages of conditions that hold."""
    states = [_part(name, status[name]) for name in parts if name in status]
    state = [status["state"]] if status.get("state") else []
    conditions = [f"{c['reason']}: {c['message']}" for c in _conditions(status) if c.get("message")]
    return "; ".join(dict.fromkeys([*state, *states, *_message(status), *conditions]))


def _part(name: str, status: Status) -> str:
    return f"{name} {status.get('state')} ({status.get('ready', 0)} of {status.get('size', 0)})"


def _conditions(status: Status) -> Iterator[Status]:
    return (condition for condition in status.get("conditions", ()) if condition.get("status") == "True")


def _message(status: Status) -> list[str]:
    message = status.get("message")
    return [", ".join(message) if isinstance(message, list) else str(message)] if message else []


KINDS = (
    ServerKind(
        kind="PerconaServerMySQL",
        group="ps.percona.com",
        version="v1",
        addon="mysql_operator",
        datastores=("mysql",),
        wanted=lambda spec: spec["mysql"]["size"],
        ready=lambda status: status.get("mysql", {}).get("ready", 0),
        done=lambda status: status.get("state") == "ready",
        why=lambda status: _states(status, "mysql", "haproxy"),
    ),
    ServerKind(
        kind="PerconaServerMongoDB",
        group="psmdb.percona.com",
        version="v1",
        addon="mongodb_operator",
        datastores=("mongodb",),
        wanted=lambda spec: spec["replsets"][0]["size"],
        ready=lambda status: status.get("ready", 0),
        done=lambda status: status.get("state") == "ready",
        why=_states,
    ),
    ServerKind(
        kind="RedisReplication",
        group="redis.redis.opstreelabs.in",
        version="v1beta2",
        addon="valkey_operator",
        datastores=("broker", "cache"),
        wanted=lambda spec: 1,
        ready=lambda status: 1 if status.get("masterNode") else 0,
        done=lambda status: "connectionInfo" in status,
        why=lambda status: "no server is the master yet",
    ),
)
"""All kinds that an instance may consist of. Of Redis, the operator reports the master alone."""
NAMES = tuple(each.kind for each in KINDS)
_SCALED = "scaledobjects.keda.sh"
"""Definition that a cluster with KEDA has."""


def rows(client: Client) -> Iterator[Row]:
    """All servers of the client's namespace that operators run."""
    for each in KINDS:
        for item in _listed(client, each):
            yield each.row(item.metadata.name, item.spec or {}, item.status or {})


def require_installed(stack: BaseStack, client: Client) -> None:
    """Raise OperationError unless the cluster has the custom resources that the stack uses."""
    if not isinstance(stack, Stack):
        return
    if stack.cluster.keda and _unknown(client, _SCALED):
        raise OperationError(
            "`openedx:cluster.keda` is true, and the cluster has no ScaledObject. Nothing was changed.",
            remedy="install KEDA by its own Helm chart (https://keda.sh), or leave `keda` out",
        )
    missing = [each for each in _asked(stack) if _unknown(client, f"{each.plural}.{each.group}")]
    if missing:
        lines = [f"  {each.kind} ({each.group}), for {' and '.join(each.datastores)}" for each in missing]
        keys = ", ".join(f"`{each.addon}`" for each in missing)
        raise OperationError(
            "The stack file sets `source: operator`, and the cluster has no such custom resources. "
            "Nothing was changed.\n" + "\n".join(lines),
            remedy=f"install the operators: set {keys} in `openedx:addons` of a foundation stack, and bring "
            "that up first",
        )


def _asked(stack: Stack) -> Iterator[ServerKind]:
    for each in KINDS:
        if any(getattr(stack.datastores, name).source == "operator" for name in each.datastores):
            yield each


def _unknown(client: Client, definition: str) -> bool:
    from lightkube import ApiError
    from lightkube.resources.apiextensions_v1 import CustomResourceDefinition

    try:
        client.get(CustomResourceDefinition, definition)
    except ApiError as error:
        # A user who may not read definitions may still create the objects.
        return error.status.code == 404
    return False


def _listed(client: Client, each: ServerKind) -> list[Any]:
    from lightkube import ApiError
    from lightkube.generic_resource import create_namespaced_resource

    kind = create_namespaced_resource(each.group, each.version, each.kind, each.plural)
    try:
        return list(client.list(kind))
    except ApiError as error:
        if error.status.code in (403, 404):
            return []  # its operator is not installed, or is none of this user's business
        raise
