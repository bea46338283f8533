"""How a companion service checks the tokens (JWT) that the LMS signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.config.stack import Stack
from openedx_infra.settings.common import AUDIENCE, issuer
from openedx_infra.settings.cookies import cookies

SECRET = "jwt_secret_key"
"""Name of the secret by which the LMS signs tokens for requests of its own."""
PRIVATE_KEY = "jwt_private_key"
"""Name of the secret by which it signs those of visitors. No service gets it."""
PUBLIC_KEYS = "jwt_public_keys"
"""Name under which services that check tokens have the public part of it, as a set of JSON web keys."""


def jwt_auth(stack: Stack, secrets: Mapping[str, str]) -> dict[str, Any]:
    """JWT_AUTH of a service of Open edX, by the names of edx-drf-extensions: who signs tokens, for whom, how
    they are checked, and in which cookies browsers have them."""
    each = cookies(stack)
    return {
        "JWT_ISSUERS": [{"ISSUER": issuer(stack), "AUDIENCE": AUDIENCE, "SECRET_KEY": secrets[SECRET]}],
        "JWT_PUBLIC_SIGNING_JWK_SET": secrets[PUBLIC_KEYS],
        "JWT_AUTH_COOKIE": each.token,
        "JWT_AUTH_COOKIE_HEADER_PAYLOAD": each.token_payload,
        "JWT_AUTH_COOKIE_SIGNATURE": each.token_signature,
    }
