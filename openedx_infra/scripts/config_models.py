"""Writes into configuration models of the LMS. `lms_setup.py` imports it, in the LMS.

Such a model (django-config-models) keeps every change, and its last row is in force: only a difference is
saved.
"""

from django.apps import apps
from django.contrib.sites.models import Site
from openedx.core.djangoapps.schedules.models import ScheduleConfig


def write(wanted, previous):
    """Put fields in force, by the names of models. What an earlier run put in force and is no longer wanted
    is disabled, where it is still as it was set."""
    for name, fields in wanted.items():
        put_in_force(apps.get_model(name), {**fields, "enabled": True})
    for name in sorted(set(previous) - set(wanted)):
        try:
            model = apps.get_model(name)
        except LookupError:  # of an app that is no longer in the image
            continue
        if not differs(model.current(), {**previous[name], "enabled": True}):
            put_in_force(model, {"enabled": False})


def put_in_force(model, fields):
    """Save a row with these fields, and what the one in force has otherwise."""
    now = model.current()
    if differs(now, fields):
        for field, value in fields.items():
            setattr(now, field, value)
        now.save()


def differs(row, fields):
    """Whether a row has another value in any of the fields."""
    return any(getattr(row, field) != value for field, value in fields.items())


def schedules(config):
    """What the LMS needs to send the mails of duties. A row that somebody saved in Django's admin stays."""
    now = ScheduleConfig.current(Site.objects.get(domain=config["lms_host"]))
    missing = [
        field
        for mail in config["schedules"]
        for field in (f"enqueue_{mail}", f"deliver_{mail}")
        if not getattr(now, field)
    ]
    if missing and now.changed_by is None:
        for field in ("enabled", *missing):
            setattr(now, field, True)
        now.save()
