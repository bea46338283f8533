"""How is it proved that a backup can be restored? In a scratch namespace, by one pod that needs nobody.

Beside its steps run servers that are thrown away: MySQL, MongoDB and Valkey, on localhost. The newest backup
is loaded into them and counted, and the platform's own image then runs its migrations and answers requests.
The namespace reaches the bucket of backups and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from openedx_infra import settings
from openedx_infra.components.backups.pods import FOLDER, Servers, Uploads, Workshop, workshop
from openedx_infra.components.datastores.certificates import Certificates
from openedx_infra.components.datastores.store import FileStore, Reach
from openedx_infra.components.edx_platform.process import Process
from openedx_infra.components.edx_platform.process import pod as platform_pod
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, Site, keep, render
from openedx_infra.components.instance import Instance
from openedx_infra.components.registry_logins import logins, pull_secret
from openedx_infra.components.users import WHY
from openedx_infra.config.sections.backups import Backups, Drill
from openedx_infra.config.sections.duties import resolved
from openedx_infra.config.sections.network import anywhere
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.kubernetes.cron_job import cron_job
from openedx_infra.kubernetes.isolation import Isolation
from openedx_infra.kubernetes.names import RESTRICTED, Scope
from openedx_infra.kubernetes.pod import Container, FixedSize
from openedx_infra.settings import paths
from openedx_infra.settings.backups import DRILL, SCRATCH
from openedx_infra.settings.connections import (
    Connections,
    Endpoint,
    Mongodb,
    Mysql,
    Search,
    Smtp,
    Valkey,
    Volumes,
)

HOST = "127.0.0.1"
PREFIX = f"{DRILL}-"
"""Of the names of resources whose objects are called as those in the instance's own namespace."""
PROVED = (replace(LMS, secrets=partial(settings.lms_secrets, signs=False)), STUDIO)
"""The sites. Nobody logs in here: the key that signs the instance's tokens stays in its own namespace."""
COPIES = {SCRATCH: "what it holds is in the backups"}
VALKEY_SIZE = FixedSize(cpu="20m", memory="64Mi", memory_limit="256Mi")
"""A cache for some requests (a guess)."""
START_SECONDS = 600
"""Patience with MySQL, which makes its files anew."""
PROVING_MEBIBYTES = 12 * 1024
"""Disk beside that of the servers: what the folders of both sites may hold together (see `_proving`)."""
SERVER_USER = 999
"""User of both official images: mongosh, which makes MongoDB's first user, ends where its own has no name."""
SERVER_SECRETS = "/run/secrets/drill"


@dataclass(frozen=True, kw_only=True)
class DrillArgs:
    """What the proof needs."""

    instance: Instance
    said: Backups
    drill: Drill


def drill(args: DrillArgs, parent: pulumi.Resource) -> None:
    """The scratch namespace, and in it the CronJob that proves."""
    own = pulumi.ResourceOptions(parent=parent)
    instance = _moved(args.instance, parent)
    isolation = Isolation(scope=instance.scope, opts=own, prefix=PREFIX)
    isolation.deny_all()
    isolation.allow_dns(instance.stack.network.name_servers)
    to = args.said.destination
    isolation.allow_outside(f"internet-from-{DRILL}", isolation.software(DRILL), [to.port], anywhere())
    known = connections(args.instance)
    servers = Servers(
        mysql=pulumi.Output.from_input(known.mysql), mongodb=pulumi.Output.from_input(known.mongodb)
    )
    made = workshop(instance, args.said, servers, own, Uploads(), Volumes(), name=DRILL)
    steps = [
        made.restic("fetch", FILES=str(args.drill.files).lower()),
        made.python("check", "check"),
        made.mysql("load"),
        made.python("mongodb-load", "load-mongodb"),
        made.python("compare", "compare"),
        *(_proving(site, made, known, own) for site in PROVED),
        made.python("proof", "proof"),
        made.rclone("publish"),
    ]
    pod = replace(
        made.pod(DRILL, DRILL, steps),
        sidecars=_servers(made, args.drill),
        annotations={WHY: "mysql and mongodb: users of the official images, who have names there"},
    )
    cron_job(
        DRILL,
        instance.scope,
        pod,
        own,
        schedule=resolved(args.drill.schedule, instance.stack.name, DRILL),
        deadline_minutes=args.drill.minutes,
        time_zone=instance.stack.site.time_zone,
    )


def connections(instance: Instance) -> Connections:
    """Where the throw-away servers are; search and mail are nowhere."""
    said = instance.stack.datastores
    redis = Valkey(at=Endpoint(host=HOST, port=6379), authenticated=False)
    return Connections(
        mysql=Mysql(
            at=Endpoint(host=HOST, port=3306),
            database=said.mysql.database,
            # The administrator of the throw-away server, by the same password: it may make all databases.
            user="root",
            history_database=said.mysql.history_database,
        ),
        mongodb=Mongodb(
            members=(Endpoint(host=HOST, port=27017),),
            database=said.mongodb.database,
            user="root",
            auth_database="admin",
        ),
        broker=redis,
        cache=replace(redis, database=1),
        search=Search(engine="meilisearch", at=Endpoint(host=HOST, port=7700), derived_key=True),
        storage=Volumes(),
        mail=Smtp(at=Endpoint(host=HOST, port=1025)),
    )


