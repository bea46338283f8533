"""Stand-ins for what `manage.py lms shell` gives to a setup script: models over plain lists, and a log of
calls.

Made from the facts: a Site's primary key, Waffle's `everyone` and `active`, DOT's applications, a
ConfigurationModel that keeps every change.
"""

import functools
import sys
import types
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
from facts import fault

release, variant = "verawood", "lms"
calls = []
saves = []


class DoesNotExist(Exception):
    pass


class Rows(list):
    """A query's result."""

    def values_list(self, name, flat):
        return Rows(getattr(row, name) for row in self)

    def first(self):
        return self[0] if self else None

    def exists(self):
        return bool(self)


class Manager:
    def __init__(self, model):
        self.model, self.rows = model, []

    @staticmethod
    def matches(row, name, value):
        *path, last = name.split("__")
        if last != "in":
            path, last = [*path, last], None
        found = functools.reduce(getattr, path, row)
        return found in value if last else found == value

    def filter(self, **wanted):
        return Rows(row for row in self.rows if all(self.matches(row, *item) for item in wanted.items()))

    def order_by(self, name):
        return Rows(sorted(self.rows, key=lambda row: getattr(row, name)))

    def get(self, **wanted):
        (found,) = self.filter(**wanted)
        return found

    def get_or_create(self, defaults=None, **wanted):
        found = self.filter(**wanted).first()
        if found:
            return found, False
        made = self.model(**wanted, **(defaults or {}))
        made.save()
        return made, True

    def update_or_create(self, defaults=None, **wanted):
        found, made = self.get_or_create(defaults, **wanted)
        if not made:
            for name, value in (defaults or {}).items():
                setattr(found, name, value)
            found.save()
        return found, made


class Model:
    def __init_subclass__(cls):
        cls.objects = Manager(cls)

    def __init__(self, **fields):
        self.pk = None
        for name, value in fields.items():
            setattr(self, name, value)

    def save(self):
        saves.append(type(self).__name__)
        if self not in self.objects.rows:
            self.pk = self.pk or max([row.pk for row in self.objects.rows], default=0) + 1
            self.objects.rows.append(self)

    def delete(self):
        self.objects.rows.remove(self)

    def __str__(self):
        return f"{type(self).__name__} {self.pk}"

    def shown(self):
        return {name: getattr(value, "username", value) for name, value in vars(self).items()}


class Site(Model):
    pass


class SiteTheme(Model):
    pass


class User(Model):
    pass


class Flag(Model):
    everyone = None


class Switch(Model):
    active = False


class RetirementState(Model):
    pass


class UserPreference(Model):
    """A value by a key, for each user."""


class Application(Model):
    CLIENT_CONFIDENTIAL = "confidential"
    CLIENT_PUBLIC = "public"
    GRANT_AUTHORIZATION_CODE = "authorization-code"


class ApplicationAccess(Model):
    pass


class DarkLangConfig(Model):
    enabled, released_languages = False, ""

    @classmethod
    def current(cls):
        return cls.objects.rows[-1] if cls.objects.rows else cls()


class RouterConfiguration(Model):
    """Of edx-event-routing-backends: every save is a row more, and the last one of an address is in force."""

    def save(self):
        saves.append(type(self).__name__)
        self.objects.rows.append(type(self)(**vars(self)))

    @classmethod
    def last(cls):
        return list({row.route_url: row for row in cls.objects.rows}.values())


RouterConfiguration.objects.current_set = RouterConfiguration.last


class ScheduleConfig(Model):
    """A model that keeps every change, as django-config-models has it: one row is in force for each site."""

    enabled, changed_by = False, None
    enqueue_recurring_nudge = deliver_recurring_nudge = False
    enqueue_upgrade_reminder = deliver_upgrade_reminder = False
    enqueue_course_update = deliver_course_update = False

    @classmethod
    def current(cls, site):
        rows = [row for row in cls.objects.rows if row.site == site]
        return rows[-1] if rows else cls(site=site)


class CredentialsApiConfig(Model):
    """A model of the same kind, of which one row is in force."""

    enabled, enable_learner_issuance, cache_ttl = False, False, 0

    @classmethod
    def current(cls):
        return cls(**vars(cls.objects.rows[-1])) if cls.objects.rows else cls()

    def shown(self):
        names = ("enabled", "enable_learner_issuance", "cache_ttl")
        return {name: getattr(self, name) for name in names}


class ProgramsApiConfig(Model):
    """Another one: fields of openedx/core/djangoapps/programs/models.py that set-up writes."""

    enabled, marketing_path = False, ""

    @classmethod
    def current(cls):
        return cls(**vars(cls.objects.rows[-1])) if cls.objects.rows else cls()


class CatalogIntegration(Model):
    """Another one: fields of openedx/core/djangoapps/catalog/models.py that set-up writes."""

    enabled, internal_api_url, service_username = False, "", ""
    cache_ttl, long_term_cache_ttl, page_size = 0, 86400, 100

    @classmethod
    def current(cls):
        return cls(**vars(cls.objects.rows[-1])) if cls.objects.rows else cls()


