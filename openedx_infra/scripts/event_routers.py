"""Writes where edx-event-routing-backends sends events. `lms_setup.py` imports it, in the LMS.

What it wrote, and the stack file no longer names, is disabled; routers that somebody made in Django's admin
stay.
"""

import sys
from pathlib import Path

MADE_BY = {"made_by": "openedx-infra"}
"""Marks a router as ours, beside its rules."""


def write(wanted, secrets):
    """Make the routers: `secrets` is the folder with the files of their passwords."""
    try:
        from event_routing_backends.models import RouterConfiguration
    except ImportError:
        if wanted:
            sys.exit(
                "lms_setup: openedx:event_sinks needs edx-event-routing-backends in the image of the LMS"
            )
        return
    present = {row.route_url: row for row in RouterConfiguration.objects.current_set()}
    for each in wanted:
        password = Path(secrets, each["secret"]).read_text(encoding="utf-8").strip()
        basic = each["username"] is not None
        fields = {
            "backend_name": each["backend"],
            "auth_scheme": "Basic" if basic else "Bearer",
            "username": each["username"],
            "password": password if basic else None,
            "auth_key": None if basic else password,
            "configurations": MADE_BY,
            "enabled": True,
        }
        row = present.get(each["url"])
        # The model keeps every change: only a difference is saved.
        if row is None or any(getattr(row, name) != value for name, value in fields.items()):
            RouterConfiguration(route_url=each["url"], **fields).save()
    for url, row in present.items():
        if row.enabled and row.configurations == MADE_BY and url not in {each["url"] for each in wanted}:
            row.enabled = False
            row.save()
