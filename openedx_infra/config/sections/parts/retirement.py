"""Retirement of accounts whose owners asked for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openedx_infra.config.sections.duties import Schedule
from openedx_infra.config.types.base import Count, OrNothing, Section, Switch

RETIREMENT_DUTY = "retirement"
"""Name of the duty that retires accounts."""
RETIREMENT_SECRET = "retirement_oauth2_secret"
"""Name of the stack's secret by which that duty logs in at the LMS."""


class Retirement(Section):
    """Deletes personal data of learners who asked for it on their account page (`Delete my account`), by the
    platform's own steps: a duty calls the LMS as a service user of its own. What it removes can't be had back
    but from a backup."""

    enabled: Switch = False
    """Whether accounts are retired. Without it, an account that its owner deletes is locked, and its data
    stays."""
    cool_off_days: Count = Field(7, ge=0, le=365)
    """Days between the request and the retirement, in which an administrator can cancel it in Django's admin.
    7 is the default of the platform's own script."""
    most: Count = Field(100, ge=1, le=10_000)
    """Most accounts that one run may retire. If more are due, it retires none and fails: somebody may have
    found a way to delete the accounts of others. A guess for sites of some thousands of learners; edX failed
    at 300."""
    record_days: Annotated[Count | None, OrNothing] = Field(30, ge=0, le=3650)
    """Days after its retirement was due for which the LMS keeps the record of a retired account, which has
    the old name and e-mail address; as at edX. None: for ever."""
    schedule: Schedule = "H 5 * * *"
    """When accounts are retired: a crontab's five fields, in the site's time zone; `H` is a derived
    minute."""
