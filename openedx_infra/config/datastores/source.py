"""What each source says of itself: who runs the server, and which secrets, images and names that takes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple

from openedx_infra.config.datastores.password_limits import PasswordLimit
from openedx_infra.config.types.base import Section
from openedx_infra.releases import ImageName

RunBy = Literal["cluster", "operator", "aws-network", "aws-role", "external", "foundation"]
"""Who runs a server: the instance itself, an operator of the cluster, AWS in a network or as a service that
pods use by a role, somebody else, or a foundation stack."""


class SecretNeed(NamedTuple):
    """A secret that a source needs."""

    name: str
    generated: bool
    """Whether this program may make up its value. False: only the operator knows it, as the server has it."""
    limit: PasswordLimit | None = None
    """What the service that is set up with it demands of it. None: nothing."""


def generated(*names: str, limit: PasswordLimit | None = None) -> tuple[SecretNeed, ...]:
    """Secrets of servers that are set up with them: this program may make them up."""
    return tuple(SecretNeed(name, True, limit) for name in names)


def only_operator_knows(*names: str) -> tuple[SecretNeed, ...]:
    """Secrets of servers that have them already."""
    return tuple(SecretNeed(name, False) for name in names)


class Source(Section):
    """A branch of the union of a datastore, or of mail. A class with a field `source` must set all of these;
    one that is encrypted as the operator says has a field `tls`, too."""

    run_by: ClassVar[RunBy]
    """Who runs the server."""
    images: ClassVar[tuple[ImageName, ...]]
    """Images that are run because of it."""

    @abstractmethod
    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs; `store` is the datastore's key, with which their names begin."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a source that leaves something unsaid, as soon as it is imported."""
        super().__pydantic_init_subclass__(**kwargs)
        unset = {name for name in cls.__class_vars__ if not hasattr(cls, name)} | cls.__abstractmethods__
        if "source" in cls.model_fields and unset:
            raise TypeError(f"{cls.__name__} is a source, and must set {', '.join(sorted(unset))}")


class DatabaseSource(Source):
    """A source of MySQL or MongoDB, in which the platform has a user."""

    reserved_users: ClassVar[frozenset[str]]
    """Users of the server's own besides `root`, in lower case: the platform's must be another."""


AWS_USERS = frozenset({"admin", "rdsadmin", "rdsrepladmin", "serviceadmin"})
"""Names that RDS, Aurora and DocumentDB keep for themselves, and the usual one of their administrator."""
PERCONA_USERS = frozenset({"heartbeat", "monitor", "operator", "orchestrator", "replication", "xtrabackup"})
"""Users that Percona's operator makes in each MySQL cluster."""
