"""The test that a backup can be restored: a CronJob in a scratch namespace.

Beside its steps run throw-away servers: MySQL, MongoDB and Valkey, on localhost. The newest backup is loaded
into them and counted, and the platform's own image then runs its migrations and answers requests. The
namespace reaches the bucket of backups and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import pulumi

from openedx_infra import settings
from openedx_infra.components.backups.pods import (
    FOLDER,
    BackupContainers,
    Servers,
    backup_containers,
)
from openedx_infra.components.backups.service_databases import as_root, service_databases
from openedx_infra.components.backups.uploads import Uploads
from openedx_infra.components.datastores.certificates import authorities
from openedx_infra.components.datastores.store import FileStore, Reach
from openedx_infra.components.edx_platform.platform_pod import platform_container
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, Site, render_settings, store_settings
from openedx_infra.components.instance import Instance
from openedx_infra.components.network.destinations import of_url
from openedx_infra.components.network.egress import open_proxy
from openedx_infra.components.network.policies import allow_names
from openedx_infra.components.registry_logins import logins, pull_secret
from openedx_infra.components.users import WHY
from openedx_infra.components.web_proxy import by_proxy
from openedx_infra.config.sections.backups import Backups, RestoreTest
from openedx_infra.config.sections.duties import resolved
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.kubernetes.job import cron_job
from openedx_infra.kubernetes.models import Namespace, ObjectMetaArgs
from openedx_infra.kubernetes.names import RESTRICTED, Scope
from openedx_infra.kubernetes.network_policies import NetworkPolicies
from openedx_infra.kubernetes.pod import Container, FixedSize, Size
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import keys, paths
from openedx_infra.settings.backups import RESTORE_TEST, SCRATCH
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
PREFIX = f"{RESTORE_TEST}-"
"""Of the names of resources whose objects are called as those in the instance's own namespace."""
SITES = (replace(LMS, secrets=partial(settings.lms_secrets, signs=False)), STUDIO)
"""Both sites. Nobody logs in here: the key that signs the instance's tokens stays in its own namespace."""
COPIES = {SCRATCH: "what it holds is in the backups"}
VALKEY_SIZE = FixedSize(cpu="20m", memory="64Mi", memory_limit="256Mi")
"""A cache for some requests (a guess)."""
START_SECONDS = 600
"""Patience with MySQL, which creates its files anew."""
PLATFORM_MEBIBYTES = 12 * 1024
"""Disk beside that of the servers: what the folders of both sites may hold (see `_platform_step`)."""
SERVER_USER = 999
"""User of both official images: mongosh, which makes MongoDB's first user, ends where its own has no name."""
SERVER_SECRETS = "/run/secrets/drill"


@dataclass(frozen=True, kw_only=True)
class RestoreTestArgs:
    """What the restore test needs."""

    instance: Instance
    config: Backups
    test: RestoreTest


def restore_test(args: RestoreTestArgs, parent: pulumi.Resource) -> None:
    """The scratch namespace, and in it the CronJob of the restore test."""
    opts = pulumi.ResourceOptions(parent=parent)
    instance = _in_scratch_namespace(args.instance, parent)
    policies = NetworkPolicies(scope=instance.scope, opts=opts, prefix=PREFIX)
    policies.deny_all()
    allow_names(policies, instance.stack)
    target = args.config.destination
    policies.allow_egress(
        f"internet-from-{RESTORE_TEST}",
        policies.software(RESTORE_TEST),
        [target.port],
        of_url(instance.stack, target.url),
    )
    if by_proxy(instance.stack, target.url):
        open_proxy(policies, instance.stack, policies.software(RESTORE_TEST))
    endpoints = connections(args.instance)
    servers = Servers(
        mysql=pulumi.Output.from_input(endpoints.mysql), mongodb=pulumi.Output.from_input(endpoints.mongodb)
    )
    dumps = as_root(service_databases(args.instance.stack))
    containers = backup_containers(
        instance, args.config, servers, opts, Uploads(), Volumes(), name=RESTORE_TEST, services=dumps
    )
    steps = [
        containers.restic("fetch", FILES=str(args.test.files).lower()),
        containers.python("check", "check"),
        containers.mysql("load"),
        containers.python("mongodb-load", "load-mongodb"),
        containers.python("compare", "compare"),
        *(_platform_step(site, containers, endpoints, opts) for site in SITES),
        containers.python("proof", "proof"),
        containers.rclone("publish"),
    ]
    pod = replace(
        containers.pod(RESTORE_TEST, RESTORE_TEST, steps),
        sidecars=_servers(containers, args.test),
        annotations={WHY: "mysql and mongodb: users of the official images, who have names there"},
    )
    cron_job(
        RESTORE_TEST,
        instance.scope,
        pod,
        opts,
        schedule=resolved(args.test.schedule, instance.stack.name, RESTORE_TEST),
        deadline_minutes=args.test.minutes,
        time_zone=instance.stack.site.time_zone,
    )


def _search(secrets: Mapping[str, object]) -> Search:
    """A search server that isn't there, by the key that the stack has for its own; Elasticsearch asks for
    none."""
    nobody = Endpoint(host=HOST, port=7700)
    derived = "meilisearch_master_key" in secrets
    if derived or "search_api_key" in secrets:
        return Search(engine="meilisearch", endpoint=nobody, derived_key=derived)
    return Search(engine="elasticsearch", endpoint=nobody)


