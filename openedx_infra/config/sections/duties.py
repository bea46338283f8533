"""Scheduled commands of the platform, and the schedules of CronJobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.base import Count, Distinct, Section, Switch
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.secret_references import OrSecret, SecretReference, secrets_by_file
from openedx_infra.releases import Release

_PART = r"(\*|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)(/[0-9]+)?"
_MINUTE = rf"({_PART}|H(/([2-9]|[1-5][0-9]))?)"

Schedule = Annotated[
    str,
    Pattern(
        "schedule",
        rf"{_MINUTE}( {_PART}){{4}}",
        "the five fields of a crontab in numbers: minute, hour, day, month, day of the week; H as minute "
        "is one of the instance's own",
        "H 3 * * *",
    ),
]
"""When something runs: a crontab's five fields, in the site's time zone. `H` as minute is a minute derived
from the names of instance and duty, and `H/15` every 15 minutes from such a minute on, so that many instances
of a cluster don't all start at once."""

DutyName = Annotated[
    str,
    Pattern(
        "name of a duty",
        # `duty-` before it and the limit of a CronJob's name, 52, leave 47; 40 is rounder.
        r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?",
        "at most 40 lower-case letters, digits and hyphens, with a letter or digit at both ends",
        "import-grades",
    ),
]
"""Part of the name of a duty's CronJob."""


DUTY_SECRET = "duty_"
"""What the stack's name of a secret begins with that a duty names by its file."""

_DutySecretName = Annotated[
    str,
    Pattern(
        "name of a secret",
        r"[a-z][a-z0-9_]{0,30}",
        "at most 31 lower-case letters, digits and underscores",
        "retirement",
    ),
]

DutySecret = Annotated[str | SecretReference, OrSecret(_DutySecretName)]
"""Name of a file with a secret, which the stack keeps as `duty_<name>`; or a secret by its own name, which is
the file's, too."""


class Duty(Section):
    """A built-in scheduled command."""

    enabled: Switch = True
    """Whether it runs."""
    schedule: Schedule = "H 3 * * *"
    """When it runs: a crontab's five fields, in the site's time zone; `H` is a derived minute."""
    args: tuple[str, ...] = ()
    """Additional arguments of the command."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a duty runs: a management command of edx-platform, with arguments that every release has."""

    site: Literal["lms", "studio"]
    name: str
    args: tuple[str, ...] = ()
    release_args: Callable[[Release], tuple[str, ...]] = lambda release: ()
    """Arguments that differ from release to release."""
    minutes: int = 60
    """Minutes after which a run is ended: a guess, some times what it takes where thousands learn."""
    retries: int = 1
    """How often a failed run is repeated: all may run twice, but those that send mails."""
    by_site: bool = False
    """Whether the site's domain is its last argument: without it, it would run for Studio's, too."""
    schedule: str | None = None
    """Fields of the platform's ScheduleConfig without which it sends nothing, after `enqueue_` and
    `deliver_`."""


class OwnDuty(Section):
    """A custom scheduled command, in the platform's image and with its settings."""

    site: Literal["lms", "studio"] = "lms"
    """The site whose settings it uses."""
    command: tuple[str, ...] = Field(min_length=1)
    """Program and arguments, run in edx-platform's folder: `[./manage.py, lms, import_grades]`. Never a
    secret: everybody who may read CronJobs sees it."""
    schedule: Schedule
    """When it runs: a crontab's five fields, in the site's time zone; `H` is a derived minute."""
    minutes: Count = Field(60, ge=1, le=1440)
    """Minutes after which a run is stopped and counts as failed."""
    retries: Count = Field(0, ge=0, le=5)
    """How often a failed run is repeated. Only a command that may run twice should have any."""
    secrets: Annotated[tuple[DutySecret, ...], Distinct] = ()
    """Secrets that it reads as files in /openedx/duty: `{secret: NAME}` is the stack's secret of that name,
    as the file NAME; a mere NAME is the stack's `duty_NAME`, as the file NAME."""

    @property
    def secret_files(self) -> dict[str, str]:
        """Names of the stack's secrets by the names of the files that it reads."""
        return secrets_by_file(self.secrets, DUTY_SECRET)


