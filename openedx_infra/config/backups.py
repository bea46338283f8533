"""What is kept against loss, where, how often, and for how long?"""

from __future__ import annotations

from openedx_infra.config.base import Section


class Backups(Section):
    """Backups of MySQL, MongoDB and uploaded files."""
