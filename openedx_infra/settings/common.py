"""What is alike in LMS and Studio? Names, languages, look, keys, and what is switched off."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.settings import keys
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import THEMES_DIR

NO_PYTHON = "/nonexistent/no-codejail-is-installed"
"""Interpreter of learners' and authors' Python code. There is none, so that a problem that has such code
shows an error; with nothing configured at all, codejail would run the code unprotected in the LMS' own
process."""


def common(stack: Stack) -> Settings:
    """Settings of both sites, secrets aside."""
    site = stack.site
    return {
        "PLATFORM_NAME": site.name,
        "PLATFORM_DESCRIPTION": site.name,
        "LANGUAGE_CODE": site.language,
        "LANGUAGE_COOKIE_NAME": "openedx-language-preference",
        # Without a selector nobody could choose among the languages that the site offers.
        "SHOW_HEADER_LANGUAGE_SELECTOR": len(site.languages) > 1,
        "ENABLE_COMPREHENSIVE_THEMING": True,
        "COMPREHENSIVE_THEME_DIRS": [THEMES_DIR],
        "DEFAULT_SITE_THEME": site.theme,
        "CERTIFICATES_HTML_VIEW": True,
        "ENABLE_PREREQUISITE_COURSES": True,
        "MILESTONES_APP": True,
        "ENABLE_DISCUSSION_SERVICE": True,
        **_absent_services(),
    }


def common_secrets(secrets: Mapping[str, str]) -> Settings:
    """Keys of both sites. `django_secret_key` is also the root of those keys that no data hangs on."""
    root = secrets["django_secret_key"]
    return {
        "SECRET_KEY": root,
        # django-fernet-fields encrypts by the first key and decrypts by any.
        "FERNET_KEYS": _lines(secrets["fernet_keys"]),
        # The platform retires by the last salt and recognizes any: the opposite order.
        "RETIRED_USER_SALTS": _lines(secrets["retired_user_salts"])[::-1],
        "PROFILE_IMAGE_HASH_SEED": secrets["profile_image_hash_seed"],
        "PROCTORING_USER_OBFUSCATION_KEY": keys.derived(root, "PROCTORING_USER_OBFUSCATION_KEY"),
        "ECOMMERCE_API_SIGNING_KEY": keys.derived(root, "ECOMMERCE_API_SIGNING_KEY"),
        "COMMENTS_SERVICE_KEY": keys.derived(root, "COMMENTS_SERVICE_KEY"),
        "ENTERPRISE_BACKEND_SERVICE_EDX_OAUTH2_SECRET": keys.derived(
            root, "ENTERPRISE_BACKEND_SERVICE_EDX_OAUTH2_SECRET"
        ),
    }


def tokens(stack: Stack) -> Settings:
    """Who issues JSON web tokens, and for whom."""
    return {
        "OAUTH_OIDC_ISSUER": _issuer(stack),
        "JWT_AUTH": {"JWT_ISSUER": _issuer(stack), "JWT_AUDIENCE": AUDIENCE},
    }


def token_secrets(stack: Stack, secrets: Mapping[str, str], *, signs: bool) -> Settings:
    """Keys of JSON web tokens. All are said: the defaults hold the default SECRET_KEY by value.

    Only a site that `signs` gets the private key.
    """
    shared = secrets["jwt_secret_key"]
    private = {"JWT_PRIVATE_SIGNING_JWK": keys.jwk_private(secrets["jwt_private_key"])} if signs else {}
    return {
        "JWT_AUTH": {
            "JWT_SECRET_KEY": shared,
            "JWT_ISSUERS": [{"ISSUER": _issuer(stack), "AUDIENCE": AUDIENCE, "SECRET_KEY": shared}],
            "JWT_PUBLIC_SIGNING_JWK_SET": keys.jwk_set_public(secrets["jwt_private_key"]),
            **private,
        }
    }


AUDIENCE = "openedx"
"""Audience of all tokens."""


def _issuer(stack: Stack) -> str:
    return f"{stack.site.lms_url}/oauth2"


def _lines(secret: str) -> list[str]:
    return [line.strip() for line in secret.splitlines() if line.strip()]


def _absent_services() -> Settings:
    """Services that the instance has none of: nothing is sent to where the defaults point."""
    return {
        "CODE_JAIL": {"python_bin": NO_PYTHON, "user": None},
        "XQUEUE_INTERFACE": {"url": None, "basic_auth": None, "django_auth": None},
        "COMMENTS_SERVICE_URL": "",
        "ANALYTICS_DASHBOARD_URL": None,
    }
