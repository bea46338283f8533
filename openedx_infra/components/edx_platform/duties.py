"""Component of the duties: management commands that run by the clock, one CronJob each.

They read the settings of the Jobs, whose objects have fixed names: a run that begins during a roll-out finds
its files, whichever version it began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.platform_pod import platform_container, platform_pod
from openedx_infra.components.edx_platform.retirement import RETIRE, retirement_mounts
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, SettingsFiles, Site
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.duties import Duty, OwnDuty, resolved
from openedx_infra.config.sections.parts.retirement import RETIREMENT_DUTY
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.job import cron_job
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings.services import added_settings

FOLDER = "/openedx/duty"
"""Where a custom duty finds the files of its Secret."""
SITES = {site.name: site for site in (LMS, STUDIO)}


@dataclass(frozen=True, kw_only=True)
class DutiesArgs:
    """What the duties need."""

    instance: Instance
    storage: FileStore
    settings: Mapping[str, SettingsFiles]
    """The settings of the Jobs, by the name of their site."""
    after: Sequence[pulumi.Resource]
    """What must be done before one may run."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A duty of this instance, as its CronJob runs it."""

    name: str
    site: Site
    command: Sequence[str]
    schedule: str
    """Five fields of a crontab."""
    minutes: int
    retries: int
    secrets: Sequence[str] = ()
    """Names of the files that it reads as secrets of the operator's."""


class Duties(pulumi.ComponentResource):
    """The CronJobs of the duties that are on. A failed run is reported by `status` and by an alert."""

    def __init__(self, name: str, args: DutiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Duties", name, None, opts)
        after = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        instance, stack = args.instance, args.instance.stack
        secrets = _secrets(instance, self)
        parts = {RETIREMENT_DUTY: retirement_mounts(instance, self)} if stack.retirement.enabled else {}
        for task in tasks(stack):
            name = f"duty-{task.name}"
            container = platform_container(
                task.site,
                instance,
                args.settings[task.site.name],
                args.storage,
                command=task.command,
                size=stack.sizing.duties,
                mounts=[*_mounts(task, secrets), *parts.get(task.name, [])],
            )
            pod = platform_pod(name, container, instance, args.storage)
            cron_job(
                name,
                instance.scope,
                replace(pod, restart="Never"),
                after,
                schedule=task.schedule,
                deadline_minutes=task.minutes,
                retries=task.retries,
                time_zone=stack.site.time_zone,
            )
        self.register_outputs({})


def _secrets(instance: Instance, parent: pulumi.Resource) -> Files | None:
    """The Secret of custom duties, under a fixed name. None: they need none."""
    needed = sorted(instance.stack.duties.secret_files.items())
    values = {file: instance.secrets[name] for file, name in needed}
    opts = pulumi.ResourceOptions(parent=parent)
    return files.current_secret("duty-secrets", instance.scope, values, opts) if values else None


def tasks(stack: Stack) -> list[Task]:
    """The duties that are on, custom ones last."""
    if not stack.duties.enabled:
        return []
    built_in = [
        _built_in(stack, key) for key, duty in stack.duties.built_in.items() if _is_on(stack, key, duty)
    ]
    if stack.retirement.enabled:
        built_in.append(_retirement(stack))
    return [*built_in, *(_custom(stack, name, duty) for name, duty in stack.duties.extra.items())]


def _is_on(stack: Stack, key: str, duty: Duty) -> bool:
    """Whether a built-in duty runs: as the stack file sets it, or with a companion service that needs it."""
    if key in stack.duties.model_fields_set and "enabled" in duty.model_fields_set:
        return duty.enabled
    return duty.enabled or any(key in each.duties for each in added_settings(stack))


def _built_in(stack: Stack, key: str) -> Task:
    duty, command = stack.duties.built_in[key], stack.duties.commands()[key]
    site = SITES[command.site]
    domain = [site.host(stack)] if command.by_site else []
    name = key.replace("_", "-")
    arguments = [*command.args, *command.release_args(stack.pinned_release), *duty.args, *domain]
    return Task(
        name=name,
        site=site,
        command=["./manage.py", site.variant, command.name, *arguments],
        schedule=resolved(duty.schedule, stack.name, name),
        minutes=command.minutes,
        retries=command.retries,
    )


def _retirement(stack: Stack) -> Task:
    return Task(
        name=RETIREMENT_DUTY,
        site=LMS,
        command=RETIRE,
        schedule=resolved(stack.retirement.schedule, stack.name, RETIREMENT_DUTY),
        # An account takes seconds. One for which the LMS fails takes ten minutes: then its client gives up.
        minutes=360,
        retries=0,
    )


def _custom(stack: Stack, name: str, duty: OwnDuty) -> Task:
    return Task(
        name=name,
        site=SITES[duty.site],
        command=duty.command,
        schedule=resolved(duty.schedule, stack.name, name),
        minutes=duty.minutes,
        retries=duty.retries,
        secrets=tuple(duty.secret_files),
    )


def _mounts(task: Task, secrets: Files | None) -> list[Mount]:
    return (
        [volumes.mounted("duty", FOLDER, [secrets.only(*task.secrets)])] if secrets and task.secrets else []
    )