def _moved(instance: Instance, parent: pulumi.Resource) -> Instance:
    """The instance in the scratch namespace, where it has no role, and sends no events anywhere."""
    stack = instance.stack
    namespace = Namespace(
        "drill-namespace",
        metadata=ObjectMetaArgs(name=stack.drill_namespace, labels=RESTRICTED, annotations=COPIES),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    scope: Scope = replace(instance.scope, namespace=namespace.metadata["name"])
    known = logins(stack, instance.secrets)
    secrets = [pull_secret(known, scope, parent, prefix=PREFIX).metadata["name"]] if known else []
    return replace(
        instance,
        scope=scope,
        aws=None,
        tracking=None,
        certificates=Certificates(),
        pull_secrets=[*stack.images.pull_secrets, *secrets],
    )


def _servers(made: Workshop, said: Drill) -> list[Container]:
    """MySQL, MongoDB and Valkey, which forget everything with the pod."""
    secrets = [made.secrets.only("mysql_password", "mongodb_password")]
    password = volumes.mounted("server-secrets", SERVER_SECRETS, secrets)
    disk = made.said.scratch
    mysql = Container(
        name="mysql",
        image=made.instance.image("mysql"),
        user=SERVER_USER,
        size=said.mysql,
        env={"MYSQL_ROOT_PASSWORD_FILE": f"{SERVER_SECRETS}/mysql_password", "MYSQL_ROOT_HOST": "%"},
        # Nothing in it is worth a write to the disk that is waited for.
        args=["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--character-set-server=utf8mb4"],
        port=3306,
        probes=probes.server(3306, start_seconds=START_SECONDS),
        mounts=[
            password,
            volumes.scratch("mysql", "/var/lib/mysql", disk),
            volumes.scratch("mysql-run", "/var/run/mysqld", "16Mi"),
            volumes.scratch("mysql-tmp", "/tmp", "2Gi"),
        ],
        disk_limit=made.disk,
    )
    mongodb = Container(
        name="mongodb",
        image=made.instance.image("mongodb"),
        user=SERVER_USER,
        size=said.mongodb,
        args=["--wiredTigerCacheSizeGB", "0.25"],
        env={
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": f"{SERVER_SECRETS}/mongodb_password",
            "HOME": "/tmp",
        },
        port=27017,
        probes=probes.server(27017, start_seconds=START_SECONDS),
        mounts=[
            password,
            volumes.scratch("mongodb", "/data/db", disk),
            volumes.scratch("mongodb-config", "/data/configdb", "16Mi"),
            volumes.scratch("mongodb-tmp", "/tmp", "1Gi"),
        ],
        disk_limit=made.disk,
    )
    valkey = Container(
        name="valkey",
        image=made.instance.image("valkey"),
        size=VALKEY_SIZE,
        # Valkey's images answer to Redis' name, too; Redis' own know no other.
        command=["redis-server", "--save", "", "--appendonly", "no"],
        port=6379,
        probes=probes.server(6379, start_seconds=60),
        mounts=[volumes.scratch("valkey", "/data", "64Mi")],
    )
    return [mysql, mongodb, valkey]


def _proving(site: Site, made: Workshop, known: Connections, opts: pulumi.ResourceOptions) -> Container:
    """The platform, with its own settings but for where its servers are."""
    instance = made.instance
    rendered = render(site, instance, pulumi.Output.from_input(known))
    kept = keep(f"{site.name}-drill", rendered, instance.scope, opts)
    nowhere = FileStore(
        connection=Volumes(),
        reach=Reach(ports=()),
        mounts=[
            volumes.scratch("media", paths.MEDIA_DIR, "1Gi"),
            volumes.scratch("private", paths.PRIVATE_DIR, "1Gi"),
        ],
        foreign=False,
    )
    process = Process(
        component=DRILL,
        command=["sh", f"{FOLDER}/prove.sh"],
        size=instance.stack.sizing.jobs,
        env={"HOST": site.host(instance.stack)},
        disk_limit=f"{memory_bytes(made.disk) // 2**20 + PROVING_MEBIBYTES}Mi",
    )
    container = platform_pod(site, instance, kept, nowhere, process).container
    mounts = [volumes.renamed(mount, f"{site.name}-{mount.volume.name}") for mount in container.mounts]
    scripts = volumes.mounted("scripts", FOLDER, [made.scripts])
    return replace(container, name=f"prove-{site.name}", mounts=[*mounts, scripts])
