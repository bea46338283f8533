"""Component of backups: CronJobs that make, list, check and restore them, and one that tests a restore.

One makes backups by the clock, others wait for verbs of `openedx-infra`, and one proves regularly, in a
namespace of its own, that a backup can be restored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components.backups.pods import (
    BackupContainers,
    Servers,
    backup_containers,
)
from openedx_infra.components.backups.restore_test import RestoreTestArgs, restore_test
from openedx_infra.components.backups.service_databases import service_databases
from openedx_infra.components.backups.service_files import ServiceFiles
from openedx_infra.components.backups.uploads import Uploads, uploads
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.initialization.initialization import PreMigrationStep
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER
from openedx_infra.config.sections.duties import resolved
from openedx_infra.kubernetes.job import cron_job, job
from openedx_infra.kubernetes.pod import Container
from openedx_infra.settings.backups import BACKUP, BEFORE, CHECK, LIST, RESTORE, SOFTWARE

BEFORE_KIND = "before-upgrade"
"""What restic calls backups that are made before migrations."""
QUICK_MINUTES = 30
"""Patience with what reads no data: locks of others are waited for so long."""


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    """What backups need."""

    instance: Instance
    datastores: Datastores
    service_files: Sequence[ServiceFiles] = ()
    """Uploaded files of companion services."""
    after: Sequence[pulumi.Resource] = ()
    """What must be done before the first backup: without tables there is nothing to back up."""


class Backups(pulumi.ComponentResource):
    """All CronJobs of backups. Only a stack with the section `backups` has it."""

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Backups", name, None, opts)
        instance, config = args.instance, args.instance.stack.backups
        if config is None:
            raise pulumi.RunError("openedx:backups: missing: without it there is nothing to make")
        opts = pulumi.ResourceOptions(parent=self)
        self._instance, self._config = instance, config
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        stores = args.datastores
        files = uploads(instance, config, stores.storage, self, args.service_files)
        containers = backup_containers(
            instance,
            config,
            _servers(stores),
            opts,
            files,
            stores.storage.connection,
            services=service_databases(instance.stack),
        )
        fileless = _without_files(containers)
        schedule = resolved(config.schedule, instance.stack.name, BACKUP)
        self._cron_job(BACKUP, containers, backup_steps(containers, "scheduled"), schedule=schedule)
        self._cron_job(LIST, fileless, [fileless.restic("list")], minutes=QUICK_MINUTES)
        self._cron_job(CHECK, fileless, check_steps(fileless))
        self._cron_job(RESTORE, containers, restore_steps(containers))
        if config.drill:
            restore_test(RestoreTestArgs(instance=instance, config=config, test=config.drill), self)
        self.register_outputs({})

    def _cron_job(
        self,
        name: str,
        containers: BackupContainers,
        steps: Sequence[Container],
        *,
        schedule: str | None = None,
        minutes: int | None = None,
    ) -> None:
        """A CronJob that runs by the clock, or without a schedule waits for a verb."""
        pod = replace(containers.pod(name, SOFTWARE, steps), paused=self._instance.stack.maintenance.pause)
        cron_job(
            name,
            self._instance.scope,
            pod,
            self._opts,
            schedule=schedule,
            deadline_minutes=minutes or self._config.minutes,
            # A restore that failed half way needs people: a second try would begin with half a database.
            retries=0 if name == RESTORE else 1,
            time_zone=self._instance.stack.site.time_zone,
        )


def before_upgrade(instance: Instance, stores: Datastores) -> PreMigrationStep | None:
    """A Job that backs up the databases before migrations change them. None: it is switched off.

    Its annotations make it run again: the platform's image, and whatever else makes migrations run again.
    """
    config = instance.stack.backups
    if config is None or not config.before_upgrade or not (config.mysql or config.mongodb):
        return None

    def step(
        after: Sequence[pulumi.Resource],
        annotations: Mapping[str, pulumi.Input[str]],
        parent: pulumi.Resource,
    ) -> Sequence[pulumi.Resource]:
        opts = pulumi.ResourceOptions(parent=parent)
        storage = stores.storage.connection
        containers = backup_containers(
            instance,
            config,
            _servers(stores),
            opts,
            Uploads(),
            storage,
            name=BEFORE,
            services=service_databases(instance.stack),
        )
        pod = containers.pod(BEFORE, SOFTWARE, backup_steps(containers, BEFORE_KIND))
        pod = replace(pod, annotations=annotations)
        opts = pulumi.ResourceOptions(parent=parent, depends_on=list(after))
        return [job(BEFORE, instance.scope, pod, opts, deadline_minutes=config.minutes)]

    return step


def backup_steps(containers: BackupContainers, kind: str) -> list[Container]:
    """Dump, copy, seal, store. The databases come first: the files that they name are there by then."""
    config, retention = containers.config, containers.config.retention
    numbers = {
        "KIND": kind,
        "KEEP_DAILY": str(retention.daily),
        "KEEP_WEEKLY": str(retention.weekly),
        "KEEP_MONTHLY": str(retention.monthly),
        "KEEP_OTHERS": str(retention.by_hand),
    }
    return [
        *([containers.mysql("dump", before_services=kind == BEFORE_KIND)] if config.mysql else []),
        *([containers.python("mongodb-dump", "dump-mongodb")] if config.mongodb else []),
        *([containers.rclone("out")] if containers.in_buckets else []),
        containers.python("seal", "seal"),
        containers.restic("keep", "backup", **numbers),
    ]


def check_steps(containers: BackupContainers) -> list[Container]:
    """Fetch a backup and verify that it is complete. Nothing is overwritten."""
    return [containers.restic("fetch"), containers.python("check", "check")]


def restore_steps(containers: BackupContainers) -> list[Container]:
    """The same, then load it into the databases and the uploaded files, and count. What a verb asks for by
    variables comes last: other hosts, and masked data."""
    config = containers.config
    return [
        *check_steps(containers),
        *([containers.mysql("load")] if config.mysql else []),
        *([containers.python("mongodb-load", "load-mongodb")] if config.mongodb else []),
        *([containers.restic("files")] if containers.uploads.kinds else []),
        *([containers.rclone("in")] if containers.in_buckets else []),
        containers.python("compare", "compare", "mask", "hosts"),
    ]


def _servers(stores: Datastores) -> Servers:
    return Servers(
        mysql=pulumi.Output.from_input(stores.mysql.connection),
        mongodb=pulumi.Output.from_input(stores.mongodb.connection),
    )


def _without_files(containers: BackupContainers) -> BackupContainers:
    """The same without uploaded files: their pods mount no volume, and may run on any node."""
    return replace(containers, uploads=replace(containers.uploads, mounts=(), user=USER, one_node=False))
