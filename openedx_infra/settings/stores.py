"""How do LMS and Studio reach their datastores? Connections, passwords aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.settings import keys
from openedx_infra.settings.connections import Connections, Mongodb, Mysql
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR

_DAY = 86_400
_CACHES = {
    # Alias: key prefix and seconds to live, both as edx-platform's defaults (None: Django's 300).
    "default": ("default", None),
    "general": ("general", None),
    "configuration": ("configuration", None),
    "celery": ("celery", 7200),
    "mongo_metadata_inheritance": ("mongo_metadata_inheritance", 300),
    "course_structure_cache": ("course_structure", 7 * _DAY),
    "ora2-storage": ("ora2-storage", None),
}


def stores(stack: Stack, connections: Connections) -> Settings:
    """MySQL, MongoDB, caches, sessions and search, as far as they are not secret."""
    return {
        **_mysql(connections.mysql),
        **_mongodb(connections.mongodb),
        **_caches(connections),
        **_search(stack, connections),
    }


def store_secrets(stack: Stack, connections: Connections, secrets: Mapping[str, str]) -> Settings:
    """The passwords of the same. A list can't be merged, so MODULESTORE is here in full."""
    password = secrets["mongodb_password"]
    config = {**_doc_store(connections.mongodb), "password": password}
    return {
        "DATABASES": {"default": {"PASSWORD": secrets["mysql_password"]}},
        "DOC_STORE_CONFIG": {"password": password},
        "CONTENTSTORE": {"DOC_STORE_CONFIG": {"password": password}},
        "MODULESTORE": _modulestore(config),
        "CACHES": {alias: {"OPTIONS": {"PASSWORD": secrets["cache_password"]}} for alias in _CACHES},
        "MEILISEARCH_API_KEY": keys.search_api_key(secrets["meilisearch_master_key"]),
    }


def _mysql(mysql: Mysql) -> Settings:
    return {
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.mysql",
                "HOST": mysql.at.host,
                "PORT": str(mysql.at.port),
                "NAME": mysql.database,
                "USER": mysql.user,
                "ATOMIC_REQUESTS": True,
                # Reconnecting costs each request a few ms; a connection that broke meanwhile is noticed
                # first.
                "CONN_MAX_AGE": 60,
                "CONN_HEALTH_CHECKS": True,
                "OPTIONS": {"charset": "utf8mb4", "init_command": "SET sql_mode='STRICT_TRANS_TABLES'"},
            }
        },
        # The extended history wants a database of its own, which the settings module undoes.
        "ENABLE_CSMH_EXTENDED": False,
    }


def _doc_store(mongodb: Mongodb) -> Settings:
    return {
        "host": mongodb.members[0].host,
        "port": mongodb.members[0].port,
        "db": mongodb.database,
        "collection": "modulestore",
        "user": mongodb.user,
        # The user lives in the database that it uses.
        "authsource": mongodb.auth_database,
        "ssl": False,
        # pymongo must not connect before the web server forks.
        "connect": False,
        "read_preference": "PRIMARY",
        "connectTimeoutMS": 2000,
        "socketTimeoutMS": 6000,
    }


def _mongodb(mongodb: Mongodb) -> Settings:
    """The defaults of MODULESTORE and CONTENTSTORE hold the default DOC_STORE_CONFIG: all three are said."""
    config = _doc_store(mongodb)
    return {
        "DOC_STORE_CONFIG": config,
        "CONTENTSTORE": {
            "ENGINE": "xmodule.contentstore.mongo.MongoContentStore",
            "ADDITIONAL_OPTIONS": {},
            "DOC_STORE_CONFIG": config,
        },
        "MODULESTORE": _modulestore(config),
    }


def _modulestore(config: Settings) -> Settings:
    def store(name: str, engine: str) -> Settings:
        return {
            "NAME": name,
            "ENGINE": engine,
            "DOC_STORE_CONFIG": config,
            "OPTIONS": {
                "default_class": "xmodule.hidden_block.HiddenBlock",
                "fs_root": DATA_DIR,
                "render_template": "common.djangoapps.edxmako.shortcuts.render_to_string",
            },
        }

    stores = [
        store("split", "xmodule.modulestore.split_mongo.split_draft.DraftVersioningModuleStore"),
        store("draft", "xmodule.modulestore.mongo.DraftMongoModuleStore"),
    ]
    engine = "xmodule.modulestore.mixed.MixedModuleStore"
    return {"default": {"ENGINE": engine, "OPTIONS": {"mappings": {}, "stores": stores}}}


def _caches(connections: Connections) -> Settings:
    caches: dict[str, Any] = {
        alias: {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"redis://{connections.cache.at}/0",
            "KEY_PREFIX": prefix,
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 2, "SOCKET_TIMEOUT": 5},
            **({} if timeout is None else {"TIMEOUT": timeout}),
        }
        for alias, (prefix, timeout) in _CACHES.items()
    }
    caches["default"]["VERSION"] = "1"
    # Names of hashed static files: part of the image, so each process remembers its own image's.
    caches["staticfiles"] = {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "staticfiles",
        "KEY_PREFIX": "staticfiles",
    }
    return {
        "CACHES": caches,
        # A lost cache makes pages slow, not broken; the platform expects that of its default, memcached.
        "DJANGO_REDIS_IGNORE_EXCEPTIONS": True,
        # Sessions are read from the cache and kept in MySQL: an eviction or restart of the cache logs nobody
        # out.
        "SESSION_ENGINE": "django.contrib.sessions.backends.cached_db",
    }


def _search(stack: Stack, connections: Connections) -> Settings:
    return {
        "MEILISEARCH_ENABLED": True,
        "MEILISEARCH_URL": connections.search.url,
        "MEILISEARCH_PUBLIC_URL": connections.search.public_url,
        "MEILISEARCH_INDEX_PREFIX": keys.index_prefix(stack),
        "SEARCH_ENGINE": "search.meilisearch.MeilisearchEngine",
    }
