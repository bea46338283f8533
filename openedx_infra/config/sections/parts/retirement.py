"""Retirement of accounts whose owners asked for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openedx_infra.config.datastores.storage import BucketName
from openedx_infra.config.sections.duties import Schedule
from openedx_infra.config.sections.monitoring import FolderInBucket, TrackingServer
from openedx_infra.config.types.base import Count, OrNothing, Section, Switch
from openedx_infra.config.types.patterns import Pattern

RETIREMENT_DUTY = "retirement"
"""Name of the duty that retires accounts."""
RETIREMENT_SECRET = "retirement_oauth2_secret"
"""Name of the stack's secret by which that duty logs in at the LMS."""

ARCHIVE_KEYS = ("retirement_archive_access_key", "retirement_archive_secret_key")
"""Names of the stack's secrets by which it writes to the archive: name and key at the S3 server."""


REPORT_KEYS = ("retirement_reports_access_key", "retirement_reports_secret_key")
"""The same for the bucket of reports to partners."""

Organization = Annotated[
    str,
    Pattern(
        "organization",
        r"[A-Za-z0-9._-]+",
        "letters, digits, dots, hyphens and underscores, as in the IDs of its courses",
        "NorthX",
    ),
]
Partner = Annotated[
    str,
    Pattern(
        "name of a partner",
        r"[A-Za-z0-9_-]+",
        "letters, digits, hyphens and underscores, as it is a folder in the bucket",
        "north-university",
    ),
]


class RetirementBucket(TrackingServer):
    """A bucket of the duty that retires accounts, at a server that speaks S3's protocol."""

    bucket: BucketName
    """The bucket, which exists already. Nobody deletes from it: let its lifecycle rules do that."""


class PartnerReports(RetirementBucket):
    """A bucket with tables of retired learners for those whose courses they were in: objects
    `<folder>/<partner>/retired-2026-11-23-<hash>.csv`, with number, former name, e-mail address and username,
    and the time. Secrets: `retirement_reports_access_key` and `retirement_reports_secret_key`, who need no
    right but to write there."""

    folder: FolderInBucket = "partner-reports"
    """Folder in the bucket; each partner has a folder in it."""
    partners: dict[Organization, tuple[Partner, ...]] = Field({})
    """Partners by organization. One that is not named here has a folder of its own name; an empty list is
    for one that gets no report."""


class RetirementArchive(RetirementBucket):
    """A bucket that keeps the records of retired accounts once the LMS has none of them any more: objects
    `<folder>/retirements-2026-11-23-<hash>.json.gz`, a line of JSON for each account. Secrets:
    `retirement_archive_access_key` and `retirement_archive_secret_key`, who need no right but to write
    there."""

    folder: FolderInBucket = "retirements"
    """Folder in the bucket."""


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
    archive: RetirementArchive | None = None
    """Keeps these records when the LMS deletes them: with old name and e-mail address, for who must show what
    was retired. None: nobody has them then."""
    partner_reports: PartnerReports | None = None
    """Tells organizations which of their learners were retired, so that they delete what they have. None:
    nobody is told."""
    schedule: Schedule = "H 5 * * *"
    """When accounts are retired: a crontab's five fields, in the site's time zone; `H` is a derived
    minute."""

    @property
    def buckets(self) -> dict[str, tuple[RetirementBucket, tuple[str, str]]]:
        """Buckets that are set, each with the names of its secrets, by their keys in this section."""
        both = {
            "archive": (self.archive, ARCHIVE_KEYS),
            "partner_reports": (self.partner_reports, REPORT_KEYS),
        }
        return {name: (bucket, keys) for name, (bucket, keys) in both.items() if bucket is not None}
