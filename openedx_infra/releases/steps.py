"""What an upgrade to a release takes: commands of the operator, and migrations that need attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class UpgradeCommand:
    """A command that the operator runs before or after an upgrade."""

    when: Literal["before", "after"]
    """Before: on the release that is left. After: on the new one."""
    command: str
    """Arguments of `openedx-infra`, without `--stack`."""
    why: str
    """What it does, and who needs it."""


@dataclass(frozen=True, kw_only=True)
class HeavyMigration:
    """A migration that is known to take long, to lock a table, or to fail on the data of some instances."""

    app: str
    """Django's label of its application."""
    prefix: str
    """Beginning of its name, such as `0004_`."""
    table: str
    """The table that it works on."""
    locks: bool
    """Whether nobody may be able to write to the table meanwhile."""
    rows_per_second: int
    """Speed by which its minutes are estimated."""
    unique: str | None = None
    """Column of whose values no two may differ only in case, or the migration fails. None: no such column."""
    remedy: str = ""
    """What to do about such values."""
    source: str
    """Where this is documented, and whether the speed is measured or guessed."""
