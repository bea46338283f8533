"""Notes: learners mark and annotate texts of a course, and search what they wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator

from openedx_infra.config.errors.key_paths import Location
from openedx_infra.services import elasticsearch
from openedx_infra.services.companion import (
    DJANGO_MIGRATIONS,
    LOGGING,
    CompanionService,
    ConfigFile,
    MysqlDatabase,
    OauthClient,
    Parts,
    PlatformSettings,
    Process,
    Public,
    Secret,
    ServiceUser,
    Stack,
    Values,
    django_env,
    django_key,
    django_migrate,
)
from openedx_infra.services.elasticsearch import ElasticsearchExternal
from openedx_infra.services.notes import search
from openedx_infra.services.notes.search import (
    elasticsearch_of,
    has_meilisearch,
    uses_elasticsearch,
    uses_meilisearch,
)
from openedx_infra.services.notes.section import Notes, host

PORT = 8120
"""The port that Open edX's development environments give to it."""
CLIENT = "notes"
"""Id and name of its OAuth client, and its user in the LMS. It never asks the LMS for anything: the LMS signs
tokens for learners' browsers with the client's secret, and Notes checks them with the same."""
DATABASE = MysqlDatabase(database="notes", user="notes", secret="notes_mysql_password")
CONFIG = "/openedx/config"
SETTINGS = "/openedx/secrets/notes.json"
CODE_GROUP = 1000
"""Group of the image's user, who owns the folder with the code."""
BODY_LIMIT = 2**20
"""Largest note, in bytes. A guess: it is a quoted text and what a learner thinks of it."""


def _secrets(stack: Stack, notes: Notes) -> Iterator[Secret]:
    restart = "its pods restart"
    yield Secret(name="notes_mysql_password", meaning="Notes' MySQL user", rotation=restart)
    yield Secret(
        name="notes_secret_key", meaning="Django's SECRET_KEY of Notes", make=django_key, rotation=restart
    )
    yield Secret(
        name="notes_oauth_secret",
        meaning="Notes' OAuth client, whose secret signs the tokens of learners' browsers",
        rotation="pages that are open ask for a new token",
    )
    server = elasticsearch_of(stack) if uses_elasticsearch(notes) else None
    if isinstance(server, ElasticsearchExternal) and server.username is not None:
        yield Secret(
            name="notes_search_password",
            meaning=f"Notes' login at Elasticsearch, as {server.username}",
            make=None,
            rotation=restart,
        )


def _conflicts(stack: Stack, notes: Notes) -> Iterator[tuple[Location, str]]:
    if uses_meilisearch(notes) and not has_meilisearch(stack):
        yield (
            ("search_by",),
            "the instance's search server is no Meilisearch: write database, or leave it out",
        )
    if uses_elasticsearch(notes) and elasticsearch_of(stack) is None:
        yield (
            ("search_by",),
            "the Elasticsearch of an instance is that of Course Discovery, which is off: turn on "
            "`openedx:services.discovery`, or write database",
        )


def _platform(stack: Stack, notes: Notes) -> PlatformSettings:
    return PlatformSettings(
        common={"ENABLE_EDXNOTES": True},
        lms={
            "EDXNOTES_CLIENT_NAME": CLIENT,
            "EDXNOTES_PUBLIC_API": f"{stack.site.url(host(stack, notes))}/api/v1",
            "EDXNOTES_INTERNAL_API": f"http://notes:{PORT}/api/v1",
        },
        service_users=[ServiceUser(name=CLIENT)],
        oauth_clients=[
            OauthClient(
                client_id=CLIENT, secret="notes_oauth_secret", user=CLIENT, grant="client-credentials"
            )
        ],
    )


def _parts(stack: Stack, notes: Notes) -> Parts:
    web = Process(
        command=[
            *("gunicorn", "notesserver.wsgi:application", "--bind", f"{stack.cluster.any_address}:{PORT}"),
            *(
                "--workers",
                "2",
                "--worker-tmp-dir",
                "/tmp",
                "--max-requests",
                "1000",
                "--access-logfile",
                "-",
            ),
        ],
        size=notes.web,
        replicas=notes.web.replicas,
        port=PORT,
        # /heartbeat/ fails without Meilisearch, too, and notes are read without it.
        health="/",
        for_platform=True,
        public=Public(domain=host(stack, notes), paths=["/api/v1"], body_limit=BODY_LIMIT),
    )
    indexed = notes.search_by != "database"
    server = elasticsearch_of(stack) if uses_elasticsearch(notes) else None
    return Parts(
        processes=[web],
        jobs=[django_migrate(stack, "notes"), *([search.index(stack, notes)] if indexed else [])],
        questions=[DJANGO_MIGRATIONS],
        files=[
            ConfigFile(path=f"{CONFIG}/openedx_infra_notes.py", text=MODULE),
            *([ConfigFile(path=search.INDEX_SCRIPT, text=search.script(notes))] if indexed else []),
            ConfigFile(path=SETTINGS, text=lambda values: settings(values, notes), secret=True),
            *(elasticsearch.authority(server) if server else []),
        ],
        env=django_env("openedx_infra_notes", CONFIG),
        groups=[CODE_GROUP],
        stores=["mysql", "search"] if uses_meilisearch(notes) else ["mysql"],
        outside=elasticsearch.outside(server) if server else [],
    )


def settings(values: Values, notes: Notes) -> str:
    """Its settings by its own names, over its defaults (notesserver/settings/common.py), as JSON."""
    secrets = values.secrets
    return json.dumps(
        {
            "SECRET_KEY": secrets["notes_secret_key"],
            "CLIENT_ID": CLIENT,
            "CLIENT_SECRET": secrets["notes_oauth_secret"],
            "DATABASES": {"default": values.django_database(DATABASE)},
            "TIME_ZONE": values.stack.site.time_zone,
            "MAX_NOTES_PER_COURSE": notes.notes_per_course,
            "LOGGING": LOGGING,
            **search.settings(values, notes),
        },
        indent=1,
        sort_keys=True,
    )


MODULE = f'''\
"""Notes' own settings, and those of the instance over them."""

import json
import os

from notesserver.settings.common import *

# Without Elasticsearch and Meilisearch MySQL searches.
ES_DISABLED = True
ELASTICSEARCH_DSL = {{}}

with open("{SETTINGS}", encoding="utf-8") as file:
    globals().update(json.load(file))

# They would look for a server.
if ES_DISABLED:
    INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in ES_APPS]

# Its client of Meilisearch takes an authority from nowhere else.
if "REQUESTS_CA_BUNDLE" in globals():
    os.environ["REQUESTS_CA_BUNDLE"] = REQUESTS_CA_BUNDLE
'''

SERVICE = CompanionService(
    name="notes",
    title="Notes",
    summary="learners annotate texts in courses",
    interface=1,
    section=Notes,
    images={
        "verawood": "docker.io/overhangio/openedx-notes:22.0.0",
        "ulmo": "docker.io/overhangio/openedx-notes:21.0.0",
    },
    stands_for=["ENABLE_EDXNOTES"],
    secrets=_secrets,
    databases=lambda _stack, _notes: [DATABASE],
    hosts=lambda stack, notes: {"host": host(stack, notes)},
    conflicts=_conflicts,
    platform=_platform,
    parts=_parts,
)
"""Notes."""
