"""How is the instance's data kept, and had back?

CronJobs: one makes backups by the clock, others wait for verbs of `openedx-infra`, and one proves regularly,
in a namespace of its own, that a backup can be restored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components.backups.pods import Servers, Uploads, Workshop, uploads, workshop
from openedx_infra.components.backups.restore_test import DrillArgs, drill
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.initialization.initialization import Before
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER
from openedx_infra.config.sections.duties import resolved
from openedx_infra.kubernetes.cron_job import cron_job
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.pod import Container
from openedx_infra.settings.backups import BACKUP, BEFORE, CHECK, LIST, RESTORE, SOFTWARE

QUICK_MINUTES = 30
"""Patience with what reads no data: locks of others are waited for so long."""


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    """What backups need."""

    instance: Instance
    datastores: Datastores
    after: Sequence[pulumi.Resource] = ()
    """What must be done before the first backup: there is nothing to keep without tables."""


class Backups(pulumi.ComponentResource):
    """All that keeps, restores and proves. Only a stack that says `backups` has one."""

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Backups", name, None, opts)
        instance, said = args.instance, args.instance.stack.backups
        if said is None:
            raise pulumi.RunError("openedx:backups: missing: without it there is nothing to make")
        own = pulumi.ResourceOptions(parent=self)
        self._instance, self._said = instance, said
        self._own = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        stores = args.datastores
        kept = uploads(instance, said, stores.storage, self)
        made = workshop(instance, said, _servers(stores), own, kept, stores.storage.connection)
        clock = resolved(said.schedule, instance.stack.name, BACKUP)
        self._wait(BACKUP, made, making(made, "scheduled"), schedule=clock)
        self._wait(LIST, _without_files(made), [made.restic("list")], minutes=QUICK_MINUTES)
        self._wait(CHECK, _without_files(made), checking(_without_files(made)))
        self._wait(RESTORE, made, restoring(made))
        if said.drill:
            drill(DrillArgs(instance=instance, said=said, drill=said.drill), self)
        self.register_outputs({})

    def _wait(
        self,
        name: str,
        made: Workshop,
        steps: Sequence[Container],
        *,
        schedule: str | None = None,
        minutes: int | None = None,
    ) -> None:
        """A CronJob that waits for a verb, or runs by the clock."""
        pod = replace(made.pod(name, SOFTWARE, steps), paused=self._instance.stack.maintenance.pause)
        cron_job(
            name,
            self._instance.scope,
            pod,
            self._own,
            schedule=schedule,
            deadline_minutes=minutes or self._said.minutes,
            # What failed half way is looked at by people: a second try would begin with half a database.
            retries=0 if name == RESTORE else 1,
            time_zone=self._instance.stack.site.time_zone,
        )


def before_upgrade(instance: Instance, stores: Datastores) -> Before | None:
    """Makes a Job that keeps the databases before migrations change them. None: the stack file wants none.

    What it is given as annotations makes it run again: the platform's image, and whatever else makes
    migrations run again.
    """
    said = instance.stack.backups
    if said is None or not said.before_upgrade or not (said.mysql or said.mongodb):
        return None

    def made(
        after: Sequence[pulumi.Resource], why: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> Sequence[pulumi.Resource]:
        own = pulumi.ResourceOptions(parent=parent)
        storage = stores.storage.connection
        tools = workshop(instance, said, _servers(stores), own, Uploads(), storage, name=BEFORE)
        pod = replace(tools.pod(BEFORE, SOFTWARE, making(tools, "before-upgrade")), annotations=why)
        opts = pulumi.ResourceOptions(parent=parent, depends_on=list(after))
        return [job(BEFORE, instance.scope, pod, opts, deadline_minutes=said.minutes)]

    return made


def making(made: Workshop, kind: str) -> list[Container]:
    """Dump, copy, seal, keep. The databases come first: the files that they speak of are there by then."""
    said, kept = made.said, made.said.retention
    numbers = {
        "KIND": kind,
        "KEEP_DAILY": str(kept.daily),
        "KEEP_WEEKLY": str(kept.weekly),
        "KEEP_MONTHLY": str(kept.monthly),
        "KEEP_OTHERS": str(kept.by_hand),
    }
    return [
        *([made.mysql("dump")] if said.mysql else []),
        *([made.python("mongodb-dump", "dump-mongodb")] if said.mongodb else []),
        *([made.rclone("out")] if made.in_buckets else []),
        made.python("seal", "seal"),
        made.restic("keep", "backup", **numbers),
    ]


def checking(made: Workshop) -> list[Container]:
    """Fetch a backup and prove it whole. Nothing is overwritten."""
    return [made.restic("fetch"), made.python("check", "check")]


def restoring(made: Workshop) -> list[Container]:
    """The same, then put it into the databases and among the uploaded files, and count."""
    said = made.said
    return [
        *checking(made),
        *([made.mysql("load")] if said.mysql else []),
        *([made.python("mongodb-load", "load-mongodb")] if said.mongodb else []),
        *([made.restic("files")] if made.uploads.kinds else []),
        *([made.rclone("in")] if made.in_buckets else []),
        made.python("compare", "compare"),
    ]


def _servers(stores: Datastores) -> Servers:
    return Servers(
        mysql=pulumi.Output.from_input(stores.mysql.connection),
        mongodb=pulumi.Output.from_input(stores.mongodb.connection),
    )


def _without_files(made: Workshop) -> Workshop:
    """For what reads uploaded files and leaves them where they are: it mounts none, and may run anywhere."""
    return replace(made, uploads=replace(made.uploads, mounts=(), user=USER, one_node=False))
