"""What may the platform do, and how do its frontends differ? Flags, MFEs and free settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from openedx_infra.config.base import Distinct, Section, Setting, SettingName, Switch, WaffleName

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


def _is_free(name: str) -> str:
    if name in MANAGED_SETTINGS:
        raise ValueError(f"is written by this program from {MANAGED_SETTINGS[name]}: leave it out here")
    return name


FreeSettings = dict[Annotated[SettingName, AfterValidator(_is_free)], Setting]
"""Django settings by name, without those that the program writes itself."""


class Settings(Section):
    """Django settings written as they are, after all others. For what no other key can say."""

    common: FreeSettings = Field({})
    """Settings for LMS and Studio."""
    lms: FreeSettings = Field({})
    """Settings for the LMS alone; they beat `common`."""
    studio: FreeSettings = Field({})
    """Settings for Studio alone; they beat `common`."""


class Features(Section):
    """Switches of the platform."""

    flags: dict[SettingName, Switch] = Field({})
    """Feature flags, by their setting names, such as `ENABLE_DISCUSSION_SERVICE`; for LMS and Studio."""
    waffle_flags: dict[WaffleName, Switch] = Field({})
    """Waffle flags to set for everyone (true) or for nobody (false). Flags not named are left as they are."""
    waffle_switches: dict[WaffleName, Switch] = Field({})
    """Waffle switches to turn on or off. Switches not named are left as they are."""


class Mfes(Section):
    """The micro-frontends. All that the release ships are served unless disabled here."""

    disabled: Annotated[tuple[str, ...], Distinct] = ()
    """Names of MFEs to leave out, such as `communications`. The LMS then shows its older pages, where it
    has them."""
    config: dict[SettingName, Setting] = Field({})
    """Entries for MFE_CONFIG: run-time settings of all MFEs."""
    overrides: dict[str, dict[SettingName, Setting]] = Field({})
    """Entries for MFE_CONFIG_OVERRIDES, by the name of the MFE."""
