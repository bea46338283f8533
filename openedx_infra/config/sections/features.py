"""Feature flags, micro-frontends and free Django settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from openedx_infra.config.computed_settings import (
    EXTENDED_LISTS,
    EXTENDED_MAPS,
    MANAGED_MFE_CONFIG,
    MANAGED_SETTINGS,
)
from openedx_infra.config.types.base import (
    Distinct,
    OrNothing,
    Section,
    Setting,
    SettingName,
    Switch,
    WaffleName,
)
from openedx_infra.config.types.patterns import Pattern


def _is_free(name: str) -> str:
    if name in MANAGED_SETTINGS:
        raise ValueError(f"is written by this program from {MANAGED_SETTINGS[name]}: leave it out here")
    return name


def _is_flag(name: str) -> str:
    if source := EXTENDED_LISTS.get(name) or getattr(EXTENDED_MAPS.get(name), "source", None):
        raise ValueError(f"is no flag, but written by this program from {source}: leave it out here")
    return _is_free(name)


def _is_free_entry(name: str) -> str:
    if name in MANAGED_MFE_CONFIG:
        raise ValueError(f"is written by this program from {MANAGED_MFE_CONFIG[name]}: leave it out here")
    return name


FreeSettings = dict[Annotated[SettingName, AfterValidator(_is_free)], Setting]
"""Django settings by name, without those that the program writes itself."""

FreeEntries = dict[Annotated[SettingName, AfterValidator(_is_free_entry)], Setting]
"""Entries of MFE_CONFIG by name, without those that LMS and MFEs must have alike."""


PythonFile = Annotated[
    str,
    Pattern(
        "path of a file of Python",
        r"[^\s:*?\"<>|][^\n:*?\"<>|]{0,490}\.py",
        "a file that ends in .py, from the folder of Pulumi.yaml",
        "settings/campus.py",
    ),
]
"""A file of Python of this machine. One that isn't absolute starts at the folder of Pulumi.yaml."""


class SettingsModules(Section):
    """Files of Python that run after all other settings, in the module that holds these: what YAML can't
    express. Each file reads, changes and adds settings by their names, `MIDDLEWARE` for example, and may
    import what is in the image. Everybody who may read ConfigMaps reads them: what is secret comes from
    `{secret: NAME}` under `common`, `lms` or `studio`, which the file finds as a setting. What this program
    writes may be changed in place there, but not replaced; see docs/extras.md."""

    common: Annotated[PythonFile | None, OrNothing] = None
    """A file for LMS and Studio. None: there is none."""
    lms: Annotated[PythonFile | None, OrNothing] = None
    """A file for the LMS alone, which runs after `common`. None: there is none."""
    studio: Annotated[PythonFile | None, OrNothing] = None
    """A file for Studio alone, which runs after `common`. None: there is none."""


class Settings(Section):
    """Django settings, laid over all others. For everything that has no key of its own.

    Lists that this program fills, such as ALLOWED_HOSTS, are added to; maps that it fills, such as STORAGES,
    get the entries beside its own; everything else is replaced whole. Settings that other keys decide are
    refused, with the key."""

    common: FreeSettings = Field({})
    """Settings for LMS and Studio."""
    lms: FreeSettings = Field({})
    """Settings for the LMS alone; they override `common`."""
    studio: FreeSettings = Field({})
    """Settings for Studio alone; they override `common`."""
    modules: SettingsModules = SettingsModules()
    """Files of Python settings, which run after all others."""


class Features(Section):
    """Switches of the platform."""

    flags: dict[Annotated[SettingName, AfterValidator(_is_flag)], Switch] = Field({})
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
    config: FreeEntries = Field({})
    """Entries for MFE_CONFIG: run-time settings of all MFEs."""
    overrides: dict[str, FreeEntries] = Field({})
    """Entries for MFE_CONFIG_OVERRIDES, by the name of the MFE."""
