"""What finds words in notes besides MySQL: the servers, their settings, and Jobs that fill their indexes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.config.datastores.search import SearchExternal, SearchInCluster
from openedx_infra.services import elasticsearch
from openedx_infra.services.companion import ServiceJob, Stack, Values
from openedx_infra.services.elasticsearch import DISCOVERY, Elasticsearch
from openedx_infra.services.notes.section import Notes

INDEX_SCRIPT = "/openedx/config/index.py"


def uses_meilisearch(notes: Notes) -> bool:
    """Whether Meilisearch finds words in notes."""
    return notes.search_by == "meilisearch"


def uses_elasticsearch(notes: Notes) -> bool:
    """Whether Elasticsearch finds words in notes."""
    return notes.search_by == "elasticsearch"


def elasticsearch_of(stack: Stack) -> Elasticsearch | None:
    """The Elasticsearch of the instance, which is that of Course Discovery. None: it has none."""
    discovery = getattr(stack.services, "discovery", None)
    found: Elasticsearch | None = discovery.search if discovery is not None and discovery.enabled else None
    return found


def has_meilisearch(stack: Stack) -> bool:
    """Whether the instance's search server is a Meilisearch."""
    search = stack.datastores.search
    return isinstance(search, SearchInCluster) or getattr(search, "engine", None) == "meilisearch"


def settings(values: Values, notes: Notes) -> Mapping[str, Any]:
    """Settings of Notes for the server that searches; none for MySQL."""
    if uses_meilisearch(notes):
        return _meilisearch(values)
    return _elasticsearch(values) if uses_elasticsearch(notes) else {}


def script(notes: Notes) -> str:
    """The script that fills the index."""
    return MEILISEARCH_INDEX if uses_meilisearch(notes) else ELASTICSEARCH_INDEX


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


def _elasticsearch(values: Values) -> Mapping[str, Any]:
    server = elasticsearch_of(values.stack)
    if server is None:  # refused before
        return {}
    document = {"notesapi.v1.search_indexes.documents.note": "notes"}
    return {
        "ES_DISABLED": False,
        "ELASTICSEARCH_DSL": elasticsearch.connection(
            DISCOVERY, server, values.secrets.get("notes_search_password")
        ),
        "ELASTICSEARCH_INDEX_NAMES": elasticsearch.indexes(server, values.index_prefix, document),
        "ELASTICSEARCH_DSL_INDEX_SETTINGS": elasticsearch.index_settings(server),
    }


MEILISEARCH_INDEX = '''\
"""Puts all notes into the index. Piped into `manage.py shell`; the second run changes nothing."""

from notesapi.v1.models import Note
from notesapi.v1.views.meilisearch import reindex

reindex()
print(f"index: {Note.objects.count()} notes", flush=True)
'''


ELASTICSEARCH_INDEX = '''\
"""Puts all notes into the index of Elasticsearch, once that answers. Piped into `manage.py shell`; the
second run changes nothing."""

import sys
import time

from django.core.management import call_command
from elasticsearch_dsl.connections import connections

from notesapi.v1.models import Note

deadline = time.monotonic() + 600
while not connections.get_connection().ping():
    if time.monotonic() > deadline:
        sys.exit("index: Elasticsearch doesn't answer")
    print("index: waiting for Elasticsearch", flush=True)
    time.sleep(5)
call_command("search_index", action="rebuild", force=True)
print(f"index: {Note.objects.count()} notes", flush=True)
'''


def index(stack: Stack, notes: Notes) -> ServiceJob:
    """Fills the index, which another server, or another version of Meilisearch, begins without."""
    return ServiceJob(
        name="index",
        command=["sh", "-ec", 'exec ./manage.py shell < "$0"', INDEX_SCRIPT],
        rerun_on={"search": _server(stack, notes)},
    )


def _server(stack: Stack, notes: Notes) -> str:
    server = elasticsearch_of(stack)
    if uses_elasticsearch(notes) and server is not None:
        return elasticsearch.address(DISCOVERY, server)
    search = stack.datastores.search
    return search.url if isinstance(search, SearchExternal) else stack.image("meilisearch")
