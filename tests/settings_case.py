"""What the tests of settings work on: stacks, endpoints, and secrets."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from openedx_infra import settings
from openedx_infra.config import Stack, load
from openedx_infra.config.secrets.catalogue import BY_NAME, SECRETS
from openedx_infra.config.sections.mail import MailSmtp
from openedx_infra.settings import Site
from openedx_infra.settings.connections import (
    Connections,
    Endpoint,
    Mongodb,
    Mysql,
    Search,
    Smtp,
    Valkey,
    Volumes,
)

DATA = Path(__file__).parent / "data"
GOLDEN = Path(__file__).parent / "golden"

IN_CLUSTER = Connections(
    mysql=Mysql(endpoint=Endpoint(host="mysql", port=3306), database="openedx", user="openedx"),
    mongodb=Mongodb(
        members=(Endpoint(host="mongodb", port=27017),),
        database="openedx",
        user="openedx",
        auth_database="openedx",
    ),
    broker=Valkey(endpoint=Endpoint(host="broker", port=6379)),
    cache=Valkey(endpoint=Endpoint(host="cache", port=6379)),
    search=Search(
        engine="meilisearch",
        endpoint=Endpoint(host="meilisearch", port=7700),
        public_url="http://meilisearch.local.openedx.io",
        derived_key=True,
    ),
    storage=Volumes(),
    mail=Smtp(endpoint=Endpoint(host="smtp", port=8025)),
)
"""How an instance reaches what it runs itself."""


def connections(stack: Stack) -> Connections:
    """The same, but for what a stack says of its search host and its mail."""
    search = replace(IN_CLUSTER.search, public_url=stack.site.search_url)
    delivery = stack.mail.delivery
    if not isinstance(delivery, MailSmtp):
        return replace(IN_CLUSTER, search=search)
    at = Endpoint(host=delivery.host, port=delivery.port)
    mail = Smtp(endpoint=at, security=delivery.security, user=delivery.username)
    return replace(IN_CLUSTER, search=search, mail=mail)


SAID: dict[str, dict[str, Any]] = {
    # The least that can be said.
    "dev": {"site": {"lms_host": "local.openedx.io"}},
    # What differs most from it.
    "campus": {
        "site": {
            "name": "Campus",
            "lms_host": "learn.campus.example.org",
            "studio_host": "author.campus.example.org",
            "mfe_host": "apps.campus.example.org",
            "search_host": "search.campus.example.org",
            "contact_email": "help@campus.example.org",
            "language": "fr",
            "languages": ["fr", "en"],
            "time_zone": "Europe/Paris",
            "theme": "campus",
            "tls": {"source": "cert-manager", "issuer": {"source": "cluster-issuer", "name": "letsencrypt"}},
        },
        "mail": {
            "sender": "noreply@campus.example.org",
            "delivery": {"source": "smtp", "host": "smtp.example.org", "username": "campus"},
        },
        "mfes": {
            "disabled": ["communications", "catalog", "notifications"],
            "config": {"SUPPORT_URL": "https://campus.example.org/support", "SITE_NAME": "Campus online"},
            "overrides": {"learning": {"LEARNING_ASSISTANT": False}},
        },
        "features": {
            "flags": {"ENABLE_TEAMS": False},
            "waffle_flags": {"learner_home_mfe.enabled": False},
            "waffle_switches": {"completion.enable_completion_tracking": False},
        },
        "settings": {
            "common": {"SESSION_COOKIE_AGE": 3600, "STUDIO_NAME": "Author"},
            "lms": {"SESSION_COOKIE_AGE": 7200},
        },
        "sizing": {"lms": {"cpu": "1", "memory": "2Gi", "memory_limit": "4Gi", "processes": 4, "threads": 2}},
    },
}


@cache
def stack(name: str = "dev") -> Stack:
    """One of the stacks above, loaded."""
    return load(name, SAID[name])


def said(**sections: Any) -> Stack:
    """The least stack, with further sections."""
    return load("dev", {**SAID["dev"], **sections})


@cache
def secrets() -> dict[str, str]:
    """A value for each secret, alike within one run; those with several lines have the newest first."""
    values = {secret.name: f"<{secret.name}>" for secret in SECRETS}
    several = {name: f"new-{name}\nold-{name}\n" for name in ("fernet_keys", "retired_user_salts")}
    make = BY_NAME["jwt_private_key"].make
    assert make
    return {**values, **several, "jwt_private_key": make()}


def reviewed(stack: str, name: str, text: str) -> str:
    """What a text was when somebody last read it. With UPDATE_GOLDEN=1, the present text becomes that."""
    golden = GOLDEN / stack / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    return golden.read_text(encoding="utf-8")


def plain(site: Site, stack: Stack, known: Connections | None = None) -> dict[str, Any]:
    """Plain settings of a site, as YAML gives them back."""
    return _read(stack, known, settings.lms if site == "lms" else settings.studio)


def secret(
    site: Site, stack: Stack, known: Connections | None = None, own: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Secret settings of a site, as YAML gives them back. `own` are secrets of the operator's."""
    render = settings.lms_secrets if site == "lms" else settings.studio_secrets
    return _read(stack, known, render, {**secrets(), **(own or {})})


def _read(
    stack: Stack, known: Connections | None, render: Callable[..., Any], *further: Any
) -> dict[str, Any]:
    """YAML takes long, so each text is written and read once; what ids name is kept."""
    key = (id(stack), id(known), render.__name__)
    if key not in _KNOWN:
        text = settings.dump(render(stack, known or connections(stack), *further))
        _KNOWN[key] = (stack, known, yaml.safe_load(text))
    return copy.deepcopy(_KNOWN[key][2])


_KNOWN: dict[tuple[int, int, str], tuple[Stack, Connections | None, dict[str, Any]]] = {}


def whole(site: Site, stack: Stack, known: Connections | None = None) -> dict[str, Any]:
    """Both, merged as the platform gets them."""
    return settings.merged(plain(site, stack, known), secret(site, stack, known))
