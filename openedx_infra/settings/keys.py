"""Keys derived from secrets: offline and the same each time, so that no server is asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openedx_infra.config import Stack

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SEARCH_KEY_UID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "search.openedx-infra"))
"""Id of the platform's Meilisearch API key, at a server of its own. Not secret: the key needs the master key,
too."""

JWK_ID = "openedx"
"""`kid` of the key by which the LMS signs tokens."""


def search_api_key(master_key: str, uid: str = SEARCH_KEY_UID) -> str:
    """The API key that Meilisearch gives to a key id: HMAC-SHA256 of the id under the master key, in hex."""
    return hmac.new(master_key.encode(), uid.encode(), hashlib.sha256).hexdigest()


def search_key_uid(stack: Stack) -> str:
    """Id of the platform's API key at a Meilisearch that several instances may use: each has its own key, for
    its own indexes."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{stack.name}.search.openedx-infra"))


def key_prefix(stack: Stack) -> str:
    """What keys in the broker begin with, where instances share it, else nothing."""
    return f"{stack.name}:" if stack.datastores.broker.run_by == "foundation" else ""


def index_prefix(stack: Stack) -> str:
    """Prefix of the stack's search indexes, whose names are of letters, digits, `-` and `_`."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", stack.name) + "_"


def derived(root: str, name: str) -> str:
    """A key of its own for a purpose, by the name of its setting, from a root secret (256 bits, in hex)."""
    return hmac.new(root.encode(), name.encode(), hashlib.sha256).hexdigest()


def jwk_private(pem: str) -> str:
    """The RSA key of a PEM text as JSON web key with all its private parts. Raises ValueError for anything
    else.
    """
    numbers = _rsa(pem).private_numbers()
    parts = {
        "n": numbers.public_numbers.n,
        "e": numbers.public_numbers.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    return _jwk(parts)


def jwk_set_public(pem: str) -> str:
    """The set of JSON web keys that verifies what the key of a PEM text signed."""
    public = _rsa(pem).public_key().public_numbers()
    return json.dumps({"keys": [json.loads(_jwk({"n": public.n, "e": public.e}))]})


@lru_cache(maxsize=2)
def _rsa(pem: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    # Checking the primes takes longer than everything else here, and `secrets.formats` has judged the key.
    key: Any = serialization.load_pem_private_key(
        pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("jwt_private_key is no RSA key: edx-platform signs tokens by RS512 only")
    return key


def _jwk(parts: dict[str, int]) -> str:
    return json.dumps(
        {"kid": JWK_ID, "kty": "RSA", **{name: _base64url(value) for name, value in parts.items()}}
    )


def _base64url(number: int) -> str:
    """A number as RFC 7518 writes it: big-endian bytes, URL-safe base64, no padding."""
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
