"""Rules on the form of secrets, judged when the value is there and without ever showing it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from openedx_infra.config.datastores.password_limits import PasswordLimit
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.secrets.catalogue import CLIENT_KEYS, NAMES, REGISTRY_PASSWORD
from openedx_infra.config.sections.ingress import HEADER_VALUE
from openedx_infra.config.stack import SECRETS_KEY, Stack

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from openedx_infra.config.types.secret_references import references

OF_MANY_LINES = CLIENT_KEYS | {
    "jwt_private_key",
    "fernet_keys",
    "retired_user_salts",
    "build_netrc",
    "build_npmrc",
}
ISSUER_KEY = "credentials_issuer_key"
"""Of the companion service Credentials, which signs verifiable credentials by it."""
LEAST_RSA_BITS = 2048
"""Below it, no signature is trusted any more (NIST SP 800-131A)."""
LEAST_MASTER_KEY_BYTES = 16
"""Below it, Meilisearch refuses to start in production."""


def unfit(
    secrets: Mapping[str, str], limits: Mapping[str, PasswordLimit] = MappingProxyType({})
) -> list[str]:
    """One line for each secret of a form that its reader would refuse; `limits` are by their names."""
    return [
        f"{key_of((SECRETS_KEY, name))}: {fault}"
        for name, value in secrets.items()
        for fault in (*_faults(name, value), *(limits[name].faults(value) if name in limits else ()))
    ]


def _faults(name: str, value: str) -> Iterator[str]:
    if not value.strip():
        yield "is empty"
    elif name == "jwt_private_key":
        yield from _key_faults(value)
    elif name == ISSUER_KEY:
        if not _is_ed25519(value):
            yield (
                "is no Ed25519 key as a JSON web key (`kty` OKP, `crv` Ed25519, `x` and `d`); "
                "`openedx-infra secrets generate` makes one, and so does `manage.py "
                "generate_issuer_credentials` of Credentials"
            )
    elif name in CLIENT_KEYS:
        yield from _client_key_faults(value)
    elif _of_one_line(name) and len(value.splitlines()) > 1:
        yield "has several lines, and must have one"
    elif name == "meilisearch_master_key" and len(value.encode()) < LEAST_MASTER_KEY_BYTES:
        yield f"is shorter than {LEAST_MASTER_KEY_BYTES} bytes, which Meilisearch refuses"


def _of_one_line(name: str) -> bool:
    """Whether it is a password or the like. What duties, settings and builds read may be a whole file."""
    return (name in NAMES and name not in OF_MANY_LINES) or name.startswith(REGISTRY_PASSWORD)


def unfit_headers(stack: Stack, secrets: Mapping[str, str]) -> list[str]:
    """One line for each secret that a header refers to and HTTP would refuse as its value."""
    names = {name for _, name in references(stack.ingress.headers)}
    headers = key_of(("ingress", "headers"))
    return [
        f"{key_of((SECRETS_KEY, name))}: {headers} refers to it, and it is no {HEADER_VALUE.noun}: set "
        f"{HEADER_VALUE.rule}"
        for name in sorted(names & secrets.keys())
        if not re.fullmatch(HEADER_VALUE.regex, secrets[name])
    ]


@lru_cache(maxsize=4)
def _key_faults(value: str) -> tuple[str, ...]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    remedy = "`openssl genrsa 2048` makes one, and so does `openedx-infra secrets generate`"
    key = _private_key(value)
    if key is None:
        return (f"is no private key in PEM form without a password; {remedy}",)
    if not isinstance(key, rsa.RSAPrivateKey):
        return (f"is no RSA key, and edx-platform signs by RS512 only; {remedy}",)
    if key.key_size < LEAST_RSA_BITS:
        return (f"is an RSA key of {key.key_size} bits, and must have {LEAST_RSA_BITS}; {remedy}",)
    return ()


def _is_ed25519(value: str) -> bool:
    """Whether a text is a private Ed25519 key as RFC 8037 writes it."""
    try:
        key = json.loads(value)
        kind = (key["kty"], key["crv"])
        parts = [base64.urlsafe_b64decode(key[name] + "=" * (-len(key[name]) % 4)) for name in ("x", "d")]
    except (ValueError, TypeError, KeyError):
        return False
    return kind == ("OKP", "Ed25519") and [len(part) for part in parts] == [32, 32]


def _client_key_faults(value: str) -> Iterator[str]:
    if _private_key(value) is None:
        yield "is no private key in PEM form without a password; `openssl pkey -in KEY` writes it so"


def _private_key(value: str) -> PrivateKeyTypes | None:
    """The key of a PEM text; None where there is none, or a damaged one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        # The library's own check of an RSA key tests its primes, which takes 36 ms.
        key = serialization.load_pem_private_key(
            value.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
        damaged = isinstance(key, rsa.RSAPrivateKey) and not _belong_together(key.private_numbers())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return None if damaged else key


def _belong_together(key: RSAPrivateNumbers) -> bool:
    """Whether the numbers of an RSA key fit each other, which no damaged key's do (RFC 8017, 3.2)."""
    p, q, public = key.p, key.q, key.public_numbers
    return (
        min(p, q) > 2
        and p * q == public.n
        and (public.e * key.d - 1) % (p - 1) == (public.e * key.d - 1) % (q - 1) == 0
        and (key.dmp1, key.dmq1) == (key.d % (p - 1), key.d % (q - 1))
        and key.iqmp * q % p == 1
    )
