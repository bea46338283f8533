"""What the rest of the program sees of a datastore, whoever runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pulumi

from openedx_infra.components.users import USER
from openedx_infra.kubernetes.names import NAME
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings.connections import Buckets, Ses, Volumes

Connection = TypeVar("Connection")


@dataclass(frozen=True, kw_only=True)
class Administrator:
    """Who may make databases and users on a server."""

    user: pulumi.Input[str]
    """User name."""
    password: pulumi.Input[str]
    """Password."""
    previous: pulumi.Input[str] | None = None
    """The password before it, while a rotation is under way."""
    password_set_by_operator: bool = False
    """Whether an operator of the cluster changes the password on the server, and nobody else may: it logs in
    by the one before until it has."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """Pods that together are one server, run by an operator of the cluster: what they must be allowed."""

    pods: Mapping[str, str]
    """Their labels, in the instance's namespace."""
    ports: tuple[int, ...]
    """TCP ports on which they, what is in front of them, and the operator connect to them."""
    operator: Mapping[str, str]
    """Labels of the operator's own pods."""
    operator_namespace: str
    """Namespace of the operator's own pods."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How pods get to a server: what network policies allow."""

    ports: tuple[int, ...]
    """TCP ports that they connect to."""
    pods: Mapping[str, str] | None = None
    """Labels of the server's own pods in the instance's namespace. None: it is outside."""
    hosts: tuple[str, ...] = ()
    """Names or addresses of a server that the stack file names. None: AWS makes them up, or a foundation
    tells them."""
    learns_more: bool = False
    """Whether servers tell clients the addresses of further ones, as Sentinels and replica sets do."""
    members: Members | None = None
    """Pods behind it that talk to each other. None: it is a single one, or outside."""

    @classmethod
    def software(cls, name: str, *ports: int) -> Reach:
        """A server in pods with a label app.kubernetes.io/name of this program's."""
        return cls(ports=ports, pods={NAME: name})


@dataclass(frozen=True, kw_only=True)
class Store(Generic[Connection]):
    """A datastore, ready to be used once what it names is ready."""

    connection: pulumi.Input[Connection]
    """Its address, names and encryption (`settings/connections.py`)."""
    reach: Reach
    """How pods get to it."""
    ready: Sequence[pulumi.Resource] = ()
    """What must be ready before anybody connects: nothing, where somebody else runs it."""
    administrator: Administrator | None = None
    """Who makes databases and users on it. None: the operator has made them."""
    externally_managed: bool = True
    """Whether somebody else answers for the server, so that a preflight must look at it first."""


@dataclass(frozen=True, kw_only=True)
class FileStore(Store[Volumes | Buckets]):
    """Uploaded files."""

    mounts: Sequence[Mount] = ()
    """Folders that pods of the platform mount."""
    one_node: bool = False
    """Whether all pods that mount them must be on one node."""
    user: int = USER
    """Who runs the pods that mount them."""


@dataclass(frozen=True, kw_only=True)
class SesStore(Store[Ses]):
    """Mail by Amazon SES."""

    dns_records: pulumi.Output[list[dict[str, str]]]
    """What must stand in DNS before it sends: name, type and value of each record."""
