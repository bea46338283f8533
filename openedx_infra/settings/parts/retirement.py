"""Retirement of accounts: its steps, the LMS' settings for it, and the configuration of the duty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openedx_infra.config import Stack
from openedx_infra.config.sections.parts.retirement import RETIREMENT_SECRET, RetirementBucket
from openedx_infra.settings.connections import LMS
from openedx_infra.settings.job_inputs import operator_settings
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import CERTIFICATES_DIR
from openedx_infra.settings.services import added_settings, service_settings

WORKER = "retirement_service_worker"
"""User of the LMS who may retire others: the name that edx-platform's own guide gives it."""
CLIENT_ID = "retirement"
"""Id of the duty's OAuth client at the LMS."""

Step = tuple[str, str, str, str]
"""State while it runs, state when it is done, service, and method of its client in edx-platform's
scripts/user_retirement/utils/edx_api.py: the form of the `retirement_pipeline` there."""


def steps(stack: Stack) -> list[Step]:
    """Steps of an account's retirement, each of which the LMS does itself.

    Lists of mails are left by `LMS_MISC`: the step of that name in edx-platform's guide calls an address that
    was removed in 2018 (openedx-platform #19320). The account comes last, as the others need its name.
    """
    reports = [_TELL_PARTNERS] if stack.retirement.partner_reports else []
    return [*_of_parts(stack), *_ALWAYS[:-1], *reports, _ALWAYS[-1]]


def settings(stack: Stack) -> Settings:
    """What the LMS is told: in which states an account may be, and who may retire others."""
    if not stack.retirement.enabled:
        return {}
    states = [state for start, end, _, _ in steps(stack) for state in (start, end)]
    return {
        # The first and the last three are demanded by `populate_retirement_states`.
        "RETIREMENT_STATES": ["PENDING", *states, "ERRORED", "ABORTED", "COMPLETE"],
        "RETIREMENT_SERVICE_WORKER_USERNAME": WORKER,
    }


def configuration(stack: Stack, secrets: Mapping[str, str]) -> Settings:
    """Configuration of the duty: that of edx-platform's own scripts, and the limits of the stack file.
    `secrets` are those of the duty, by their names in the stack."""
    section = stack.retirement
    return {
        "client_id": CLIENT_ID,
        "client_secret": secrets[RETIREMENT_SECRET],
        "base_urls": {"lms": f"http://{LMS.of(stack)}"},
        "retirement_pipeline": [list(step) for step in steps(stack)],
        "cool_off_days": section.cool_off_days,
        "most": section.most,
        "record_days": section.record_days,
        "archive": None,
        "partner_reports": None,
        **{name: _bucket(stack, each, secrets) for name, each in section.buckets.items()},
    }


def _bucket(
    stack: Stack, found: tuple[RetirementBucket, tuple[str, str]], secrets: Mapping[str, str]
) -> Settings:
    """All keys of its section, its server, and the login there."""
    bucket, (access_key, secret_key) = found
    return {
        **bucket.model_dump(mode="json"),
        "endpoint": bucket.url,
        "access_key": secrets[access_key],
        "secret_key": secrets[secret_key],
        "authorities": [f"{CERTIFICATES_DIR}/{name}" for name in stack.network.authority_files],
    }


_TELL_PARTNERS: Step = (
    "RETIRING_PARTNER_QUEUE",
    "PARTNER_QUEUE_COMPLETE",
    "LMS",
    "retirement_partner_queue",
)
"""Queues an account for the reports. Before the account itself is retired: the LMS finds it by its name."""


_ALWAYS: tuple[Step, ...] = (
    ("RETIRING_ENROLLMENTS", "ENROLLMENTS_COMPLETE", "LMS", "retirement_unenroll"),
    ("RETIRING_LMS_MISC", "LMS_MISC_COMPLETE", "LMS", "retirement_lms_retire_misc"),
    ("RETIRING_LMS", "LMS_COMPLETE", "LMS", "retirement_lms_retire"),
)


def _of_parts(stack: Stack) -> Iterator[Step]:
    """Of what the instance has: the step of a part that is off fails."""
    flags = {**service_settings(stack, "lms"), **operator_settings(stack, "lms")}
    if flags.get("ENABLE_DISCUSSION_SERVICE", True):
        yield ("RETIRING_FORUMS", "FORUMS_COMPLETE", "LMS", "retirement_retire_forum")
    services = [given for each in added_settings(stack) for given in (each.common, each.lms)]
    if any(given.get("ENABLE_EDXNOTES") for given in (*services, flags)):
        yield ("RETIRING_NOTES", "NOTES_COMPLETE", "LMS", "retirement_retire_notes")
