"""Every dangerous default of the platform is overridden, or left for a reason.

The defaults are those of Verawood that nobody should run with: section 6 of the project's research on the
platform's settings, where each is quoted with its value.
"""

from __future__ import annotations

from typing import Any

import pytest
import settings_case as case

from openedx_infra.settings import Site

BOTH: tuple[Site, ...] = ("lms", "cms")
LMS: tuple[Site, ...] = ("lms",)
STUDIO: tuple[Site, ...] = ("cms",)

# Name, with the path inside it, and the sites whose default is dangerous.
OVERRIDDEN: dict[str, tuple[Site, ...]] = {
    # Secrets
    "SECRET_KEY": BOTH,
    "JWT_AUTH.JWT_SECRET_KEY": BOTH,
    "JWT_AUTH.JWT_ISSUERS": BOTH,
    "JWT_AUTH.JWT_ISSUER": BOTH,
    "JWT_AUTH.JWT_AUDIENCE": BOTH,
    "JWT_AUTH.JWT_PRIVATE_SIGNING_JWK": LMS,
    "JWT_AUTH.JWT_PUBLIC_SIGNING_JWK_SET": BOTH,
    "FERNET_KEYS": BOTH,
    "RETIRED_USER_SALTS": BOTH,
    "PROFILE_IMAGE_HASH_SEED": BOTH,
    "ENTERPRISE_BACKEND_SERVICE_EDX_OAUTH2_SECRET": BOTH,
    "ECOMMERCE_API_SIGNING_KEY": BOTH,
    "XQUEUE_INTERFACE": BOTH,
    "DATABASES.default.USER": BOTH,
    "DATABASES.default.PASSWORD": BOTH,
    "DOC_STORE_CONFIG.password": BOTH,
    "CONTENTSTORE.DOC_STORE_CONFIG.password": BOTH,
    "MODULESTORE": BOTH,
    "COMMENTS_SERVICE_KEY": BOTH,
    "MEILISEARCH_API_KEY": BOTH,
    "FACEBOOK_APP_ID": STUDIO,
    "FACEBOOK_APP_SECRET": STUDIO,
    "SOCIAL_AUTH_EDX_OAUTH2_KEY": STUDIO,
    "SOCIAL_AUTH_EDX_OAUTH2_SECRET": STUDIO,
    "PROCTORING_USER_OBFUSCATION_KEY": BOTH,
    # Hosts and URLs
    "ALLOWED_HOSTS": BOTH,
    "SITE_NAME": BOTH,
    "BASE_COOKIE_DOMAIN": BOTH,
    "LMS_BASE": BOTH,
    "CMS_BASE": BOTH,
    "LMS_ROOT_URL": BOTH,
    "CMS_ROOT_URL": BOTH,
    "LMS_INTERNAL_ROOT_URL": BOTH,
    "DATABASES.default.HOST": BOTH,
    "DOC_STORE_CONFIG.host": BOTH,
    "CACHES": BOTH,
    "BROKER_URL": BOTH,
    "MEILISEARCH_URL": BOTH,
    "MEILISEARCH_PUBLIC_URL": BOTH,
    "COMMENTS_SERVICE_URL": BOTH,
    "ANALYTICS_DASHBOARD_URL": BOTH,
    "SURVEY_REPORT_ENABLE": LMS,
    "SURVEY_REPORT_ENDPOINT": LMS,
    "LEARNER_PORTAL_URL_ROOT": STUDIO,
    # Buckets and disks
    "FILE_UPLOAD_STORAGE_BUCKET_NAME": BOTH,
    "GRADES_DOWNLOAD": BOTH,
    "FINANCIAL_REPORTS": BOTH,
    "MEDIA_ROOT": BOTH,
    "VIDEO_IMAGE_SETTINGS": BOTH,
    "VIDEO_TRANSCRIPTS_SETTINGS": BOTH,
    "PROFILE_IMAGE_BACKEND": BOTH,
    "DJFS": BOTH,
    "GITHUB_REPO_ROOT": BOTH,
    "GIT_REPO_EXPORT_DIR": STUDIO,
    "OPENEDX_LEARNING": BOTH,
    "LOG_DIR": BOTH,
    "LOGGING": BOTH,
    "CODE_JAIL": BOTH,
    "AWS_DEFAULT_ACL": BOTH,
    # Cookies and trust
    "SESSION_COOKIE_SECURE": BOTH,
    "CSRF_COOKIE_SECURE": BOTH,
    "SESSION_COOKIE_DOMAIN": BOTH,
    "CSRF_TRUSTED_ORIGINS": BOTH,
    "SECURE_PROXY_SSL_HEADER": BOTH,
    "SESSION_ENGINE": BOTH,
    # Mail and branding
    "DEFAULT_FROM_EMAIL": BOTH,
    "SERVER_EMAIL": BOTH,
    "BULK_EMAIL_DEFAULT_FROM_EMAIL": BOTH,
    "NOTIFICATIONS_DEFAULT_FROM_EMAIL": BOTH,
    "LMS_COMM_DEFAULT_FROM_EMAIL": LMS,
    "API_ACCESS_FROM_EMAIL": BOTH,
    "API_ACCESS_MANAGER_EMAIL": BOTH,
    "BUGS_EMAIL": BOTH,
    "CONTACT_EMAIL": BOTH,
    "DEFAULT_FEEDBACK_EMAIL": BOTH,
    "PAYMENT_SUPPORT_EMAIL": BOTH,
    "PRESS_EMAIL": BOTH,
    "TECH_SUPPORT_EMAIL": BOTH,
    "UNIVERSITY_EMAIL": BOTH,
    "CONTACT_MAILING_ADDRESS": BOTH,
    "PLATFORM_NAME": BOTH,
    "PLATFORM_DESCRIPTION": BOTH,
    "DEFAULT_EMAIL_LOGO_URL": BOTH,
    "SOCIAL_MEDIA_FOOTER_ACE_URLS": BOTH,
    "MOBILE_STORE_ACE_URLS": LMS,
    "LTI_USER_EMAIL_DOMAIN": LMS,
    "ENTERPRISE_CUSTOMER_SUCCESS_EMAIL": LMS,
    "ENTERPRISE_INTEGRATIONS_EMAIL": LMS,
    "ORA_WORKFLOW_UPDATE_ROUTING_KEY": LMS,
    "EVENT_BUS_REDIS_CONNECTION_URL": BOTH,
}

