"""The status of servers that operators run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openedx_infra.operations.cluster.health import Row

if TYPE_CHECKING:
    from lightkube import Client

Status = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ServerKind:
    """A kind of custom resource that is a server, and how to read its status."""

    kind: str
    group: str
    version: str
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
        wanted=lambda spec: spec["mysql"]["size"],
        ready=lambda status: status.get("mysql", {}).get("ready", 0),
        done=lambda status: status.get("state") == "ready",
        why=lambda status: _states(status, "mysql", "haproxy"),
    ),
    ServerKind(
        kind="PerconaServerMongoDB",
        group="psmdb.percona.com",
        version="v1",
        wanted=lambda spec: spec["replsets"][0]["size"],
        ready=lambda status: status.get("ready", 0),
        done=lambda status: status.get("state") == "ready",
        why=_states,
    ),
    ServerKind(
        kind="RedisReplication",
        group="redis.redis.opstreelabs.in",
        version="v1beta2",
        wanted=lambda spec: 1,
        ready=lambda status: 1 if status.get("masterNode") else 0,
        done=lambda status: "connectionInfo" in status,
        why=lambda status: "no server is the master yet",
    ),
)
"""All kinds that an instance may consist of. Of Redis, the operator reports the master alone."""
NAMES = tuple(each.kind for each in KINDS)


def rows(client: Client) -> Iterator[Row]:
    """All servers of the client's namespace that operators run."""
    for each in KINDS:
        for item in _listed(client, each):
            yield each.row(item.metadata.name, item.spec or {}, item.status or {})


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
