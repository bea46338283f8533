"""Settings of caches and sessions: Valkey, through django-redis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.settings.connections import Valkey
from openedx_infra.settings.datastores import valkey
from openedx_infra.settings.merging import Settings

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
_CONNECT_SECONDS, _ANSWER_SECONDS = 2, 5


def caches(server: Valkey) -> Settings:
    """All caches, the password aside."""
    aliases: dict[str, Any] = {
        alias: {**cache(server, prefix), **({} if timeout is None else {"TIMEOUT": timeout})}
        for alias, (prefix, timeout) in _CACHES.items()
    }
    aliases["default"]["VERSION"] = "1"
    # Names of hashed static files: part of the image, so each process remembers its own image's.
    aliases["staticfiles"] = {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "staticfiles",
        "KEY_PREFIX": "staticfiles",
    }
    return {
        "CACHES": aliases,
        # A lost cache makes pages slow, not broken; the platform expects that of its default, memcached.
        "DJANGO_REDIS_IGNORE_EXCEPTIONS": True,
        # Sessions are read from the cache and kept in MySQL: an eviction or restart of the cache logs nobody
        # out.
        "SESSION_ENGINE": "django.contrib.sessions.backends.cached_db",
    }


def cache(server: Valkey, prefix: str) -> dict[str, Any]:
    """One entry of CACHES, the password aside. All its keys begin with `prefix`."""
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": _location(server),
        "KEY_PREFIX": server.prefix + prefix,
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": _CONNECT_SECONDS,
            "SOCKET_TIMEOUT": _ANSWER_SECONDS,
            **_connection(server),
        },
    }


def cache_secrets(server: Valkey, secrets: Mapping[str, str]) -> Settings:
    """The password, where the cache asks for one."""
    if not server.authenticated:
        return {}
    return {"CACHES": {alias: {"OPTIONS": {"PASSWORD": secrets["cache_password"]}} for alias in _CACHES}}


def _location(server: Valkey) -> str:
    """The server; or the master's name where Sentinels know the server, and TLS is set apart."""
    if server.sentinels:
        return valkey.url(server, server.master, "redis")
    return valkey.url(server, server.endpoint, valkey.scheme(server))


def _connection(server: Valkey) -> dict[str, Any]:
    if not server.sentinels:
        return {"CONNECTION_POOL_KWARGS": valkey.encryption(server.tls)} if server.tls else {}
    # Everything is read from the master: what replicas know is older.
    return {
        "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
        "SENTINELS": valkey.sentinels(server),
        "SENTINEL_KWARGS": {
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_timeout": _ANSWER_SECONDS,
            **valkey.encrypted(server.tls),
        },
        **({"CONNECTION_POOL_KWARGS": valkey.encrypted(server.tls)} if server.tls else {}),
    }
