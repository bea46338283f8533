"""Datastores of the new instance, which gets servers of its own: two sites must not write to one database."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor.root import TutorRoot
from openedx_infra.operations.imports.tutor.values import TutorValues

_OUTSIDE: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "RUN_MYSQL": (
        "MySQL",
        "mysql",
        (
            "MYSQL_HOST",
            "MYSQL_PORT",
            "MYSQL_ROOT_USERNAME",
            "OPENEDX_MYSQL_DATABASE",
            "OPENEDX_MYSQL_USERNAME",
        ),
    ),
    "RUN_MONGODB": (
        "MongoDB",
        "mongodb",
        (
            "MONGODB_HOST",
            "MONGODB_PORT",
            "MONGODB_DATABASE",
            "MONGODB_USERNAME",
            "MONGODB_PASSWORD",
            "MONGODB_AUTH_MECHANISM",
            "MONGODB_AUTH_SOURCE",
            "MONGODB_REPLICA_SET",
            "MONGODB_USE_SSL",
        ),
    ),
    "RUN_REDIS": (
        "Redis",
        "broker and openedx:datastores.cache",
        (
            "REDIS_HOST",
            "REDIS_PORT",
            "REDIS_USERNAME",
            "REDIS_PASSWORD",
            "OPENEDX_CACHE_REDIS_DB",
            "OPENEDX_CELERY_REDIS_DB",
        ),
    ),
    "RUN_MEILISEARCH": (
        "Meilisearch",
        "search",
        ("MEILISEARCH_URL", "MEILISEARCH_PUBLIC_URL", "MEILISEARCH_INDEX_PREFIX"),
    ),
}
"""Switches of Tutor's servers: what each runs, our datastore, and the settings of a server outside."""


def translate(root: TutorRoot, values: TutorValues, draft: Draft) -> None:
    """Tell of servers outside, and put the kind of storage into the draft."""
    for switch, (server, store, settings) in _OUTSIDE.items():
        values.ignore(*settings)
        if not values.flag(switch):
            host = values.shown(settings[0])
            draft.leave(
                switch,
                f"the site uses {server} at {host}. The new instance gets one of its own, as two sites must "
                f"not write to one: set openedx:datastores.{store} to another one outside if you like",
            )
    _storage(root, values, draft)


def _storage(root: TutorRoot, values: TutorValues, draft: Draft) -> None:
    values.ignore("PLUGINS")
    if "minio" in root.enabled:
        draft.set(("datastores", "storage"), {"source": "in-cluster"}, "plugin minio")
        with draft.attempt("MINIO_HOST", "datastores.storage.files_host"):
            draft.set(("datastores", "storage", "files_host"), values.text("MINIO_HOST"), "MINIO_HOST")
    if "s3" in root.enabled:
        draft.leave(
            "plugin s3",
            "its buckets stay the old site's: set openedx:datastores.storage to buckets of the new instance, "
            "and copy the files",
        )
