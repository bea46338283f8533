"""The key by which verifiable credentials are signed, and the issuer's name that follows from it."""

from __future__ import annotations

import base64
import json

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519 = b"\xed\x01"
"""What the name of an Ed25519 key begins with (multicodec's table)."""


def issuer_key() -> str:
    """A new Ed25519 key as a JSON web key (RFC 8037), as `manage.py generate_issuer_credentials` makes it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    raw = serialization.Encoding.Raw
    private = key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    public = key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
    parts = {"x": _base64url(public), "d": _base64url(private)}
    return json.dumps({"kty": "OKP", "crv": "Ed25519", **parts})


def issuer_id(key: str) -> str:
    """The issuer's name by its key: `did:key:` and the public part in base58 (the method `key` of W3C's
    decentralized identifiers)."""
    public = json.loads(key)["x"]
    octets = _ED25519 + base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
    return f"did:key:z{_base58(octets)}"


def _base58(octets: bytes) -> str:
    """Base58 as Bitcoin has it. The octets don't begin with a zero."""
    number, digits = int.from_bytes(octets, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return digits


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
