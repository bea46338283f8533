"""Feature flags and all other settings of lms.yml and studio.yml."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from openedx_infra.config.computed_settings import EXTENDED_LISTS, EXTENDED_MAPS, MANAGED_SETTINGS
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.native.ansible_defaults import DEFAULTS, PLACEHOLDERS
from openedx_infra.operations.imports.native.installation import Installation, SettingsFile
from openedx_infra.settings.job_inputs import platform_settings

_NEEDLESS: Mapping[str, str] = {
    r"CELERY\w*|\w*ROUTING_KEY": "openedx:datastores.broker and the queues of the workers take its place",
    r"CODE_JAIL|COURSES_WITH_UNSAFE_CODE": "openedx:services.codejail confines code of problems",
    r"LOG_DIR|LOGGING_ENV|LOCAL_LOGLEVEL|SYSLOG_SERVER": "logs go to the cluster's own collection",
    r"STATIC_ROOT_BASE|STATIC_URL_BASE|EDX_PLATFORM_REVISION": "part of the image",
    r"COMMENTS_SERVICE_(URL|KEY)": "the forum is part of the platform since Sumac",
    r"JWT_\w+|DEFAULT_JWT_ISSUER": "written from the hosts and the keys of tokens",
    r"ECOMMERCE_\w+|BLOCKSTORE_\w+|MICROSITE_\w+|ZENDESK_\w+|CAS_\w+": "gone from Open edX",
    r"FACEBOOK_(APP_ID|APP_SECRET|API_VERSION)|BRANCH_IO_KEY|CREDIT_HELP_LINK_URL": "gone from Open edX",
    r"SWIFT_\w+|AWS_\w+": "openedx:datastores.storage takes its place",
    r"PREVIEW_LMS_BASE|LMS_ISSUER|CMS_ROOT_URL": "written from openedx:site",
    r"COMPREHENSIVE_THEME_LOCALE_PATHS|PREPEND_LOCALE_PATHS|THEME_NAME": "part of the theme's image",
}
"""Patterns of names, and why nothing is lost without them."""
_DOORS: Mapping[str, str] = {
    r"XQUEUE_INTERFACE": "openedx:services.xqueue runs Xqueue for the instance",
    r"EDXNOTES_\w+": "openedx:services.notes runs Notes for the instance",
    r"COURSE_CATALOG_\w+|DISCOVERY_\w+": "openedx:services.discovery runs Course Discovery for the instance",
    r"CREDENTIALS_\w+": "openedx:services.credentials runs Credentials for the instance",
    r"DEFAULT_SITE_THEME|ENABLE_COMPREHENSIVE_THEMING|COMPREHENSIVE_THEME_\w+|"
    r"CUSTOM_RESOURCE_TEMPLATES_DIRECTORY": (
        "themes are part of images: build one by openedx:images.openedx.themes, and name it in "
        "openedx:site.theme"
    ),
    r"ADDL_INSTALLED_APPS|EXTRA_MIDDLEWARE_CLASSES": (
        "install packages by openedx:images.openedx.requirements; a plugin of the platform adds itself"
    ),
    r"ANALYTICS_\w+": "Insights is gone from Open edX; openedx:event_sinks sends events to Aspects",
}
"""Patterns of names that are something else here, and what."""
_OLD_MACHINE = re.compile(r"localhost|127\.0\.0\.1|(^|[^\w])/edx/(var|app|etc)/")
"""What names a place on the old machine."""


def translate(old: Installation, draft: Draft) -> None:
    """Put feature flags and free settings into the draft; list all that has no place, with the reason."""
    _flags(old, draft)
    studio = old.studio
    for name in old.lms.unread():
        value = old.lms.content[name]
        same = name in studio.content and studio.content[name] == value
        if same or name not in studio.content:
            studio.read.add(name)
        _one(old.lms, name, value, "common" if same else "lms", draft)
    for name in studio.unread():
        asked = name in old.lms.content and name in old.lms.read
        if asked and (studio.content[name] == old.lms.content[name] or name in MANAGED_SETTINGS):
            studio.read.add(name)  # what was asked of the LMS holds for both
            continue
        _one(studio, name, studio.content[name], "studio", draft)


def _flags(old: Installation, draft: Draft) -> None:
    """Flags hold for both sites here: the LMS decides."""
    lms, studio = old.lms.part("FEATURES"), old.studio.part("FEATURES")
    for name, value in sorted({**studio, **lms}.items(), key=lambda each: str(each[0])):
        file = old.lms if name in lms else old.studio
        where = f"{file.where('FEATURES')}.{name}"
        switch = {"true": True, "false": False}.get(str(value).lower())
        if switch is None:
            reason = next((why for pattern, why in _NEEDLESS.items() if re.fullmatch(pattern, str(name))), "")
            if reason or value in (None, "", {}, []):
                draft.needless[where] = reason or "empty"
            else:
                draft.leave(where, f"is no switch: set openedx:settings.common.{name} if it still matters")
        elif name in MANAGED_SETTINGS:
            draft.needless[where] = f"written from openedx:{_plain(MANAGED_SETTINGS[name])}"
        elif name not in platform_settings():
            draft.needless[where] = "gone from Open edX"
        else:
            draft.set(("features", "flags", str(name)), switch, where)
            if name in lms and name in studio and studio[name] != value:
                draft.leave(
                    f"{old.studio.where('FEATURES')}.{name}",
                    f"is {studio[name]} in Studio and {value} in the LMS; flags hold for both here",
                )


def _one(file: SettingsFile, name: str, value: Any, side: str, draft: Draft) -> None:
    """What becomes of one setting."""
    file.read.add(name)
    where, text = file.where(name), json.dumps(value, default=str)
    if reason := _needless(name, value, text):
        draft.needless[where] = reason
    elif door := next((door for pattern, door in _DOORS.items() if re.fullmatch(pattern, name)), None):
        draft.leave(where, door)
    elif name in EXTENDED_LISTS:
        draft.leave(where, f"{_entries(value)} openedx:{EXTENDED_LISTS[name]}")
    elif name in EXTENDED_MAPS:
        draft.leave(
            where, f"is made by this program; settings of your own go to openedx:settings.{side}.{name}"
        )
    elif _OLD_MACHINE.search(text):
        draft.leave(where, f"names a place on the old machine: set openedx:settings.{side}.{name} if needed")
    elif name not in platform_settings():
        draft.leave(
            where,
            "edx-platform of today has no such setting; if a package of yours reads it, set "
            f"openedx:settings.{side}.{name}",
        )
    else:
        draft.set_setting(("settings", side, name), json.loads(text), where)


def _needless(name: str, value: Any, text: str) -> str | None:
    """Why nothing is lost without a setting; None where something may be."""
    if value is None or value == "" or value == [] or value == {}:
        return "empty"
    if name in DEFAULTS and value == DEFAULTS[name]:
        return "what Ansible writes where nobody set anything"
    if isinstance(value, str) and value.strip().startswith(PLACEHOLDERS):
        return "a placeholder of Ansible's"
    if name in MANAGED_SETTINGS:
        return f"written from openedx:{_plain(MANAGED_SETTINGS[name])}"
    return next((why for pattern, why in _NEEDLESS.items() if re.fullmatch(pattern, name)), None)


def _plain(origin: str) -> str:
    return "secrets" if origin.startswith("the secret") else origin


def _entries(value: Any) -> str:
    entries = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{entries}: hosts of this site are there by themselves; put others into"
