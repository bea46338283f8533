"""Writes into configuration models of the LMS, and into its site configuration. `lms_setup.py` imports it,
in the LMS.

A configuration model (django-config-models) keeps every change, and its last row is in force: only a
difference is saved.
"""

from django.apps import apps
from django.contrib.sites.models import Site
from openedx.core.djangoapps.schedules.models import ScheduleConfig
from openedx.core.djangoapps.site_configuration.models import SiteConfiguration


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


def of_site(config, previous):
    """Put entries into the site configuration of the LMS' site; others stay. Entries that an earlier run put
    there and are no longer wanted go, unless somebody changed them."""
    wanted = config["site_configuration"]
    gone = {name: value for name, value in previous.items() if name not in wanted}
    if not wanted and not gone:
        return
    site = Site.objects.get(domain=config["lms_host"])
    row, _ = SiteConfiguration.objects.get_or_create(site=site, defaults={"enabled": True})
    kept = {name: value for name, value in row.site_values.items() if gone.get(name) != value}
    if row.site_values != {**kept, **wanted}:
        row.site_values = {**kept, **wanted}
        row.save()
    if wanted and not row.enabled:
        # To enable it would enable all that somebody has written there, too.
        print(
            f"lms_setup: warning: the site configuration of {site.domain} is off in Django's admin: enable "
            f"it there, as services need its {', '.join(wanted)}"
        )


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
