"""Rules on the form of secrets, as their readers need it.

Judged when its value is known, and without ever showing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.secrets.catalogue import CLIENT_KEYS
from openedx_infra.config.stack import SECRETS_KEY

OF_MANY_LINES = CLIENT_KEYS | {
    "jwt_private_key",
    "fernet_keys",
    "retired_user_salts",
    "build_netrc",
    "build_npmrc",
}
LEAST_RSA_BITS = 2048
"""Below it, no signature is trusted any more (NIST SP 800-131A)."""
LEAST_MASTER_KEY_BYTES = 16
"""Below it, Meilisearch refuses to start in production."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a service of AWS demands of a password. Sources: the API references of the services."""

    service: str
    least: int
    """Characters."""
    most: int
    forbidden: str = ""
    """Characters that it refuses, beside all that are no printable ASCII."""
    classes: bool = False
    """Whether it wants a small and a capital letter, a digit, and something else."""

    def faults(self, value: str) -> Iterator[str]:
        """What is wrong with a password, without a word of it."""
        if not self.least <= len(value) <= self.most:
            yield f"has {len(value)} characters, and {self.service} wants {self.least} to {self.most}"
        if any(letter in self.forbidden or not "!" <= letter <= "~" for letter in value):
            shown = " ".join(self.forbidden)
            rule = f"printable ASCII without blanks{f' and without {shown}' if shown else ''}"
            yield f"has characters that {self.service} refuses: it wants {rule}"
        if self.classes and not all(re.search(each, value) for each in _CLASSES):
            yield f"lacks a small or capital letter, a digit or a sign, and {self.service} wants one of each"


_CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")
_RDS = Limit(service="Amazon RDS", least=8, most=41, forbidden='/"@')
LIMITS = {
    ("mysql", "rds"): _RDS,
    ("mysql", "aurora"): _RDS,
    ("mongodb", "documentdb"): Limit(service="Amazon DocumentDB", least=8, most=100, forbidden='/"@'),
    ("broker", "elasticache"): Limit(service="ElastiCache", least=16, most=128, forbidden='@"/'),
    ("cache", "elasticache"): Limit(service="ElastiCache", least=16, most=128, forbidden='@"/'),
    ("search", "opensearch"): Limit(service="Amazon OpenSearch Service", least=8, most=128, classes=True),
}
"""What is demanded of the password of a server, by its name and source."""
_PASSWORDS = {"mysql": "mysql_root_password", "mongodb": "mongodb_root_password"}


def limits(sources: Mapping[str, str]) -> dict[str, Limit]:
    """What is demanded of secrets, by their names, where servers have these sources."""
    return {
        _PASSWORDS.get(server, f"{server}_password"): LIMITS[server, source]
        for server, source in sources.items()
        if (server, source) in LIMITS
    }


def unfit(secrets: Mapping[str, str], sources: Mapping[str, str] | None = None) -> list[str]:
    """One line for each secret of a form that its reader would refuse; `sources` are those of the servers."""
    demanded = limits(sources or {})
    return [
        f"{key_of((SECRETS_KEY, name))}: {fault}"
        for name, value in secrets.items()
        for fault in (*_faults(name, value), *(demanded[name].faults(value) if name in demanded else ()))
    ]


def _faults(name: str, value: str) -> Iterator[str]:
    if not value.strip():
        yield "is empty"
    elif name == "jwt_private_key":
        yield from _key_faults(value)
    elif name in CLIENT_KEYS:
        yield from _client_key_faults(value)
    elif name not in OF_MANY_LINES and len(value.splitlines()) > 1:
        yield "has several lines, and must have one"
    elif name == "meilisearch_master_key" and len(value.encode()) < LEAST_MASTER_KEY_BYTES:
        yield f"is shorter than {LEAST_MASTER_KEY_BYTES} bytes, which Meilisearch refuses"


def _key_faults(value: str) -> Iterator[str]:
    remedy = "`openssl genrsa 2048` makes one, and so does `openedx-infra secrets generate`"
    try:
        key = serialization.load_pem_private_key(value.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield f"is no private key in PEM form without a password; {remedy}"
        return
    if not isinstance(key, rsa.RSAPrivateKey):
        yield f"is no RSA key, and edx-platform signs by RS512 only; {remedy}"
    elif key.key_size < LEAST_RSA_BITS:
        yield f"is an RSA key of {key.key_size} bits, and must have {LEAST_RSA_BITS}; {remedy}"


def _client_key_faults(value: str) -> Iterator[str]:
    try:
        serialization.load_pem_private_key(value.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield "is no private key in PEM form without a password; `openssl pkey -in KEY` writes it so"
