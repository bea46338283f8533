"""Settings that belong to no other file: those alike in LMS and Studio, and what each has alone."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.settings import keys
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR, THEMES_DIR

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
        # Whom posts about videos and courses name: else @YourPlatformTwitterAccount.
        "PLATFORM_TWITTER_ACCOUNT": site.name,
        "LANGUAGE_CODE": site.language,
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


def lms_only(stack: Stack) -> Settings:
    """Settings of the LMS that neither Studio nor another file has."""
    return {
        "ALTERNATE_WORKER_QUEUES": "cms",
        # Its default is a queue of its own, which no worker of this release serves.
        "ORA_WORKFLOW_UPDATE_ROUTING_KEY": "edx.lms.core.default",
        "ENABLE_COURSE_DISCOVERY": True,
        "ENABLE_COURSEWARE_SEARCH": True,
        "ENABLE_DASHBOARD_SEARCH": True,
        "SEARCH_SKIP_SHOW_IN_CATALOG_FILTERING": False,
        "SEARCH_SKIP_ENROLLMENT_START_DATE_FILTERING": True,
        "COURSE_CATALOG_VISIBILITY_PERMISSION": "see_in_catalog",
        "COURSE_ABOUT_VISIBILITY_PERMISSION": "see_about_page",
        "ENABLE_GRADE_DOWNLOADS": True,
        "ENABLE_MOBILE_REST_API": True,
        "ENABLE_OAUTH2_PROVIDER": True,
        "ENABLE_THIRD_PARTY_AUTH": True,
        "PREVENT_CONCURRENT_LOGINS": False,
        "REGISTRATION_EXTRA_FIELDS": {
            "confirm_email": "hidden",
            "level_of_education": "optional",
            "gender": "optional",
            "year_of_birth": "optional",
            "mailing_address": "optional",
            "goals": "optional",
            "city": "hidden",
            "country": "hidden",
            # Pages of that name are the operator's to write.
            "honor_code": "hidden",
            "terms_of_service": "hidden",
        },
        # It would send numbers about the instance to a third party every half year.
        "SURVEY_REPORT_ENABLE": False,
        "SURVEY_REPORT_ENDPOINT": "",
        "SITE_ID": 1,
    }


def studio_only(stack: Stack) -> Settings:
    """Settings of Studio that neither the LMS nor another file has."""
    return {
        "STUDIO_NAME": f"{stack.site.name} Studio",
        "ALTERNATE_WORKER_QUEUES": "lms",
        "ENABLE_COURSEWARE_INDEX": True,
        "ENABLE_LIBRARY_INDEX": True,
        # MB. As in Tutor; an upload of a whole course is no asset and may be larger (ingress.bodies).
        "MAX_ASSET_UPLOAD_FILE_SIZE_IN_MB": 100,
        "GIT_REPO_EXPORT_DIR": f"{DATA_DIR}/export_course_repos",
        "FACEBOOK_APP_ID": None,
        "FACEBOOK_APP_SECRET": None,
        "LEARNER_PORTAL_URL_ROOT": stack.site.lms_url,
        "SITE_ID": 1,
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
        "JWT_AUTH": {"JWT_ISSUER": issuer(stack), "JWT_AUDIENCE": AUDIENCE},
    }


def token_secrets(stack: Stack, secrets: Mapping[str, str], *, signs: bool) -> Settings:
    """Keys of JSON web tokens. All are set: the defaults hold the default SECRET_KEY by value.

    Only a site that `signs` gets the private key.
    """
    shared = secrets["jwt_secret_key"]
    private = {"JWT_PRIVATE_SIGNING_JWK": keys.jwk_private(secrets["jwt_private_key"])} if signs else {}
    return {
        "JWT_AUTH": {
            "JWT_SECRET_KEY": shared,
            "JWT_ISSUERS": [{"ISSUER": issuer(stack), "AUDIENCE": AUDIENCE, "SECRET_KEY": shared}],
            "JWT_PUBLIC_SIGNING_JWK_SET": keys.jwk_set_public(secrets["jwt_private_key"]),
            **private,
        }
    }


AUDIENCE = "openedx"
"""Audience of all tokens."""


def issuer(stack: Stack) -> str:
    """Who signs tokens, as they name it."""
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
