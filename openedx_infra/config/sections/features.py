"""Feature flags, micro-frontends and free Django settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from openedx_infra.config.types.base import Distinct, Section, Setting, SettingName, Switch, WaffleName

MANAGED_SETTINGS = {
    "SECRET_KEY": "the secret `django_secret_key`",
    "FERNET_KEYS": "the secret `fernet_keys`",
    "RETIRED_USER_SALTS": "the secret `retired_user_salts`",
    "PROFILE_IMAGE_HASH_SEED": "the secret `profile_image_hash_seed`",
    "JWT_AUTH": "the secrets `jwt_secret_key` and `jwt_private_key`",
    "DATABASES": "datastores.mysql",
    "DOC_STORE_CONFIG": "datastores.mongodb",
    "CONTENTSTORE": "datastores.mongodb",
    "MODULESTORE": "datastores.mongodb",
    "CACHES": "datastores.cache",
    "ENABLE_CSMH_EXTENDED": "datastores.mysql.history_database",
    **dict.fromkeys(
        (
            *("BROKER_URL", "BROKER_USE_SSL", "CELERY_BROKER_HOSTNAME", "CELERY_BROKER_PASSWORD"),
            *("CELERY_BROKER_TRANSPORT", "CELERY_BROKER_USER", "CELERY_BROKER_VHOST"),
            *("BROKER_CONNECTION_RETRY_ON_STARTUP", "BROKER_CONNECTION_MAX_RETRIES"),
            *("EVENT_BUS_REDIS_CONNECTION_URL", "EVENT_BUS_REDIS_SENTINELS", "EVENT_BUS_PRODUCER"),
            *("EVENT_BUS_CONSUMER", "EVENT_BUS_TOPIC_PREFIX"),
        ),
        "datastores.broker",
    ),
    **dict.fromkeys(
        (
            *("SEARCH_ENGINE", "FORUM_SEARCH_BACKEND", "OPENEDX_INFRA_AUTHORITIES"),
            *("MEILISEARCH_ENABLED", "MEILISEARCH_URL", "MEILISEARCH_PUBLIC_URL", "MEILISEARCH_INDEX_PREFIX"),
            *("MEILISEARCH_API_KEY", "MEILISEARCH_MASTER_KEY"),
            *("TYPESENSE_ENABLED", "TYPESENSE_URLS", "TYPESENSE_COLLECTION_PREFIX", "TYPESENSE_API_KEY"),
            *("ELASTIC_SEARCH_CONFIG", "ELASTIC_SEARCH_CONFIG_ES7", "ELASTIC_SEARCH_INDEX_PREFIX"),
            "FORUM_ELASTIC_SEARCH_CONFIG",
        ),
        "datastores.search",
    ),
    **dict.fromkeys(
        (
            *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_STORAGE_BUCKET_NAME", "AWS_DEFAULT_ACL"),
            *("AWS_S3_ENDPOINT_URL", "AWS_S3_PUBLIC_ENDPOINT_URL", "AWS_S3_REGION_NAME"),
            *("AWS_S3_ADDRESSING_STYLE", "AWS_S3_SIGNATURE_VERSION", "AWS_S3_CUSTOM_DOMAIN"),
            *("AWS_S3_FILE_OVERWRITE", "AWS_QUERYSTRING_AUTH", "COURSE_IMPORT_EXPORT_BUCKET"),
            *("FILE_UPLOAD_STORAGE_BUCKET_NAME", "GITHUB_REPO_ROOT", "MEDIA_ROOT", "OPENEDX_LEARNING"),
            *("ORA2_FILEUPLOAD_BACKEND", "ORA2_FILEUPLOAD_ROOT"),
        ),
        "datastores.storage",
    ),
    **dict.fromkeys(
        (
            *("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER"),
            *("EMAIL_USE_TLS", "EMAIL_USE_SSL"),
            *("AWS_SES_REGION_NAME", "AWS_SES_REGION_ENDPOINT", "AWS_SES_CONFIGURATION_SET"),
            *("AWS_SES_ACCESS_KEY_ID", "AWS_SES_SECRET_ACCESS_KEY"),
        ),
        "mail.delivery",
    ),
    "SOCIAL_AUTH_EDX_OAUTH2_SECRET": "the secret `studio_oauth2_secret`",
    "EMAIL_HOST_PASSWORD": "the secret `mail_password`",
    "LMS_BASE": "site.lms_host",
    "CMS_BASE": "site.studio_host",
    "LMS_ROOT_URL": "site.lms_host",
    "CMS_ROOT_URL": "site.studio_host",
    "FEATURES": "features.flags",
}
"""Settings that this program writes itself, and the key of the stack file for each."""


def _is_free(name: str) -> str:
    if name in MANAGED_SETTINGS:
        raise ValueError(f"is written by this program from {MANAGED_SETTINGS[name]}: leave it out here")
    return name


FreeSettings = dict[Annotated[SettingName, AfterValidator(_is_free)], Setting]
"""Django settings by name, without those that the program writes itself."""


class Settings(Section):
    """Django settings, written as they are after all others. For everything that has no key of its own."""

    common: FreeSettings = Field({})
    """Settings for LMS and Studio."""
    lms: FreeSettings = Field({})
    """Settings for the LMS alone; they override `common`."""
    studio: FreeSettings = Field({})
    """Settings for Studio alone; they override `common`."""


class Features(Section):
    """Switches of the platform."""

    flags: dict[SettingName, Switch] = Field({})
    """Feature flags, by their setting names, such as `ENABLE_DISCUSSION_SERVICE`; for LMS and Studio."""
    waffle_flags: dict[WaffleName, Switch] = Field({})
    """Waffle flags to set for everyone (true) or for nobody (false). Other flags are left as they are."""
    waffle_switches: dict[WaffleName, Switch] = Field({})
    """Waffle switches to turn on or off. Other switches are left as they are."""


class Mfes(Section):
    """The micro-frontends. All of the release are served unless disabled here."""

    disabled: Annotated[tuple[str, ...], Distinct] = ()
    """Names of MFEs to leave out, such as `communications`. `openedx-infra releases` shows what people get
    without each: most have older pages behind them. Those that nothing replaces (learning, authoring,
    account, profile) are refused, unless `settings` name another address for them."""
    config: dict[SettingName, Setting] = Field({})
    """Entries for MFE_CONFIG: run-time settings of all MFEs."""
    overrides: dict[str, dict[SettingName, Setting]] = Field({})
    """Entries for MFE_CONFIG_OVERRIDES, by the name of the MFE."""
