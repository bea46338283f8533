"""Writes the stack file's values into the LMS' database. Piped into `manage.py lms shell`.

Reads /openedx/parameters/setup.json (made by `scripts.setup_parameters`) and
/openedx/secrets/studio_oauth2_secret. A second run changes nothing. What the stack file leaves out stays
as the operator set it in Django's admin; what it set before, and no longer sets, is taken back unless
somebody changed it since. A preference of Studio's service user keeps what was set.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command
from oauth2_provider.models import get_application_model
from openedx.core.djangoapps.dark_lang.models import DarkLangConfig
from openedx.core.djangoapps.oauth_dispatch.models import ApplicationAccess
from openedx.core.djangoapps.theming.models import SiteTheme
from openedx.core.djangoapps.user_api.models import RetirementState, UserPreference
from waffle import get_waffle_flag_model, get_waffle_switch_model


def search_indexes(config):
    """Indexes of courses, and of discussions. Elasticsearch's are made when they are first asked for."""
    engine = import_module(settings.SEARCH_ENGINE.rpartition(".")[0])
    if hasattr(engine, "get_typesense_client"):
        make_only_missing(engine.get_typesense_client().collections)
    if hasattr(engine, "create_indexes"):
        engine.create_indexes()
    if settings.ENABLE_DISCUSSION_SERVICE:
        call_command("initialize_forum_indices")
        if hasattr(engine, "get_meilisearch_client") and not documents(engine, "comment_threads"):
            call_command("rebuild_forum_indices")


def documents(engine, index):
    """Number of documents in an index of Meilisearch: a new version of it begins with empty ones."""
    found = engine.get_meilisearch_client().index(engine.get_meilisearch_index_name(index))
    return found.get_stats().number_of_documents


def make_only_missing(collections):
    """Of Typesense's collections: edx-search makes all of its own, and fails over the first that is there."""
    create = collections.create
    collections.create = lambda schema: schema["name"] in collections or create(schema)


def site(config):
    """The Site whose host is the LMS'. A fresh database has one named example.com, which takes that host."""
    row = Site.objects.filter(domain=config["lms_host"]).first()
    row = row or Site.objects.filter(pk=settings.SITE_ID, domain="example.com").first() or Site()
    row.domain, row.name = config["lms_host"], config["site_name"][:50]
    row.save()
    if row.pk != settings.SITE_ID:
        print(
            f"lms_setup: warning: {row.domain} is the site {row.pk}, but SITE_ID is {settings.SITE_ID}: "
            "mails from workers carry another name. "
            f"Set `SITE_ID: {row.pk}` in the stack's settings.common"
        )


def theme(config):
    """DEFAULT_SITE_THEME decides, unless a row from Django's admin hides it: rows of our hosts follow it, and
    go with it."""
    for row in SiteTheme.objects.filter(site__domain__in=config["hosts"]):
        if config["theme"]:
            row.theme_dir_name = config["theme"]
            row.save()
        elif row.theme_dir_name in previous["themes"]:
            row.delete()


def languages(config):
    """Languages that learners may choose. The model keeps every change: only a difference is saved."""
    released = ",".join(config["languages"])
    now = DarkLangConfig.current()
    if released and not (now.enabled and now.released_languages == released):
        DarkLangConfig(released_languages=released, enabled=True).save()
    elif not released and now.enabled and now.released_languages in previous["languages"]:
        DarkLangConfig(released_languages="", enabled=False).save()


def studio_client(config):
    """Studio's OAuth client. Not by `create_dot_application`, which writes the secret into the log."""
    users = get_user_model().objects
    if not users.filter(username="cms").exists():
        call_command("manage_user", "cms", f"cms@{config['lms_host']}", "--unusable-password")
    Application = get_application_model()
    client, _ = Application.objects.update_or_create(
        client_id=config["studio_client_id"],
        defaults={
            "name": config["studio_client_id"],
            "user": users.get(username="cms"),
            "client_secret": Path(SECRETS, "studio_oauth2_secret").read_text(encoding="utf-8").strip(),
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": config["studio_redirect_uri"],
            "skip_authorization": True,
        },
    )
    ApplicationAccess.objects.update_or_create(application=client, defaults={"scopes": ["user_id"]})


def service_users(config):
    """Users of services: without a password, and without rights but what settings give to their names and
    what companion services name. One that is named no longer has none."""
    users = get_user_model().objects
    for name in config["service_users"]:
        if not users.filter(username=name).exists():
            call_command("manage_user", name, f"{name}@{config['lms_host']}", "--unusable-password")
    gone = set(previous["rights"]) - set(config["rights"])
    for name, rights in {**dict.fromkeys(gone, NO_RIGHTS), **config["rights"]}.items():
        for user in users.filter(username=name):
            user.is_staff, user.is_superuser = rights["staff"], rights["superuser"]
            user.save()


def clients(config):
    """OAuth clients of parts that are on. Those of parts that are off again go, with their tokens."""
    Application = get_application_model()
    for client in config["clients"]:
        user, secret = client["user"], client["secret"]
        fields = {
            "name": client["client_id"],
            "user": get_user_model().objects.get(username=user) if user else None,
            "client_type": Application.CLIENT_CONFIDENTIAL if secret else Application.CLIENT_PUBLIC,
            "authorization_grant_type": client["grant"],
            "redirect_uris": client["redirect_uris"],
            "skip_authorization": client.get("skip_authorization", True),
        }
        if secret:
            fields["client_secret"] = Path(SECRETS, secret).read_text(encoding="utf-8").strip()
            if hasattr(Application, "hash_client_secret"):  # services sign with it, and so does the LMS
                fields["hash_client_secret"] = False
        row, _ = Application.objects.update_or_create(client_id=client["client_id"], defaults=fields)
        if client.get("scopes"):
            ApplicationAccess.objects.update_or_create(application=row, defaults={"scopes": client["scopes"]})
    for client_id in set(previous["clients"]) - set(applied(config)["clients"]):
        for row in Application.objects.filter(client_id=client_id):
            row.delete()


