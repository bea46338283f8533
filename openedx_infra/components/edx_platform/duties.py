"""Who does what has to be done regularly? One CronJob for each duty, in the platform's image.

They read the settings of the Jobs, whose objects have fixed names: a run that begins during a roll-out finds
its files, whichever version it began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.process import Process, pod
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, SettingsFiles, Site
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.secrets.catalogue import duty_secret
from openedx_infra.config.sections.duties import OwnDuty, resolved
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.cron_job import cron_job
from openedx_infra.kubernetes.files import Files

FOLDER = "/openedx/duty"
"""Where a duty of one's own finds the files of its Secret."""
SITES = {site.name: site for site in (LMS, STUDIO)}


@dataclass(frozen=True, kw_only=True)
class Command:
    """How a duty that this program knows is done."""

    site: Site
    name: str
    """Management command of edx-platform."""
    args: Sequence[str] = ()
    minutes: int = 60
    """Minutes after which a run is ended: a guess, some times what it takes where thousands learn."""
    retries: int = 1
    """How often a failed run is repeated: all may run twice, but those that send mails."""
    by_site: bool = False
    """Whether the site's domain is its last argument: without it, it would run for Studio's, too."""


COMMANDS: Mapping[str, Command] = {
    # It sleeps 10 s between batches of 1000 rows: the first run of an old site takes hours.
    "tokens": Command(site=LMS, name="edx_clear_expired_tokens", args=["--sleep_time=1"], minutes=360),
    "sessions": Command(site=LMS, name="clearsessions"),
    "notifications": Command(site=LMS, name="delete_expired_notifications"),
    "instructor_tasks": Command(site=LMS, name="process_scheduled_instructor_tasks", minutes=14, retries=0),
    "reindex_courses": Command(site=STUDIO, name="reindex_course", args=["--active"], minutes=720),
    # Verawood and earlier rebuild everything at once without the flag, which later releases ignore.
    "reindex_studio": Command(site=STUDIO, name="reindex_studio", args=["--incremental"], minutes=720),
    "saml": Command(site=LMS, name="saml", args=["--pull"], minutes=15),
    "nudges": Command(site=LMS, name="send_recurring_nudge", retries=0, by_site=True),
    "upgrade_reminders": Command(site=LMS, name="send_upgrade_reminder", retries=0, by_site=True),
    "course_updates": Command(site=LMS, name="send_course_update", retries=0, by_site=True),
    "next_sections": Command(site=LMS, name="send_course_next_section_update", retries=0, by_site=True),
    "programs": Command(site=LMS, name="cache_programs", minutes=30),
    "course_overviews": Command(
        site=LMS, name="generate_course_overview", args=["--all-courses"], minutes=720
    ),
}
"""Of the duties in the stack file, by their keys there. Names and arguments as of Verawood."""


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
    """A duty of this instance, with all that is said of it."""

    name: str
    site: Site
    command: Sequence[str]
    schedule: str
    """Five fields of a crontab."""
    minutes: int
    retries: int
    secrets: Sequence[str] = ()
    """Names of the files that it reads as secrets."""


class Duties(pulumi.ComponentResource):
    """The CronJobs of the duties that are on. A run that failed is told by `status` and by an alert."""

    def __init__(self, name: str, args: DutiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Duties", name, None, opts)
        own = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        stack = args.instance.stack
        secrets = _secrets(args.instance, self)
        for task in tasks(stack):
            runner = pod(
                task.site,
                args.instance,
                args.settings[task.site.name],
                args.storage,
                _process(stack, task, secrets),
            )
            cron_job(
                f"duty-{task.name}",
                args.instance.scope,
                replace(runner, restart="Never"),
                own,
                schedule=task.schedule,
                deadline_minutes=task.minutes,
                retries=task.retries,
                time_zone=stack.site.time_zone,
            )
        self.register_outputs({})


def _secrets(instance: Instance, parent: pulumi.Resource) -> Files | None:
    """The secrets of own duties, by the names of their files, under a fixed name. None: there are none."""
    names = sorted(instance.stack.duties.secrets)
    values = {name: instance.secrets[duty_secret(name).name] for name in names}
    opts = pulumi.ResourceOptions(parent=parent)
    return files.current_secret("duty-secrets", instance.scope, values, opts) if values else None


def tasks(stack: Stack) -> list[Task]:
    """The duties that are on, those of one's own last."""
    if not stack.duties.enabled:
        return []
    known = [_known(stack, key) for key, said in stack.duties.known.items() if said.enabled]
    return [*known, *(_own(stack, name, said) for name, said in stack.duties.extra.items())]


def _known(stack: Stack, key: str) -> Task:
    said, how = stack.duties.known[key], COMMANDS[key]
    domain = [how.site.host(stack)] if how.by_site else []
    name = key.replace("_", "-")
    return Task(
        name=name,
        site=how.site,
        command=["./manage.py", how.site.variant, how.name, *how.args, *said.args, *domain],
        schedule=resolved(said.schedule, stack.name, name),
        minutes=how.minutes,
        retries=how.retries,
    )


def _own(stack: Stack, name: str, said: OwnDuty) -> Task:
    return Task(
        name=name,
        site=SITES[said.site],
        command=said.command,
        schedule=resolved(said.schedule, stack.name, name),
        minutes=said.minutes,
        retries=said.retries,
        secrets=said.secrets,
    )


def _process(stack: Stack, task: Task, kept: Files | None) -> Process:
    return Process(
        component=f"duty-{task.name}",
        command=task.command,
        size=stack.sizing.duties,
        mounts=[volumes.mounted("duty", FOLDER, [kept.only(*task.secrets)])] if kept and task.secrets else [],
    )