class SiteConfiguration(Model):
    enabled = False

    def __init__(self, **fields):
        super().__init__(**{"site_values": {}, **fields})


def get_model(name):
    """A model by the names of its app and its own; those of the other apps are in no image."""
    models = {
        "credentials.CredentialsApiConfig": CredentialsApiConfig,
        "programs.ProgramsApiConfig": ProgramsApiConfig,
        "catalog.CatalogIntegration": CatalogIntegration,
    }
    if name not in models:
        raise LookupError(name)
    return models[name]


class CommandError(Exception):
    """A command refuses."""


on_the_way = False
"""Whether accounts are being retired, in states that are no ends."""


def call_command(*arguments):
    wrong = fault(release, variant, arguments[0], arguments[1:])
    assert wrong is None, wrong
    calls.append(list(arguments))
    if arguments[0] == "manage_user":
        User(username=arguments[1], email=arguments[2]).save()
    if arguments[0] == "populate_retirement_states":
        if on_the_way:
            raise CommandError("Users are currently being processed.")
        RetirementState.objects.rows.clear()
        for order, state in enumerate(settings.RETIREMENT_STATES):
            RetirementState(state_name=state, state_execution_order=order * 10 + 1).save()


class Index:
    documents = 0

    def __init__(self, name):
        assert name == "courseware_content"

    def search(self, size):
        return {"total": self.documents}


def statistics(name):
    """An index of Meilisearch by its whole name."""
    assert name == "tutor_comment_threads"
    found = types.SimpleNamespace(number_of_documents=discussions)
    return types.SimpleNamespace(get_stats=lambda: found)


discussions = 0
"""Number of threads in Meilisearch."""


class Collections(dict):
    """Typesense's, by name."""

    def create(self, schema):
        if schema["name"] in self:
            raise RuntimeError(f"409: A collection with name `{schema['name']}` already exists.")
        calls.append(["collection", schema["name"]])
        self[schema["name"]] = schema


collections = Collections()


def create_collections():
    """As edx-search does, which asks nobody whether they are there."""
    for name in ("course_info", "courseware_content"):
        collections.create({"name": name})


settings = types.SimpleNamespace(
    SITE_ID=1,
    SEARCH_ENGINE="search.meilisearch.MeilisearchEngine",
    MEILISEARCH_ENABLED=True,
    ENABLE_DISCUSSION_SERVICE=True,
    RETIREMENT_STATES=["PENDING", "ERRORED", "ABORTED", "COMPLETE"],
)


def install():
    """Make the stand-ins importable by the names of the real ones."""
    parts = {
        # Loaded by INSTALLED_APPS: a script of ours of the same name would never be imported.
        "config_models.models": {},
        "django.apps": {"apps": types.SimpleNamespace(get_model=get_model)},
        "django.conf": {"settings": settings},
        "django.contrib.auth": {"get_user_model": lambda: User},
        "django.contrib.sites.models": {"Site": Site},
        "django.core.management": {
            "call_command": call_command,
            "CommandError": CommandError,
        },
        "oauth2_provider.models": {"get_application_model": lambda: Application},
        "openedx.core.djangoapps.dark_lang.models": {"DarkLangConfig": DarkLangConfig},
        "openedx.core.djangoapps.oauth_dispatch.models": {"ApplicationAccess": ApplicationAccess},
        "openedx.core.djangoapps.schedules.models": {"ScheduleConfig": ScheduleConfig},
        "openedx.core.djangoapps.site_configuration.models": {"SiteConfiguration": SiteConfiguration},
        "openedx.core.djangoapps.theming.models": {"SiteTheme": SiteTheme},
        "openedx.core.djangoapps.user_api.models": {
            "RetirementState": RetirementState,
            "UserPreference": UserPreference,
        },
        "waffle": {"get_waffle_flag_model": lambda: Flag, "get_waffle_switch_model": lambda: Switch},
        "search.meilisearch": {
            "create_indexes": lambda: calls.append(["create_indexes"]),
            "get_meilisearch_index_name": "tutor_{}".format,
            "get_meilisearch_client": lambda: types.SimpleNamespace(index=statistics),
        },
        "search.elastic": {},
        "event_routing_backends.models": {"RouterConfiguration": RouterConfiguration},
        "search.typesense": {
            "create_indexes": create_collections,
            "get_typesense_client": lambda: types.SimpleNamespace(collections=collections),
        },
        "search.search_engine_base": {"SearchEngine": types.SimpleNamespace(get_search_engine=Index)},
    }
    for name, contents in parts.items():
        steps = name.split(".")
        for depth in range(1, len(steps) + 1):
            path = ".".join(steps[:depth])
            module = sys.modules.setdefault(path, types.ModuleType(path))
            if depth > 1:
                setattr(sys.modules[".".join(steps[: depth - 1])], steps[depth - 1], module)
        vars(module).update(contents)
