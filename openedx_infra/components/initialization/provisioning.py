"""Provisioning Jobs: users, keys and policies in databases, search and buckets.

One Job each, side by side, each after its own server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

import pulumi

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Administrator, Store
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import IMAGE_GROUPS, USER, WHY
from openedx_infra.config.services.buckets import Bucket, bucket_name, kind
from openedx_infra.config.services.definition import MysqlDatabase
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.models import Job
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
    """The Jobs that create the platform's accounts in the datastores."""

    instance: Instance
    datastores: Datastores
    parent: pulumi.Resource
    first: Sequence[pulumi.Resource] = ()
    """What must be done before any of them: the preflight."""

    def mysql(self) -> Sequence[pulumi.Resource]:
        """The platform's databases in MySQL, and their user."""
        store = self.datastores.mysql
        if store.administrator is None:
            return [*store.ready, *self.first]
        connection = pulumi.Output.from_input(store.connection)
        config = self.instance.stack.datastores.mysql
        return self._job(
            "mysql-provision",
            ["bash", f"{SCRIPTS}/mysql_provision.sh"],
            image="mysql",
            user=USER,
            env={
                "MYSQL_HOST": connection.apply(lambda mysql: mysql.endpoint.host),
                "MYSQL_PORT": connection.apply(lambda mysql: str(mysql.endpoint.port)),
                "DATABASE": config.database,
                "DATABASE_USER": config.user,
                "HISTORY_DATABASE": config.history_database or "",
                "HISTORY_HOST": connection.apply(lambda mysql: mysql.history.host if mysql.history else ""),
                "HISTORY_PORT": connection.apply(
                    lambda mysql: str(mysql.history.port) if mysql.history else ""
                ),
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

    def service_database(self, service: str, database: MysqlDatabase) -> Sequence[pulumi.Resource]:
        """A database of a companion service in MySQL, and its user, who reaches nothing else. Network
        policies know the Job as the one of the platform's databases."""
        store = self.datastores.mysql
        if store.administrator is None:
            return [*store.ready, *self.first]
        connection = pulumi.Output.from_input(store.connection)
        return self._job(
            f"{service}-mysql-provision",
            ["bash", f"{SCRIPTS}/mysql_provision.sh"],
            image="mysql",
            user=USER,
            env={
                "MYSQL_HOST": connection.apply(lambda mysql: mysql.endpoint.host),
                "MYSQL_PORT": connection.apply(lambda mysql: str(mysql.endpoint.port)),
                "DATABASE": database.database,
                "DATABASE_USER": database.user,
                **_administrator(store),
                **_encryption(store.connection),
            },
            secrets={
                **_passwords("mysql_root_password", store.administrator),
                "mysql_password": self.instance.secrets[database.secret],
            },
            store="mysql",
            after=store.ready,
            software="mysql-provision",
        )

    def mongodb(self) -> Sequence[pulumi.Resource]:
        """The platform's user in MongoDB, which makes databases when something is written to them."""
        store = self.datastores.mongodb
        if store.administrator is None:
            return [*store.ready, *self.first]
        connection = pulumi.Output.from_input(store.connection)
        config = self.instance.stack.datastores.mongodb
        return self._job(
            "mongodb-provision",
            ["mongosh", "--nodb", "--quiet", "--file", f"{SCRIPTS}/mongodb_provision.js"],
            image="mongodb",
            user=database.USER,
            exception="mongosh asks for the name of its user, and ends where there is none",
            env={
                "MONGODB_ADDRESS": connection.apply(_mongodb_address),
                "REPLICA_SET": connection.apply(lambda mongodb: mongodb.replica_set or ""),
                "RETRY_WRITES": connection.apply(lambda mongodb: str(mongodb.retry_writes).lower()),
                "AUTH_MECHANISM": connection.apply(lambda mongodb: mongodb.auth_mechanism or ""),
                "AUTH_DATABASE": connection.apply(lambda mongodb: mongodb.auth_database),
                "DATABASE": config.database,
                "DATABASE_USER": config.user,
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
        """The key by which the platform searches and indexes. A server of another version has none yet, which
        is why the Job is told of it."""
        store = self.datastores.search
        if store.administrator is None:
            return [*store.ready, *self.first]
        connection = pulumi.Output.from_input(store.connection)
        return self._job(
            "search-provision",
            ["python", f"{SCRIPTS}/search_provision.py"],
            image="openedx",
            user=USER,
            env={
                "MEILISEARCH_URL": connection.apply(lambda search: search.url),
                "INDEX_PREFIX": keys.index_prefix(self.instance.stack),
                "KEY_UID": connection.apply(lambda search: search.key_uid),
                "SERVER": connection.apply(lambda search: search.identity),
                **_encryption(store.connection),
            },
            secrets={"meilisearch_master_key": store.administrator.password},
            store="search",
            after=store.ready,
        )

    def storage(self) -> Sequence[pulumi.Resource]:
        """The buckets of the instance's own S3 server, and who reaches them."""
        storage: pulumi.Output[Volumes | Buckets] = pulumi.Output.from_input(
            self.datastores.storage.connection
        )
        return self._storage("storage-provision", lambda: storage.apply(_names), None)

    def service_bucket(self, service: str, bucket: Bucket) -> Sequence[pulumi.Resource]:
        """A bucket of a companion service on the instance's own S3 server. Who reaches the platform's buckets
        reaches it: another account would restart the server. Network policies know the Job as the one of the
        platform's buckets."""
        purpose = "public" if bucket.public else "private"
        names = json.dumps({purpose: bucket_name(self.instance.stack, service, bucket)})
        return self._storage(f"{kind(service, bucket)}-storage-provision", lambda: names, "storage-provision")

    def _storage(
        self, name: str, names: Callable[[], pulumi.Input[str]], software: str | None
    ) -> Sequence[pulumi.Resource]:
        """A Job that makes buckets, whose `names` are by what they are for, as JSON."""
        store = self.datastores.storage
        if store.administrator is None:
            return [*store.ready, *self.first]
        storage: pulumi.Output[Volumes | Buckets] = pulumi.Output.from_input(store.connection)
        connection = storage.apply(_buckets)
        site, secrets = self.instance.stack.site, self.instance.secrets
        return self._job(
            name,
            ["python", f"{SCRIPTS}/storage_provision.py"],
            image="openedx",
            user=USER,
            env={
                "S3_ENDPOINT": connection.apply(lambda buckets: buckets.endpoint or ""),
                "S3_REGION": connection.apply(lambda buckets: buckets.region),
                "ADMINISTRATOR": store.administrator.user,
                "BUCKETS": names(),
                "ORIGINS": " ".join([site.lms_url, site.studio_url, site.mfe_url]),
            },
            secrets={
                "s3_root_secret_key": store.administrator.password,
                "s3_access_key": secrets["s3_access_key"],
                "s3_secret_key": secrets["s3_secret_key"],
            },
            store="storage",
            after=store.ready,
            software=software,
        )

    def _job(
        self,
        name: str,
        command: Sequence[str],
        *,
        image: ImageName,
        user: int,
        exception: str | None = None,
        env: Mapping[str, pulumi.Input[str]],
        secrets: Mapping[str, pulumi.Input[str]],
        store: str,
        after: Sequence[pulumi.Resource],
        software: str | None = None,
    ) -> Sequence[Job]:
        scope, opts = self.instance.scope, pulumi.ResourceOptions(parent=self.parent)
        script = PurePosixPath(command[-1]).name
        source = files.plain(f"{name}-script", scope, scripts.whole(script), opts)
        secret = files.secret(f"{name}-secrets", scope, secrets, opts)
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
            software=software,
            container=container,
            user=user,
            groups=IMAGE_GROUPS,
            restart="Never",
            annotations={WHY: exception} if exception else {},
        )
        opts = pulumi.ResourceOptions(parent=self.parent, depends_on=[*after, *self.first])
        return [job(name, scope, pod, opts, deadline_minutes=MINUTES)]


def _administrator(store: Store[Any]) -> dict[str, pulumi.Input[str]]:
    """The administrator's name, and whether its own password is ours to change."""
    assert store.administrator
    operated = store.administrator.password_set_by_operator
    owner = "operator" if operated else "false" if store.externally_managed else "true"
    return {"ADMIN_USER": store.administrator.user, "OWN_SERVER": owner}


def _encryption(connection: pulumi.Input[Any]) -> dict[str, pulumi.Input[str]]:
    """How the connection is encrypted. TLS_VERIFY is full, ca, none, or empty: not at all."""
    tls = pulumi.Output.from_input(connection).apply(
        lambda resolved: asdict(resolved.tls) if resolved.tls else {}
    )
    return {f"TLS_{name.upper()}": _value(tls, name) for name in ("verify", "ca", "certificate", "key")}


def _value(tls: pulumi.Output[dict[str, str | None]], name: str) -> pulumi.Output[str]:
    return tls.apply(lambda values: values.get(name) or "")


def _mongodb_address(mongodb: Mongodb) -> str:
    """Where a MongoDB is, without user and password."""
    return (
        f"mongodb+srv://{mongodb.srv}" if mongodb.srv else f"mongodb://{','.join(map(str, mongodb.members))}"
    )


def _buckets(storage: Volumes | Buckets) -> Buckets:
    if isinstance(storage, Volumes):
        raise TypeError("volumes have no administrator, and no buckets to make")
    return storage


def _names(storage: Volumes | Buckets) -> str:
    return json.dumps(dict(_buckets(storage).names))


def _passwords(name: str, administrator: Administrator) -> dict[str, pulumi.Input[str]]:
    """The password, and the previous one while a rotation is under way."""
    previous = administrator.previous
    return {name: administrator.password, **({f"{name}_previous": previous} if previous is not None else {})}
