"""Where does the data live? One section per datastore; `source` says who runs it.

`in-cluster` is the only source so far. The others (operator, external, managed on AWS) become further
members of each union, with the same endpoint at the end, so that nothing else in the program knows.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.base import IMMUTABLE, Count, Memory, Section, Switch
from openedx_infra.config.patterns import Pattern

DatabaseName = Annotated[
    str,
    Pattern(
        "database or user name",
        r"[A-Za-z][A-Za-z0-9_]{0,31}",
        "at most 32 letters, digits and underscores, with a letter first",
        "openedx",
    ),
]
"""A name for a database or its user: at most 32 characters, which is MySQL's limit for users."""


class Volume(Section):
    """A datastore of the instance's own, on one volume of the cluster."""

    source: Literal["in-cluster"] = Field("in-cluster", json_schema_extra=IMMUTABLE)
    """The instance runs it as a StatefulSet of one pod."""
    storage: Memory = "5Gi"
    """Size of its volume. It may grow later where the StorageClass allows it, and never shrinks."""


class Mysql(Volume):
    """MySQL: accounts, enrolments, grades, and nearly everything else."""

    database: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's database."""
    user: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's user. Its rights end at its database."""


class Mongodb(Volume):
    """MongoDB: the structure of courses and their uploaded files (modulestore and contentstore)."""

    database: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's database."""
    user: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's user."""


class Broker(Volume):
    """Valkey as Celery's broker and event bus: it never evicts, and keeps its queues over a restart."""

    storage: Memory = "1Gi"
    """Size of the volume of its append-only file."""
    visibility_timeout_seconds: Count = Field(14_400, ge=3600, le=172_800)
    """Seconds until a task taken by a lost worker is given to another. Must exceed the longest task: 4 h
    suits a grade report for some 10,000 learners (MIT measured 80 min for 5,000)."""


class Cache(Section):
    """Valkey as Django's cache: evicts what was used least recently; nothing is lost when it restarts."""

    source: Literal["in-cluster"] = Field("in-cluster", json_schema_extra=IMMUTABLE)
    """The instance runs it, without a volume."""


class Search(Volume):
    """Meilisearch: what learners and authors find. Derived data, which a reindex makes anew."""


class Storage(Section):
    """Files that learners and authors upload: public media, and private files that need a permission."""

    source: Literal["in-cluster"] = Field("in-cluster", json_schema_extra=IMMUTABLE)
    """Two volumes of the cluster, shared by web pods and workers."""
    media: Memory = "10Gi"
    """Size of the volume of public media: profile images, course images, video images."""
    private: Memory = "10Gi"
    """Size of the volume of private files: ORA submissions, grade reports, course exports, library assets."""
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        "ReadWriteOnce", json_schema_extra=IMMUTABLE
    )
    """ReadWriteOnce keeps all pods that mount them on one node, which is right for a single server.
    Several nodes need ReadWriteMany and a StorageClass that can do it."""


class Datastores(Section):
    """All datastores, each with a source of its own."""

    mysql: Mysql = Mysql()
    """The relational database."""
    mongodb: Mongodb = Mongodb()
    """The course database."""
    broker: Broker = Broker()
    """Task queues and event bus."""
    cache: Cache = Cache()
    """The cache."""
    search: Search = Search()
    """The search engine."""
    storage: Storage = Storage()
    """Uploaded files."""
    protect: Switch = True
    """Refuse to delete or replace anything that holds data: volumes, and the namespace around them.
    Set it to false, and run `up` once, before a `destroy` that shall take the data with it."""