def flags(config):
    """Waffle flags and switches."""
    Flag, Switch = get_waffle_flag_model(), get_waffle_switch_model()
    for row in Flag.objects.filter(name__in=config["absent_flags"]):
        row.delete()
    for name in config["default_flags"]:
        Flag.objects.get_or_create(name=name, defaults={"everyone": True})
    for name in config["default_switches"]:
        Switch.objects.get_or_create(name=name, defaults={"active": True})
    # Without a value for everyone a flag is as if it had no row, but keeps what the admin has for some.
    take_back(Flag, "everyone", "flags", {name: True for name in config["default_flags"]}, None)
    take_back(Switch, "active", "switches", {name: True for name in config["default_switches"]}, False)
    for name, everyone in config["flags"].items():
        Flag.objects.update_or_create(name=name, defaults={"everyone": everyone})
    for name, active in config["switches"].items():
        Switch.objects.update_or_create(name=name, defaults={"active": active})


def schedules(config):
    """What the LMS needs to send the mails of duties."""
    import_module("lms_setup_models").schedules(config)


def config_models(config):
    """Configuration models of companion services. Those of services that are off are disabled."""
    import_module("lms_setup_models").write(config["config_models"], previous["config_models"])


def site_configuration(config):
    """Entries of the site configuration that companion services need."""
    import_module("lms_setup_models").of_site(config, previous["site_configuration"])


def take_back(model, field, kind, defaults, absent):
    """Undo what an earlier stack file set of flags or switches, where it is still as it was set."""
    for name, value in previous[kind].items():
        row = model.objects.filter(name=name).first()
        if name not in parameters[kind] and row and getattr(row, field) == value:
            setattr(row, field, defaults.get(name, absent))
            row.save()


def event_routers(config):
    """Where event-routing-backends sends events."""
    import_module("event_routers").write(config["event_routers"], SECRETS)


def retirement(config):
    """The steps by which accounts are retired. The command refuses to run while one is on its way."""
    states = RetirementState.objects.order_by("state_execution_order").values_list("state_name", flat=True)
    if list(states) != list(settings.RETIREMENT_STATES):
        try:
            call_command("populate_retirement_states")
        except CommandError as refusal:
            # Accounts are on their way: they end in the states that they began with.
            print(f"lms_setup: warning: states of retirement were not changed: {refusal}", flush=True)


def policies(config):
    """Default roles and permissions of the authorization framework."""
    call_command("load_policies")


def administrators(config):
    """Users with all rights, whom the stack file names."""
    if config["administrators"]:
        import_module("platform_users").administrators(config["administrators"])
    for name in sorted(set(previous["administrators"]) - set(applied(config)["administrators"])):
        print(
            f"lms_setup: {name} is no longer among the stack's administrators, and keeps the rights: take "
            "them in Django's admin, or end the account"
        )


def record(config):
    """Keep what this run set, for the next one to take back."""
    write_record(applied(config))


def applied(config):
    """What a stack file sets of all that can be taken back."""
    return {
        "themes": [config["theme"]] if config["theme"] else [],
        "languages": [",".join(config["languages"])] if config["languages"] else [],
        "administrators": [each["name"] for each in config["administrators"]],
        "clients": [each["client_id"] for each in config["clients"]],
        **{name: config[name] for name in MAPS},
    }


def read_record():
    """What earlier runs set, and none has taken back yet."""
    row = UserPreference.objects.filter(user__username="cms", key=RECORD).first()
    return {**NOTHING, **(json.loads(row.value) if row else {})}


def write_record(what):
    """Write it down. Before Studio's service user is there, nothing was set."""
    user = get_user_model().objects.filter(username="cms").first()
    if user and what != read_record():
        text = json.dumps(what, sort_keys=True)
        UserPreference.objects.update_or_create(user=user, key=RECORD, defaults={"value": text})


def merged_records(one, other):
    """Two such records as one: a run that is cut short has set some of it."""
    return {
        name: {**one[name], **other[name]}
        if isinstance(one[name], dict)
        else sorted({*one[name], *other[name]})
        for name in NOTHING
    }


RECORD = "openedx-infra-setup"
NO_RIGHTS = {"staff": False, "superuser": False}
LISTS = ("themes", "languages", "administrators", "clients")
MAPS = ("rights", "flags", "switches", "config_models", "site_configuration")
NOTHING = {**{name: [] for name in LISTS}, **{name: {} for name in MAPS}}

SCRIPTS = os.environ.get("OPENEDX_SCRIPTS_DIR", "/openedx/scripts")
SECRETS = os.environ.get("OPENEDX_SECRETS_DIR", "/openedx/secrets")
PARAMETERS = os.environ.get("OPENEDX_PARAMETERS_DIR", "/openedx/parameters")
STEPS = (
    search_indexes,
    site,
    theme,
    languages,
    studio_client,
    service_users,
    clients,
    flags,
    schedules,
    config_models,
    site_configuration,
    event_routers,
    retirement,
    policies,
    administrators,
    record,
)

sys.path.append(SCRIPTS)
parameters = json.loads(Path(PARAMETERS, "setup.json").read_text(encoding="utf-8"))
previous = read_record()
write_record(merged_records(previous, applied(parameters)))
for number, task in enumerate(STEPS, 1):
    print(f"lms_setup: {number} of {len(STEPS)}: {task.__name__.replace('_', ' ')}", flush=True)
    task(parameters)
print("lms_setup: done", flush=True)
