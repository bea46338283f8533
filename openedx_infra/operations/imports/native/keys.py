"""Secrets of an installation by Ansible that data depends on."""

from __future__ import annotations

import json
import secrets as random
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from openedx_infra.operations.imports.draft import Draft, Unresolved
from openedx_infra.operations.imports.native.installation import Installation, SettingsFile

PLACEHOLDER_KEY = "DUMMY KEY CHANGE BEFORE GOING TO PRODUCTION"
"""What Ansible and edx-platform have for keys where nobody set any: everybody knows it."""
_SEED = "placeholder_secret_key"
"""Seed of profile images where nobody set another (edxapp/defaults of edx/configuration)."""
_SALTS = ("OVERRIDE ME WITH A RANDOM VALUE", "ROTATE SALTS BY APPENDING NEW VALUES")
"""Salts of retired users where nobody set others, oldest first (the same file)."""


def translate(old: Installation, draft: Draft) -> None:
    """Keep what sessions, tokens, avatars, retired names and encrypted fields depend on."""
    lms, studio = old.lms, old.studio
    draft.secret("django_secret_key", lms.text("SECRET_KEY"), lms.where("SECRET_KEY"))
    if studio.text("SECRET_KEY") != lms.text("SECRET_KEY"):
        draft.leave(
            studio.where("SECRET_KEY"),
            "differs from that of the LMS, which both sites have here: authors sign in again",
        )
    _tokens(lms, draft)
    studio.part("JWT_AUTH")
    secret = studio.text("SOCIAL_AUTH_EDX_OAUTH2_SECRET")
    where = studio.where("SOCIAL_AUTH_EDX_OAUTH2_SECRET")
    if secret:
        draft.secret("studio_oauth2_secret", secret, where)
    seed = lms.text("PROFILE_IMAGE_HASH_SEED") or lms.text("PROFILE_IMAGE_SECRET_KEY") or _SEED
    draft.secret("profile_image_hash_seed", seed, lms.where("PROFILE_IMAGE_HASH_SEED"))
    salts = _texts(lms.get("RETIRED_USER_SALTS")) or _SALTS
    draft.secret("retired_user_salts", "\n".join(reversed(salts)), lms.where("RETIRED_USER_SALTS"))
    keys = _texts(lms.get("FERNET_KEYS")) or [PLACEHOLDER_KEY]
    if keys[0] == PLACEHOLDER_KEY:  # what is encrypted stays readable, and new data gets a key of its own
        keys = [random.token_urlsafe(32), *keys]
    draft.secret("fernet_keys", "\n".join(keys), lms.where("FERNET_KEYS"))


def _tokens(lms: SettingsFile, draft: Draft) -> None:
    jwt = lms.part("JWT_AUTH")
    where = lms.where("JWT_AUTH")
    if symmetric := str(jwt.get("JWT_SECRET_KEY") or ""):
        draft.secret("jwt_secret_key", symmetric, f"{where}.JWT_SECRET_KEY")
    else:
        draft.leave(f"{where}.JWT_SECRET_KEY", "there is none, so a new jwt_secret_key is made")
    with draft.attempt(f"{where}.JWT_PRIVATE_SIGNING_JWK", "secrets.jwt_private_key"):
        draft.secret("jwt_private_key", pem(jwt.get("JWT_PRIVATE_SIGNING_JWK")), where)


def pem(key: Any) -> str:
    """A private RSA key, given as a JSON web key, in PEM. Raises Unresolved for anything else."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        fields: Mapping[str, str] = json.loads(key) if isinstance(key, str) else dict(key)
        n, e, d = (_number(fields[name]) for name in ("n", "e", "d"))
        p, q = rsa.rsa_recover_prime_factors(n, e, d)
        numbers = rsa.RSAPrivateNumbers(
            p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), rsa.RSAPublicNumbers(e, n)
        )
        private = numbers.private_key()
    except (TypeError, ValueError, KeyError, AttributeError):
        raise Unresolved("is no private RSA key as a JSON web key, so a new one is made") from None
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _texts(value: Any) -> Sequence[str]:
    return [str(each) for each in value if each] if isinstance(value, list | tuple) else []