def connections(instance: Instance) -> Connections:
    """Connections to the throw-away servers; search and mail have none."""
    datastores = instance.stack.datastores
    redis = Valkey(endpoint=Endpoint(host=HOST, port=6379), authenticated=False)
    return Connections(
        mysql=Mysql(
            endpoint=Endpoint(host=HOST, port=3306),
            database=datastores.mysql.database,
            # The administrator of the throw-away server, by the same password: it may make all databases.
            user="root",
            history_database=datastores.mysql.history_database,
        ),
        mongodb=Mongodb(
            members=(Endpoint(host=HOST, port=27017),),
            database=datastores.mongodb.database,
            user="root",
            auth_database="admin",
        ),
        broker=redis,
        cache=replace(redis, database=1),
        search=_search(instance.secrets),
        storage=Volumes(),
        mail=Smtp(endpoint=Endpoint(host=HOST, port=1025)),
    )


def _in_scratch_namespace(instance: Instance, parent: pulumi.Resource) -> Instance:
    """The instance in the scratch namespace: without a role on AWS, and without tracking events."""
    stack = instance.stack
    namespace = Namespace(
        "drill-namespace",
        metadata=ObjectMetaArgs(name=stack.restore_test_namespace, labels=RESTRICTED, annotations=COPIES),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    scope: Scope = replace(instance.scope, namespace=namespace.metadata["name"])
    registries = logins(stack, instance.secrets)
    secrets = [pull_secret(registries, scope, parent, prefix=PREFIX).metadata["name"]] if registries else []
    # Its own MongoDB has a password, also where the instance's user logs in by a certificate.
    root = pulumi.Output.from_input(instance.secrets["django_secret_key"])
    own_password = root.apply(lambda key: keys.derived(key, "restore test's MongoDB"))
    return replace(
        instance,
        scope=scope,
        secrets={"mongodb_password": pulumi.Output.secret(own_password), **instance.secrets},
        aws=None,
        tracking=None,
        certificates=authorities(stack, scope, f"{PREFIX}authorities", parent),
        pull_secrets=[*stack.images.pull_secrets, *secrets],
    )


def _servers(containers: BackupContainers, sizes: RestoreTest) -> list[Container]:
    """MySQL, MongoDB and Valkey, which forget everything with the pod."""
    mysql = _database(
        containers,
        "mysql",
        sizes.mysql,
        3306,
        env={"MYSQL_ROOT_PASSWORD_FILE": f"{SERVER_SECRETS}/mysql_password", "MYSQL_ROOT_HOST": "%"},
        # Nothing in it is worth waiting for the disk.
        args=["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--character-set-server=utf8mb4"],
        mounts=[
            volumes.scratch("mysql", "/var/lib/mysql", containers.config.scratch),
            volumes.scratch("mysql-run", "/var/run/mysqld", "16Mi"),
            volumes.scratch("mysql-tmp", "/tmp", "2Gi"),
        ],
    )
    mongodb = _database(
        containers,
        "mongodb",
        sizes.mongodb,
        27017,
        env={
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": f"{SERVER_SECRETS}/mongodb_password",
            "HOME": "/tmp",
        },
        args=["--wiredTigerCacheSizeGB", "0.25"],
        mounts=[
            volumes.scratch("mongodb", "/data/db", containers.config.scratch),
            volumes.scratch("mongodb-config", "/data/configdb", "16Mi"),
            volumes.scratch("mongodb-tmp", "/tmp", "1Gi"),
        ],
    )
    valkey = Container(
        name="valkey",
        image=containers.instance.image("valkey"),
        size=VALKEY_SIZE,
        # Valkey's images answer to Redis' name, too; Redis' own know no other.
        command=["redis-server", "--save", "", "--appendonly", "no"],
        port=6379,
        probes=probes.server(6379, start_seconds=60),
        mounts=[volumes.scratch("valkey", "/data", "64Mi")],
    )
    return [mysql, mongodb, valkey]


def _database(
    containers: BackupContainers,
    name: Literal["mysql", "mongodb"],
    size: Size,
    port: int,
    *,
    env: Mapping[str, str],
    args: Sequence[str],
    mounts: Sequence[Mount],
) -> Container:
    secrets = [containers.secrets.only("mysql_password", "mongodb_password")]
    return Container(
        name=name,
        image=containers.instance.image(name),
        user=SERVER_USER,
        size=size,
        env=env,
        args=args,
        port=port,
        probes=probes.server(port, start_seconds=START_SECONDS),
        mounts=[volumes.mounted("server-secrets", SERVER_SECRETS, secrets), *mounts],
        disk_limit=containers.disk,
    )


def _platform_step(
    site: Site, containers: BackupContainers, endpoints: Connections, opts: pulumi.ResourceOptions
) -> Container:
    """Runs a site's migrations and asks it for a page, with its own settings but for the servers."""
    instance = containers.instance
    texts = render_settings(site, instance, pulumi.Output.from_input(endpoints))
    settings_files = store_settings(f"{site.name}-drill", texts, instance.scope, opts)
    storage = FileStore(
        connection=Volumes(),
        reach=Reach(ports=()),
        mounts=[
            volumes.scratch("media", paths.MEDIA_DIR, "1Gi"),
            volumes.scratch("private", paths.PRIVATE_DIR, "1Gi"),
        ],
        externally_managed=False,
    )
    container = platform_container(
        site,
        instance,
        settings_files,
        storage,
        command=["sh", f"{FOLDER}/prove.sh"],
        size=instance.stack.sizing.jobs,
        env={"HOST": site.host(instance.stack)},
    )
    mounts = [volumes.renamed(mount, f"{site.name}-{mount.volume.name}") for mount in container.mounts]
    scripts = volumes.mounted("scripts", FOLDER, [containers.scripts])
    return replace(
        container,
        name=f"prove-{site.name}",
        mounts=[*mounts, scripts],
        disk_limit=f"{memory_bytes(containers.disk) // 2**20 + PLATFORM_MEBIBYTES}Mi",
    )