class Duties(Section):
    """Scheduled commands, each a CronJob of one pod in the platform's image."""

    enabled: Switch = True
    """Whether any of them runs."""
    # It sleeps 10 s between batches of 1000 rows: the first run of an old site takes hours.
    tokens: Annotated[
        Duty, Command(site="lms", name="edx_clear_expired_tokens", args=("--sleep_time=1",), minutes=360)
    ] = Duty(schedule="H 3 * * 0")
    """Deletes expired OAuth tokens and grants (`edx_clear_expired_tokens`), which otherwise fill MySQL's
    largest tables."""
    sessions: Annotated[Duty, Command(site="lms", name="clearsessions")] = Duty(schedule="H 4 * * *")
    """Deletes expired sessions (`clearsessions`). The cache only stands in front of MySQL: each visit that is
    not ended by signing out leaves a row, for ever."""
    notifications: Annotated[Duty, Command(site="lms", name="delete_expired_notifications")] = Duty(
        schedule="H 4 * * *"
    )
    """Deletes notifications older than NOTIFICATIONS_EXPIRY, 60 days (`delete_expired_notifications`)."""
    user_tasks: Annotated[
        Duty,
        Command(
            site="studio",
            name="shell",
            args=("--command", "from user_tasks.tasks import purge_old_user_tasks; purge_old_user_tasks()"),
        ),
    ] = Duty(schedule="H 4 * * 0")
    """Deletes Studio's records of imports and exports older than USER_TASKS_MAX_AGE, 30 days
    (`purge_old_user_tasks`, which the platform schedules nowhere)."""
    instructor_tasks: Annotated[
        Duty, Command(site="lms", name="process_scheduled_instructor_tasks", minutes=14, retries=0)
    ] = Duty(schedule="H/15 * * * *")
    """Starts tasks that instructors scheduled, such as mail to a course
    (`process_scheduled_instructor_tasks`): without it, it is never sent. Each run loads the platform,
    which takes half a minute of a core."""
    reindex_courses: Annotated[
        Duty, Command(site="studio", name="reindex_course", args=("--active",), minutes=720)
    ] = Duty(schedule="H 2 * * 6")
    """Rebuilds the index of courses that have not ended (`reindex_course --active`), weekly as at MIT: it
    adds what was lost while search was down."""
    reindex_studio: Annotated[
        Duty,
        Command(
            site="studio",
            name="reindex_studio",
            release_args=lambda release: release.studio_index[-1],
            minutes=720,
        ),
    ] = Duty(enabled=False, schedule="H 2 * * 0")
    """Rebuilds Studio's index (`reindex_studio`), only with Meilisearch. Off: every change updates the index,
    and set-up fills a new one."""
    saml: Annotated[Duty, Command(site="lms", name="saml", args=("--pull",), minutes=15)] = Duty(
        schedule="H 5 * * *"
    )
    """Fetches metadata of SAML identity providers (`saml --pull`), whose certificates change. Does nothing
    where there are none."""
    nudges: Annotated[
        Duty,
        Command(site="lms", name="send_recurring_nudge", retries=0, by_site=True, schedule="recurring_nudge"),
    ] = Duty(schedule="H 8 * * *")
    """Mail to learners who have been away for a while (`send_recurring_nudge`). For this duty and the next
    three, set-up writes the ScheduleConfig without which the LMS sends nothing; one that somebody saved in
    Django's admin stays as it is."""
    upgrade_reminders: Annotated[
        Duty,
        Command(
            site="lms", name="send_upgrade_reminder", retries=0, by_site=True, schedule="upgrade_reminder"
        ),
    ] = Duty(schedule="H 8 * * *")
    """Mail before the last day to upgrade to a certificate (`send_upgrade_reminder`)."""
    course_updates: Annotated[
        Duty,
        Command(site="lms", name="send_course_update", retries=0, by_site=True, schedule="course_update"),
    ] = Duty(schedule="H 8 * * *")
    """Weekly highlights of courses with fixed dates (`send_course_update`)."""
    next_sections: Annotated[
        Duty,
        Command(
            site="lms",
            name="send_course_next_section_update",
            retries=0,
            by_site=True,
            schedule="course_update",
        ),
    ] = Duty(schedule="H 8 * * *")
    """Highlights of the next section in self-paced courses (`send_course_next_section_update`)."""
    programs: Annotated[Duty, Command(site="lms", name="cache_programs", minutes=30)] = Duty(
        enabled=False, schedule="H * * * *"
    )
    """Fetches programs from Course Discovery into the cache (`cache_programs`). Off, but on with
    `openedx:services.discovery`; of one that runs elsewhere, turn it on here."""
    course_overviews: Annotated[
        Duty, Command(site="lms", name="generate_course_overview", args=("--all-courses",), minutes=720)
    ] = Duty(enabled=False, schedule="H 1 * * 0")
    """Rebuilds the LMS' summaries of all courses (`generate_course_overview --all-courses`). Off: each
    publication updates them; useful after a restore."""
    extra: dict[DutyName, OwnDuty] = Field({})
    """Custom commands, by names of your choice."""

    @classmethod
    def commands(cls) -> dict[str, Command]:
        """What the duties that this program knows run, by their keys."""
        return {
            name: mark
            for name, field in cls.model_fields.items()
            for mark in field.metadata
            if isinstance(mark, Command)
        }

    @property
    def schedules(self) -> tuple[str, ...]:
        """What the LMS' ScheduleConfig must allow for the duties that are on."""
        on = [key for key, duty in self.built_in.items() if self.enabled and duty.enabled]
        fields = {self.commands()[key].schedule for key in on}
        return tuple(sorted(field for field in fields if field))

    @property
    def built_in(self) -> dict[str, Duty]:
        """The built-in commands by their keys, enabled or not."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: duty for name, duty in fields.items() if isinstance(duty, Duty)}

    @property
    def secret_files(self) -> dict[str, str]:
        """Names of the stack's secrets by the names of the files that custom commands read."""
        return {file: name for duty in self.extra.values() for file, name in duty.secret_files.items()}

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the secrets `duty_<name>` that custom commands read as files."""
        return frozenset(
            name for duty in self.extra.values() for name in duty.secrets if isinstance(name, str)
        )


def resolved(schedule: str, instance: str, duty: str) -> str:
    """A schedule as Kubernetes takes it: `H` is replaced by the minute of this instance and duty."""
    minute, _, rest = schedule.partition(" ")
    if not minute.startswith("H"):
        return schedule
    step = int(minute[2:] or 60)
    offset = int.from_bytes(sha256(f"{instance}/{duty}".encode()).digest()[:4], "big") % step
    return f"{offset}-59/{step} {rest}" if step < 60 else f"{offset} {rest}"
