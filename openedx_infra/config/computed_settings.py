"""What a stack file's free settings may do to settings that this program computes.

Every setting that is rendered for LMS or Studio is in one of the tables here, or in `harmless_settings.py`:
`tests/unit/test_computed_settings.py` renders stacks of every kind and finds the ones that are in none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TLS = "site.tls"
_HOSTS = "site.lms_host and the other hosts of `site`"
_COOKIES = "site.cookie_prefix and the hosts of `site`"
_ORIGINS = "ingress.trusted_origins"
_QUEUES = "the queues that workers serve (sizing.lms_workers, sizing.studio_workers)"


def each_from(source: str, *names: str) -> dict[str, str]:
    """Several names, all with the same text."""
    return dict.fromkeys(names, source)


MANAGED_SETTINGS: Mapping[str, str] = {
    "SECRET_KEY": "the secret `django_secret_key`",
    "FERNET_KEYS": "the secret `fernet_keys`",
    "RETIRED_USER_SALTS": "the secret `retired_user_salts`",
    "PROFILE_IMAGE_HASH_SEED": "the secret `profile_image_hash_seed`",
    "JWT_AUTH": "the secrets `jwt_secret_key` and `jwt_private_key`",
    "SOCIAL_AUTH_EDX_OAUTH2_SECRET": "the secret `studio_oauth2_secret`",
    "EMAIL_HOST_PASSWORD": "the secret `mail_password`",
    "DATABASES": "datastores.mysql",
    "ENABLE_CSMH_EXTENDED": "datastores.mysql.history_database",
    **each_from("datastores.mongodb", "DOC_STORE_CONFIG", "CONTENTSTORE", "MODULESTORE"),
    "FORUM_MONGODB_CLIENT_PARAMETERS": "datastores.mongodb",
    "CACHES": "datastores.cache",
    **each_from(
        "datastores.broker",
        *("BROKER_URL", "BROKER_USE_SSL", "CELERY_BROKER_HOSTNAME", "CELERY_BROKER_PASSWORD"),
        *("CELERY_BROKER_TRANSPORT", "CELERY_BROKER_USER", "CELERY_BROKER_VHOST"),
        *("BROKER_CONNECTION_RETRY_ON_STARTUP", "BROKER_CONNECTION_MAX_RETRIES"),
        *("EVENT_BUS_REDIS_CONNECTION_URL", "EVENT_BUS_REDIS_SENTINELS", "EVENT_BUS_PRODUCER"),
        *("EVENT_BUS_CONSUMER", "EVENT_BUS_TOPIC_PREFIX"),
    ),
    # A task that is sent to a queue which nobody serves waits for ever.
    **each_from(_QUEUES, "ACE_ROUTING_KEY", "ALTERNATE_WORKER_QUEUES", "ORA_WORKFLOW_UPDATE_ROUTING_KEY"),
    **each_from(
        "datastores.search",
        *("SEARCH_ENGINE", "FORUM_SEARCH_BACKEND", "OPENEDX_INFRA_AUTHORITIES"),
        *("MEILISEARCH_ENABLED", "MEILISEARCH_URL", "MEILISEARCH_PUBLIC_URL", "MEILISEARCH_INDEX_PREFIX"),
        *("MEILISEARCH_API_KEY", "MEILISEARCH_MASTER_KEY"),
        *("TYPESENSE_ENABLED", "TYPESENSE_URLS", "TYPESENSE_COLLECTION_PREFIX", "TYPESENSE_API_KEY"),
        *("ELASTIC_SEARCH_CONFIG", "ELASTIC_SEARCH_CONFIG_ES7", "ELASTIC_SEARCH_INDEX_PREFIX"),
        "FORUM_ELASTIC_SEARCH_CONFIG",
    ),
    **each_from(
        "datastores.storage",
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_STORAGE_BUCKET_NAME"),
        *("AWS_BUCKET_ACL", "AWS_DEFAULT_ACL"),
        *("AWS_S3_ENDPOINT_URL", "AWS_S3_PUBLIC_ENDPOINT_URL", "AWS_S3_REGION_NAME"),
        *("AWS_S3_ADDRESSING_STYLE", "AWS_S3_SIGNATURE_VERSION", "AWS_S3_CUSTOM_DOMAIN"),
        *("AWS_S3_FILE_OVERWRITE", "AWS_QUERYSTRING_AUTH", "COURSE_IMPORT_EXPORT_BUCKET"),
        *("FILE_UPLOAD_STORAGE_BUCKET_NAME", "GITHUB_REPO_ROOT", "OPENEDX_LEARNING"),
        *("DATA_DIR", "MEDIA_ROOT", "MEDIA_URL", "DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE"),
        *("COURSE_IMPORT_EXPORT_STORAGE", "COURSE_METADATA_EXPORT_STORAGE", "USER_TASKS_ARTIFACT_STORAGE"),
        *("DJFS", "FINANCIAL_REPORTS", "GRADES_DOWNLOAD", "PROFILE_IMAGE_BACKEND"),
        *("ORA2_FILEUPLOAD_BACKEND", "ORA2_FILEUPLOAD_ROOT", "ORA2_FILEUPLOAD_CACHE_NAME"),
    ),
    **each_from(
        "mail.delivery",
        *("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER"),
        *("EMAIL_USE_TLS", "EMAIL_USE_SSL"),
        *("AWS_SES_REGION_NAME", "AWS_SES_REGION_ENDPOINT", "AWS_SES_CONFIGURATION_SET"),
        *("AWS_SES_ACCESS_KEY_ID", "AWS_SES_SECRET_ACCESS_KEY"),
    ),
    "LMS_BASE": "site.lms_host",
    "CMS_BASE": "site.studio_host",
    "LMS_ROOT_URL": "site.lms_host",
    "CMS_ROOT_URL": "site.studio_host",
    # Links in mails begin with SITE_NAME.
    **each_from(_HOSTS, "LMS_INTERNAL_ROOT_URL", "SITE_NAME"),
    **each_from(
        _HOSTS,
        *("SOCIAL_AUTH_EDX_OAUTH2_KEY", "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT"),
        "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT",
    ),
    **each_from(_TLS, "HTTPS", "SECURE_PROXY_SSL_HEADER", "SOCIAL_AUTH_REDIRECT_IS_HTTPS"),
    # Secure, SameSite, domain and name of all cookies are decided together: settings/cookies.py.
    **each_from(_TLS, "SESSION_COOKIE_SECURE", "SESSION_COOKIE_SAMESITE", "DCS_SESSION_COOKIE_SAMESITE"),
    **each_from(_TLS, "CSRF_COOKIE_SECURE", "CSRF_COOKIE_SAMESITE"),
    **each_from(_COOKIES, "BASE_COOKIE_DOMAIN", "SESSION_COOKIE_DOMAIN", "SHARED_COOKIE_DOMAIN"),
    **each_from(_COOKIES, "SESSION_COOKIE_NAME", "LANGUAGE_COOKIE_NAME", "LANGUAGE_COOKIE"),
    **each_from(_COOKIES, "EDXMKTG_LOGGED_IN_COOKIE_NAME", "EDXMKTG_USER_INFO_COOKIE_NAME"),
    # Without them no MFE can ask the LMS anything; open to all, any site could ask in a visitor's name.
    **each_from(_ORIGINS, "ENABLE_CORS_HEADERS", "CORS_ALLOW_CREDENTIALS", "CORS_ALLOW_INSECURE"),
    **each_from(_ORIGINS, "CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGINS", "CORS_ALLOWED_ORIGINS"),
    "MFE_CONFIG": "mfes.config",
    "MFE_CONFIG_OVERRIDES": "mfes.overrides",
    "ENABLE_MFE_CONFIG_API": "mfes",
    "FEATURES": "features.flags",
    "OPENEDX_INFRA_MAIL_NAME": "site.lms_host",
    "OPENEDX_INFRA_REDIRECT_SCHEMES": "mobile.apps",
    "OPENEDX_INFRA_REFERENCED": "the secrets that settings refer to",
}
"""Settings that the stack file may not set, and the key (or secret) that each is written from."""

EXTENDED_LISTS: Mapping[str, str] = {
    "ALLOWED_HOSTS": "site.more_hosts",
    "CORS_ORIGIN_WHITELIST": _ORIGINS,
    "CSRF_TRUSTED_ORIGINS": _ORIGINS,
    "LOGIN_REDIRECT_WHITELIST": _ORIGINS,
    "IDA_LOGOUT_URI_LIST": "site.studio_host",
    "COMPREHENSIVE_THEME_DIRS": "site.theme",
}
"""Lists that this program fills, and the key that adds to them. What free settings hold is added, too."""


@dataclass(frozen=True, kw_only=True)
class MapEntries:
    """The entries of a map that this program writes."""

    entries: frozenset[str]
    """Their names: the first parts of a path, with dots where they are deeper."""
    source: str
    """The key that they are written from, or why they are not to be set."""


EXTENDED_MAPS: Mapping[str, MapEntries] = {
    "CELERY_BROKER_TRANSPORT_OPTIONS": MapEntries(
        entries=frozenset(
            {
                *("visibility_timeout", "socket_connect_timeout", "socket_timeout", "socket_keepalive"),
                *("health_check_interval", "global_keyprefix", "master_name", "sentinel_kwargs"),
            }
        ),
        source="datastores.broker",
    ),
    "CODE_JAIL": MapEntries(
        entries=frozenset({"python_bin", "user"}),
        source="its image, which has no sandbox: learners' code would run beside the platform's secrets. Run "
        "a codejail service and set ENABLE_CODEJAIL_REST_SERVICE and CODE_JAIL_REST_SERVICE_HOST",
    ),
    "FRONTEND_SITE_CONFIG": MapEntries(
        entries=frozenset(
            {
                *("baseUrl", "lmsBaseUrl", "cmsBaseUrl", "loginUrl", "logoutUrl", "externalRoutes"),
                *("accessTokenCookieName", "userInfoCookieName", "languagePreferenceCookieName"),
            }
        ),
        source=_HOSTS,
    ),
    "LOGGING": MapEntries(
        entries=frozenset(
            {
                *(
                    "version",
                    "disable_existing_loggers",
                    "filters.userid_context",
                    "filters.remoteip_context",
                ),
                *("formatters.line", "formatters.event", "formatters.json", "handlers.stderr"),
                *("handlers.stdout", "handlers.spool", "loggers.tracking", "loggers..handlers"),
            }
        ),
        source="monitoring.logs and monitoring.tracking",
    ),
    "REST_FRAMEWORK": MapEntries(entries=frozenset({"NUM_PROXIES"}), source="ingress.proxies_in_front"),
    "STORAGES": MapEntries(
        entries=frozenset(
            {
                *("default", "staticfiles", "sga_storage", "course_import_export"),
                *("course_metadata_export", "user_task_artifacts", "h5pxblock_storage"),
            }
        ),
        source="datastores.storage",
    ),
    "VIDEO_IMAGE_SETTINGS": MapEntries(
        entries=frozenset({"STORAGE_CLASS", "STORAGE_KWARGS"}), source="datastores.storage"
    ),
    "VIDEO_TRANSCRIPTS_SETTINGS": MapEntries(
        entries=frozenset({"STORAGE_CLASS", "STORAGE_KWARGS"}), source="datastores.storage"
    ),
}
"""Maps that this program fills. Free settings are laid over them key by key, but for its own entries."""

MANAGED_MFE_CONFIG: Mapping[str, str] = {
    **each_from("site.mfe_host", "BASE_URL"),
    **each_from("site.lms_host", "LMS_BASE_URL", "REFRESH_ACCESS_TOKEN_ENDPOINT"),
    "STUDIO_BASE_URL": "site.studio_host",
    **each_from(
        _COOKIES, "ACCESS_TOKEN_COOKIE_NAME", "USER_INFO_COOKIE_NAME", "LANGUAGE_PREFERENCE_COOKIE_NAME"
    ),
    **each_from(_COOKIES, "SESSION_COOKIE_DOMAIN"),
}
"""Entries of MFE_CONFIG that LMS and MFEs must have alike, and the key that each is written from."""


def merge_faults(name: str, value: Any) -> Iterator[str]:
    """What is wrong with the value of a free setting that is merged with this program's own."""
    if name in EXTENDED_LISTS and not isinstance(value, list | tuple):
        source = EXTENDED_LISTS[name]
        yield f"is added to a list that this program writes from {source}: write a list of what to add"
    if name not in EXTENDED_MAPS:
        return
    ours = EXTENDED_MAPS[name]
    if not isinstance(value, Mapping):
        yield f"is laid over a map that this program writes from {ours.source}: write `name: value` lines"
        return
    for path in sorted(ours.entries):
        if has_entry(value, path):
            yield f"its entry `{path}` is written by this program from {ours.source}: leave it out here"


def has_entry(value: Any, path: str) -> bool:
    """Whether a map has an entry at a path, or replaces a map on the way to it by something else."""
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return True
        if part not in value:
            return False
        value = value[part]
    return True
