"""Settings of a stack file that Jobs of the platform act on: they run again when one of them changes.

Which tables there are follows from the Django apps that are installed, and these from settings. Of the
platform's own settings only a few add apps. What any other setting does, which belongs to a plugin or a fork,
nobody can know here: it may add an app, too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from openedx_infra.config import Stack
from openedx_infra.settings.merging import Settings, laid_over, merged
from openedx_infra.settings.modules import modules_checksum
from openedx_infra.settings.servers.web import Site
from openedx_infra.settings.services import added_settings, service_settings

ADDS_APPS = frozenset(
    {
        "INSTALLED_APPS",
        "ADDL_INSTALLED_APPS",
        "OPTIONAL_APPS",
        "CUSTOM_COURSES_EDX",
        "ENABLE_LTI_PROVIDER",
        "ENABLE_CSMH_EXTENDED",
    }
)
"""Settings of the platform that decide which apps are installed: all that `lms/envs/production.py`,
`cms/envs/production.py` and the three `common.py` read before they extend INSTALLED_APPS (read in November
2026)."""

SETUP = {
    "lms-setup": ("ENABLE_DISCUSSION_SERVICE", "RETIREMENT_STATES", "SITE_ID"),
    "studio-setup": (),
}
"""Settings that a stack file may set and that the script of a set-up reads, by the names of the Jobs."""

_LONGEST = 40
"""Characters up to which a value is shown as it is; of a longer one there is a checksum."""


def operator_settings(stack: Stack, site: Site) -> Settings:
    """Settings of the stack file by the platform's own names: flags, then free settings, a site's own last.

    Each replaces a setting whole, as a setting in the platform's own files would, but for lists and maps that
    are merged with what this program computes: there, those for both sites count beside those for one.
    """
    of_site = stack.settings.lms if site == "lms" else stack.settings.studio
    return laid_over({**stack.features.flags, **stack.settings.common}, of_site)


def migration_inputs(stack: Stack) -> str:
    """Settings that may add Django apps, and a second database, as `NAME=value` side by side; those of one
    site as `lms.NAME=value`. Empty where the stack file sets none. They are one input of both sites'
    migrations, which change the same databases. A file of Python settings may add apps, too."""
    free = stack.settings
    of_services = merged(
        *({"": each.common, "lms.": each.lms, "studio.": each.studio} for each in added_settings(stack))
    )
    sections = merged(
        of_services, {"": {**stack.features.flags, **free.common}, "lms.": free.lms, "studio.": free.studio}
    )
    may_add = {
        f"{prefix}{name}": value
        for prefix, section in sections.items()
        for name, value in section.items()
        if name in ADDS_APPS or name not in platform_settings()
    }
    history = stack.datastores.mysql.history_database
    return _written(
        {**may_add, **({"student_module_history": history} if history else {}), **_modules(stack)}
    )


def setup_inputs(stack: Stack, site: Site, job: str) -> str:
    """Settings that a set-up reads, as `NAME=value` side by side. Empty where the stack file sets none. A
    file of Python settings may set any of them."""
    settings = laid_over(service_settings(stack, site), operator_settings(stack, site))
    return _written({**_only(settings, SETUP[job]), **_modules(stack)})


def _modules(stack: Stack) -> dict[str, str]:
    checksum = modules_checksum(stack)
    return {"settings.modules": checksum} if checksum else {}


@cache
def platform_settings() -> frozenset[str]:
    """Names of the settings that edx-platform itself and the packages that it is released with know."""
    path = Path(__file__).parent / "platform_settings.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


def _only(settings: Settings, names: Collection[str]) -> Settings:
    return {name: value for name, value in settings.items() if name in names}


def _written(settings: Mapping[str, object]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in sorted(settings.items()))


def _value(value: object) -> str:
    """The value without blanks, or a checksum. A reference to a secret stands for itself."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    if len(text) <= _LONGEST and not any(letter.isspace() for letter in text):
        return text
    return f"sha256:{sha256(text.encode()).hexdigest()[:12]}"
