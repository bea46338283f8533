"""Notes: learners mark and annotate texts of a course, and search what they wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from openedx_infra.config.datastores.search import SearchExternal, SearchInCluster
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.types.hosts import Hostname
from openedx_infra.services.companion import (
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
    Served,
    ServiceJob,
    ServiceSection,
    ServiceUser,
    Stack,
    Values,
    django_key,
    django_migrate,
)

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


class Notes(ServiceSection):
    """Notes (edx-notes-api). Courses have it once an author turns Notes on in Pages & Resources."""

    host: Hostname | None = None
    """Public host, which learners' browsers ask. None: `notes.` before that of the LMS."""
    search_by: Literal["database", "meilisearch"] = "database"
    """What finds words in notes. `database`: MySQL, among those of one learner in one course, by texts and
    tags. `meilisearch`: the instance's own, which forgives misspellings; but it knows no tags, shows 25 hits
    and no more, and a note is kept with an error while it doesn't answer."""
    notes_per_course: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 500
    """Notes that a learner may have in a course."""
    web: Served = Served(cpu="50m", memory="256Mi", memory_limit="512Mi")
    """Size of its web server: 2 processes of 82 MiB at rest (measured)."""


def host(stack: Stack, notes: Notes) -> str:
    """Its public host."""
    return notes.host or f"notes.{stack.site.lms_host}"


def uses_meilisearch(notes: Notes) -> bool:
    """Whether Meilisearch finds words in notes."""
    return notes.search_by == "meilisearch"


def has_meilisearch(stack: Stack) -> bool:
    """Whether the instance's search server is a Meilisearch."""
    search = stack.datastores.search
    return isinstance(search, SearchInCluster) or getattr(search, "engine", None) == "meilisearch"


def _secrets(_stack: Stack, _notes: Notes) -> Iterator[Secret]:
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


def _conflicts(stack: Stack, notes: Notes) -> Iterator[tuple[Location, str]]:
    if uses_meilisearch(notes) and not has_meilisearch(stack):
        yield (
            ("search_by",),
            "the instance's search server is no Meilisearch: write database, or leave it out",
        )


def _platform(stack: Stack, notes: Notes) -> PlatformSettings:
    return PlatformSettings(
        common={"ENABLE_EDXNOTES": True},
        lms={
            "EDXNOTES_CLIENT_NAME": CLIENT,
            "EDXNOTES_PUBLIC_API": f"{stack.site.scheme}://{host(stack, notes)}/api/v1",
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
    indexed = uses_meilisearch(notes)
    return Parts(
        processes=[web],
        jobs=[django_migrate(stack, "notes"), *([_index(stack)] if indexed else [])],
        files=[
            ConfigFile(path=f"{CONFIG}/openedx_infra_notes.py", text=MODULE),
            *([ConfigFile(path=f"{CONFIG}/index.py", text=INDEX)] if indexed else []),
            ConfigFile(path=SETTINGS, text=lambda values: settings(values, notes), secret=True),
        ],
        env={
            "DJANGO_SETTINGS_MODULE": "openedx_infra_notes",
            "PYTHONPATH": CONFIG,
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/tmp",
        },
        groups=[CODE_GROUP],
        stores=["mysql", "search"] if indexed else ["mysql"],
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
            **(_meilisearch(values) if uses_meilisearch(notes) else {}),
        },
        indent=1,
        sort_keys=True,
    )


def _meilisearch(values: Values) -> Mapping[str, Any]:
    server = values.connections.search
    authority = {"REQUESTS_CA_BUNDLE": server.tls.ca} if server.tls and server.tls.ca else {}
    return {
        "MEILISEARCH_ENABLED": True,
        "MEILISEARCH_URL": server.url,
        "MEILISEARCH_API_KEY": values.search_key,
        "MEILISEARCH_INDEX": f"{values.index_prefix}student_notes",
        **authority,
    }


MODULE = f'''\
"""Notes' own settings, and those of the instance over them."""

import json
import os

from notesserver.settings.common import *

# Elasticsearch's apps, which would look for a server. Without Meilisearch MySQL searches.
ES_DISABLED = True
ELASTICSEARCH_DSL = {{}}
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in ES_APPS]

with open("{SETTINGS}", encoding="utf-8") as file:
    globals().update(json.load(file))

# Its client of Meilisearch takes an authority from nowhere else.
if "REQUESTS_CA_BUNDLE" in globals():
    os.environ["REQUESTS_CA_BUNDLE"] = REQUESTS_CA_BUNDLE
'''

INDEX = '''\
"""Puts all notes into the index. Piped into `manage.py shell`; the second run changes nothing."""

from notesapi.v1.models import Note
from notesapi.v1.views.meilisearch import reindex

reindex()
print(f"index: {Note.objects.count()} notes", flush=True)
'''


def _index(stack: Stack) -> ServiceJob:
    """Fills the index, which another Meilisearch, or another version of it, begins without."""
    return ServiceJob(
        name="index",
        command=["sh", "-ec", 'exec ./manage.py shell < "$0"', f"{CONFIG}/index.py"],
        rerun_on={"search": _server(stack)},
    )


def _server(stack: Stack) -> str:
    search = stack.datastores.search
    return search.url if isinstance(search, SearchExternal) else stack.image("meilisearch")


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