LEFT = {
    "ENTERPRISE_BACKEND_SERVICE_EDX_OAUTH2_KEY": "an id, not a secret; no such client exists at the LMS",
    "TOKEN_SIGNING": "keys None: nothing is signed with it until an operator gives it keys",
    "SOCIAL_AUTH_SAML_SP_PRIVATE_KEY": "empty: SAML is off until an operator gives it a key",
    "XBLOCK_HANDLER_TOKEN_KEYS": "undefined: the platform derives it from SECRET_KEY, which is real",
    "EDX_API_KEY": "None: the platform then refuses every API key",
    "ELASTIC_SEARCH_CONFIG": "production.py empties it; Meilisearch is the engine",
    "CREDENTIALS_INTERNAL_SERVICE_URL": "no credentials service; used for programs only, which need one",
    "CREDENTIALS_PUBLIC_SERVICE_URL": "the same",
    "COURSE_CATALOG_URL_ROOT": "without Course Discovery: asked only when CatalogIntegration is enabled",
    "COURSE_CATALOG_API_URL": "the same",
    "ECOMMERCE_PUBLIC_URL_ROOT": "no ecommerce service; used only when CommerceConfiguration enables it",
    "ECOMMERCE_API_URL": "the same",
    "EDXNOTES_PUBLIC_API": "no notes service; used only with ENABLE_EDXNOTES",
    "EDXNOTES_INTERNAL_API": "the same",
    "EXAMS_SERVICE_URL": "no exams service; used only with the exams IDA's waffle flag",
    "ANALYTICS_API_URL": "no analytics service; the default is the pod itself, where nothing listens",
    "AI_TRANSLATIONS_API_URL": "no such service; used only with its waffle flag",
    "CODE_JAIL_REST_SERVICE_HOST": "used only with ENABLE_CODEJAIL_REST_SERVICE, which is off",
    "AWS_STORAGE_BUCKET_NAME": "no S3: all storages are named, and there are no AWS keys",
    "AWS_S3_CUSTOM_DOMAIN": "the same",
    "SESSION_SERIALIZER": "pickle, as sessions hold objects; only the platform writes to their stores",
    "CLOSEST_CLIENT_IP_FROM_HEADERS": "undefined: private addresses are skipped from the right, which "
    "fits an ingress in the cluster; another chain of proxies is the operator's to describe",
    "DATA_UPLOAD_MAX_MEMORY_SIZE": "no limit in Django: uWSGI and the ingress limit bodies (ingress.bodies)",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": "no limit: problems with many inputs need more than Django's 1000",
    "YOUTUBE_API_KEY": "the operator's own, from Google; without it video durations are not looked up",
    "USERNAME_REPLACEMENT_WORKER": "names no existing account, so that nobody may replace user names",
    "RETIREMENT_SERVICE_WORKER_USERNAME": "names no existing account until an operator sets retirement up",
    "STATIC_ROOT": "from the image's environment (STATIC_ROOT_LMS, STATIC_ROOT_CMS)",
}

PLACEHOLDERS = (
    *("SET-ME", "change-me", "placeholder", "dev key", "DUMMY"),
    *("example.com", "localhost", "127.0.0.1", "zapier", "/edx/"),
    *("edx-cdn.org", "@edx.org", "studio.edx.org"),
)


def at(settings: dict[str, Any], path: str) -> Any:
    """The value at a path; KeyError when it is not rendered."""
    value: Any = settings
    for part in path.split("."):
        value = value[part]
    return value


@pytest.mark.parametrize(
    ("path", "site"), [(path, site) for path, sites in OVERRIDDEN.items() for site in sites]
)
@pytest.mark.parametrize("stack", list(case.SAID))
def test_dangerous_default_is_overridden(path: str, site: Site, stack: str) -> None:
    text = str(at(case.whole(site, case.stack(stack)), path)).replace("campus.example.org", "")
    for placeholder in PLACEHOLDERS:
        assert placeholder not in text


@pytest.mark.parametrize("site", BOTH)
def test_nothing_is_both_left_and_rendered(site: Site) -> None:
    assert not LEFT.keys() & case.whole(site, case.stack("dev")).keys()
    assert not LEFT.keys() & OVERRIDDEN.keys()


@pytest.mark.parametrize("site", BOTH)
@pytest.mark.parametrize("stack", list(case.SAID))
def test_no_placeholder_is_rendered_anywhere(site: Site, stack: str) -> None:
    text = (
        str(case.whole(site, case.stack(stack)))
        .replace("smtp.example.org", "")
        .replace("campus.example.org", "")
    )
    assert [placeholder for placeholder in PLACEHOLDERS if placeholder in text] == []
