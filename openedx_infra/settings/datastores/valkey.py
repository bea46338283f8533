"""URLs and TLS options of Valkey or Redis for Python's clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from openedx_infra.settings.connections import Tls, Valkey


def url(server: Valkey, endpoint: object, scheme: str, password: str | None = None) -> str:
    """An address with login and database. User and password may have any characters."""
    user = quote(server.user or "", safe="")
    secret = "" if password is None else ":" + quote(password, safe="")
    login = f"{user}{secret}@" if user or secret else ""
    return f"{scheme}://{login}{endpoint}/{server.database}"


def scheme(server: Valkey) -> str:
    """Scheme of the address of a server."""
    return "rediss" if server.tls else "redis"


def encryption(tls: Tls | None) -> dict[str, Any]:
    """TLS as redis-py names it. Without `ssl_ca_certs`, the system's authorities are trusted."""
    if tls is None:
        return {}
    files = {"ssl_ca_certs": tls.ca, "ssl_certfile": tls.certificate, "ssl_keyfile": tls.key}
    return {
        "ssl_cert_reqs": "none" if tls.verify == "none" else "required",
        "ssl_check_hostname": tls.verify == "full",
        **{name: path for name, path in files.items() if path},
    }


def encrypted(tls: Tls | None) -> dict[str, Any]:
    """The same for a client that is not told by an address whether to encrypt at all."""
    return {"ssl": True, **encryption(tls)} if tls else {}


def sentinels(server: Valkey) -> list[list[Any]]:
    """The Sentinels, as redis-py takes them."""
    return [[each.host, each.port] for each in server.sentinels]
