"""What may the platform do, and how do its frontends differ? Flags, MFEs and free settings."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from openedx_infra.config.base import Section, Setting, SettingName, WaffleName

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
    "CELERY_BROKER_PASSWORD": "the secret `broker_password`",
    "EVENT_BUS_REDIS_CONNECTION_URL": "datastores.broker",
    "MEILISEARCH_API_KEY": "the secret `meilisearch_master_key`",
    "MEILISEARCH_MASTER_KEY": "the secret `meilisearch_master_key`",
    "SOCIAL_AUTH_EDX_OAUTH2_SECRET": "the secret `studio_oauth2_secret`",
    "EMAIL_HOST_PASSWORD": "the secret `mail_password`",
    "LMS_BASE": "site.lms_host",
    "CMS_BASE": "site.studio_host",
    "LMS_ROOT_URL": "site.lms_host",
    "CMS_ROOT_URL": "site.studio_host",
    "FEATURES": "features.flags",
}
"""Settings that this program writes itself, and the key of the stack file that decides each."""


def _unmanaged(settings: dict[str, Any]) -> dict[str, Any]:
    taken = [f"{name} (said by {MANAGED_SETTINGS[name]})" for name in settings if name in MANAGED_SETTINGS]
    if taken:
        raise ValueError(f"not to be set here, as the program writes it: {', '.join(sorted(taken))}")
    return settings


FreeSettings = Annotated[dict[SettingName, Setting], AfterValidator(_unmanaged)]


class Settings(Section):
    """Django settings written as they are, after all others. For what no other key can say."""

    common: FreeSettings = {}
    """Settings for LMS and Studio."""
    lms: FreeSettings = {}
    """Settings for the LMS alone; they beat `common`."""
    studio: FreeSettings = {}
    """Settings for Studio alone; they beat `common`."""


class Features(Section):
    """Switches of the platform."""

    flags: dict[SettingName, bool] = {}
    """Feature flags, by their setting names, such as `ENABLE_DISCUSSION_SERVICE`; for LMS and Studio."""
    waffle_flags: dict[WaffleName, bool] = {}
    """Waffle flags to set for everyone (true) or for nobody (false). Flags not named are left as they are."""
    waffle_switches: dict[WaffleName, bool] = {}
    """Waffle switches to turn on or off. Switches not named are left as they are."""


class Mfes(Section):
    """The micro-frontends. All that the release ships are served unless disabled here."""

    disabled: tuple[str, ...] = ()
    """Names of MFEs to leave out, such as `communications`. The LMS then shows its older pages, where it has them."""
    config: dict[SettingName, Any] = {}
    """Entries for MFE_CONFIG: run-time settings of all MFEs."""
    overrides: dict[str, dict[SettingName, Any]] = {}
    """Entries for MFE_CONFIG_OVERRIDES, by the name of the MFE."""
