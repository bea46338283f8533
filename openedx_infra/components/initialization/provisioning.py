"""How do databases, search and buckets get their users, keys and policies?

One Job each, side by side, each after its own server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

import pulumi
from pulumi_kubernetes.batch.v1 import Job

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Administrator, Store
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import IMAGE_GROUPS, USER, WHY
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.pod import Container, FixedSize, Pod
from openedx_infra.releases import ImageName
from openedx_infra.services import database
from openedx_infra.settings import keys, paths
from openedx_infra.settings.connections import Buckets, Mongodb, Volumes

SCRIPTS = "/openedx/scripts"
"""Folder of a Job's own scripts."""
MINUTES = 10
"""Patience with a Job that takes seconds once its image is there."""
SIZE = FixedSize(cpu="50m", memory="256Mi", memory_limit="512Mi")
"""A database's shell: mongosh, the largest, takes some 200 MB (a guess)."""


@dataclass(frozen=True, kw_only=True)
class Provisioning:
    """The Jobs that set up what the platform's accounts in the datastores may do."""

    instance: Instance
    datastores: Datastores
    parent: pulumi.Resource
    first: Sequence[pulumi.Resource] = ()
    """What must be done before anything is changed."""

    def mysql(self) -> Sequence[pulumi.Resource]:
        """The platform's databases in MySQL, and their user."""
        store = self.datastores.mysql
        if store.administrator is None:
            return [*store.ready, *self.first]
        at = pulumi.Output.from_input(store.connection)
        said = self.instance.stack.datastores.mysql
        return self._run(
            "mysql-provision",
            ["bash", f"{SCRIPTS}/mysql_provision.sh"],
            image="mysql",
            user=USER,
            env={
                "MYSQL_HOST": at.apply(lambda known: known.at.host),
                "MYSQL_PORT": at.apply(lambda known: str(known.at.port)),
                "DATABASE": said.database,
                "DATABASE_USER": said.user,
                "HISTORY_DATABASE": said.history_database or "",
                "HISTORY_HOST": at.apply(lambda known: known.history.host if known.history else ""),
                "HISTORY_PORT": at.apply(lambda known: str(known.history.port) if known.history else ""),
                **_administrator(store),
                **_encryption(store.connection),
            },
            secrets={
                **_passwords("mysql_root_password", store.administrator),
                "mysql_password": self.instance.secrets["mysql_password"],
            },
            store="mysql",
            after=store.ready,
        )

    def mongodb(self) -> Sequence[pulumi.Resource]:
        """The platform's user in MongoDB, which makes databases when something is written to them."""
        store = self.datastores.mongodb
        if store.administrator is None:
            return [*store.ready, *self.first]
        at = pulumi.Output.from_input(store.connection)
        said = self.instance.stack.datastores.mongodb
        return self._run(
            "mongodb-provision",
            ["mongosh", "--nodb", "--quiet", "--file", f"{SCRIPTS}/mongodb_provision.js"],
            image="mongodb",
            user=database.USER,
            why="mongosh asks for the name of its user, and ends where there is none",
            env={
                "MONGODB_ADDRESS": at.apply(_mongodb_address),
                "REPLICA_SET": at.apply(lambda known: known.replica_set or ""),
                "RETRY_WRITES": at.apply(lambda known: "true" if known.retry_writes else "false"),
                "AUTH_DATABASE": at.apply(lambda known: known.auth_database),
                "DATABASE": said.database,
                "DATABASE_USER": said.user,
                **_administrator(store),
                **_encryption(store.connection),
            },
            secrets={
                **_passwords("mongodb_root_password", store.administrator),
                "mongodb_password": self.instance.secrets["mongodb_password"],
            },
            store="mongodb",
            after=store.ready,
        )

    def search(self) -> Sequence[pulumi.Resource]:
        """The key by which the platform searches and indexes."""
        store = self.datastores.search
        if store.administrator is None:
            return [*store.ready, *self.first]
        at = pulumi.Output.from_input(store.connection)
        return self._run(
            "search-provision",
            ["python", f"{SCRIPTS}/search_provision.py"],
            image="openedx",
            user=USER,
            env={
                "MEILISEARCH_URL": at.apply(lambda known: known.url),
                "INDEX_PREFIX": keys.index_prefix(self.instance.stack),
                "KEY_UID": keys.SEARCH_KEY_UID,
                **_encryption(store.connection),
            },
            secrets={"meilisearch_master_key": store.administrator.password},
            store="search",
            after=store.ready,
        )

    def storage(self) -> Sequence[pulumi.Resource]:
        """The buckets of the instance's own S3 server, and who reaches them."""
        store = self.datastores.storage
        if store.administrator is None:
            return [*store.ready, *self.first]
        connection: pulumi.Output[Volumes | Buckets] = pulumi.Output.from_input(store.connection)
        at = connection.apply(_buckets)
        site, secrets = self.instance.stack.site, self.instance.secrets
        return self._run(
            "storage-provision",
            ["python", f"{SCRIPTS}/storage_provision.py"],
            image="openedx",
            user=USER,
            env={
                "S3_ENDPOINT": at.apply(lambda known: known.endpoint or ""),
                "S3_REGION": at.apply(lambda known: known.region),
                "ADMINISTRATOR": store.administrator.user,
                "BUCKETS": at.apply(lambda known: json.dumps(dict(known.names))),
                "ORIGINS": " ".join([site.lms_url, site.studio_url, site.mfe_url]),
            },
            secrets={
                "s3_root_secret_key": store.administrator.password,
                "s3_access_key": secrets["s3_access_key"],
                "s3_secret_key": secrets["s3_secret_key"],
            },
            store="storage",
            after=store.ready,
        )

    def _run(
        self,
        name: str,
        command: Sequence[str],
        *,
        image: ImageName,
        user: int,
        why: str | None = None,
        env: Mapping[str, pulumi.Input[str]],
        secrets: Mapping[str, pulumi.Input[str]],
        store: str,
        after: Sequence[pulumi.Resource],
    ) -> Sequence[Job]:
        scope, own = self.instance.scope, pulumi.ResourceOptions(parent=self.parent)
        script = PurePosixPath(command[-1]).name
        source = files.plain(f"{name}-script", scope, scripts.whole(script), own)
        secret = files.secret(f"{name}-secrets", scope, secrets, own)
        certificates = self.instance.certificates
        container = Container(
            image=self.instance.image(image),
            size=SIZE,
            command=command,
            env={**env, "HOME": "/tmp"},
            mounts=[
                volumes.mounted("scripts", SCRIPTS, [source]),
                volumes.mounted("secrets", paths.SECRETS_DIR, [secret, *certificates.secrets(store)]),
                *certificates.mounts(store),
                volumes.scratch("tmp", "/tmp", "64Mi"),
            ],
        )
        pod = Pod(
            component=name,
            container=container,
            user=user,
            groups=IMAGE_GROUPS,
            restart="Never",
            annotations={WHY: why} if why else {},
        )
        opts = pulumi.ResourceOptions(parent=self.parent, depends_on=[*after, *self.first])
        return [job(name, scope, pod, opts, deadline_minutes=MINUTES)]


def _administrator(store: Store[Any]) -> dict[str, pulumi.Input[str]]:
    """Who makes users, and whether his own password is ours to change: not where somebody else sets it."""
    assert store.administrator
    own = "operator" if store.administrator.password_set_by_operator else "false" if store.foreign else "true"
    return {"ADMIN_USER": store.administrator.user, "OWN_SERVER": own}


def _encryption(connection: pulumi.Input[Any]) -> dict[str, pulumi.Input[str]]:
    """How the connection is encrypted. TLS_VERIFY is full, ca, none, or empty: not at all."""
    tls = pulumi.Output.from_input(connection).apply(lambda known: asdict(known.tls) if known.tls else {})
    return {f"TLS_{name.upper()}": _picked(tls, name) for name in ("verify", "ca", "certificate", "key")}


def _picked(tls: pulumi.Output[dict[str, str | None]], name: str) -> pulumi.Output[str]:
    return tls.apply(lambda known: known.get(name) or "")


def _mongodb_address(known: Mongodb) -> str:
    """Where a MongoDB is, without user and password."""
    return f"mongodb+srv://{known.srv}" if known.srv else f"mongodb://{','.join(map(str, known.members))}"


def _buckets(known: Volumes | Buckets) -> Buckets:
    if isinstance(known, Volumes):
        raise TypeError("volumes have no administrator, and no buckets to make")
    return known


def _passwords(name: str, administrator: Administrator) -> dict[str, pulumi.Input[str]]:
    """Of previous passwords there is one only while a rotation is under way."""
    previous = administrator.previous
    return {name: administrator.password, **({f"{name}_previous": previous} if previous is not None else {})}
