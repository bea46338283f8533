"""Flags of the platform that stand for a service: a companion that is on, or one that settings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.services.registry import BUILT_IN, companions, service
from openedx_infra.config.stack import Stack


@dataclass(frozen=True)
class Need:
    """What a flag needs besides itself."""

    what: str
    """What has to be there, in words."""
    settings: tuple[str, ...]
    """Settings that tell the platform of it, all of them. Their defaults lead nowhere."""


NEEDS: Mapping[str, Need] = {
    "ENABLE_EDXNOTES": Need(
        "the notes API, which this program doesn't run", ("EDXNOTES_PUBLIC_API", "EDXNOTES_INTERNAL_API")
    ),
    "ENABLE_VIDEO_UPLOAD_PIPELINE": Need(
        "a bucket and a service that encodes videos, which this program doesn't run",
        ("VIDEO_UPLOAD_PIPELINE",),
    ),
    "ENABLE_PROCTORED_EXAMS": Need(
        "a proctoring service, which this program doesn't run", ("PROCTORING_BACKENDS",)
    ),
    "ENABLE_CODEJAIL_REST_SERVICE": Need(
        "a codejail service, which this program doesn't run", ("CODE_JAIL_REST_SERVICE_HOST",)
    ),
    "ENABLE_PUBLISHER": Need(
        "the publisher of course metadata, which this program doesn't run", ("FRONTEND_APP_PUBLISHER_URL",)
    ),
    "ENABLE_MKTG_SITE": Need("a marketing site, which this program doesn't run", ("MKTG_URLS",)),
    "ENABLE_EXPORT_GIT": Need(
        "a folder on a volume, which Studio's pods don't have", ("GIT_REPO_EXPORT_DIR",)
    ),
}
"""Flags that are false by default in the platform, and what each needs. Sources: the comments on these flags
and the defaults in lms/envs/common.py, cms/envs/common.py and openedx/envs/common.py (read in November
2026)."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """Flags that are on, and whose service no setting names."""
    given = _given(stack)
    run_here = {flag for each in companions(stack) for flag in each.service.stands_for}
    for location, name, value in given:
        need = NEEDS.get(name)
        if need is None or value is not True or name in run_here:
            continue
        named = {other for _, other, content in given if content}
        missing = [setting for setting in need.settings if setting not in named]
        if missing:
            way = _turned_on_by(name)
            what = need.what.removesuffix(_NOT_RUN) if way else need.what
            text = (
                f"true needs {what}: {way}set {' and '.join(missing)} for yours in `openedx:settings`, or "
                "write false (docs/companions.md)"
            )
            yield Conflict(location, text, (("settings",),))


_NOT_RUN = ", which this program doesn't run"


def _turned_on_by(flag: str) -> str:
    """The way to have this program run the service of a flag, where it can. Only an error asks, as all
    services are loaded for it."""
    names = [name for name in BUILT_IN if flag in service(name).stands_for]
    return f"run it by `openedx:services.{names[0]}: {{enabled: true}}`, or " if names else ""


def _given(stack: Stack) -> list[tuple[Location, str, object]]:
    """All flags and settings of the stack file, with their places."""
    free = stack.settings
    sections: dict[Location, Mapping[str, object]] = {
        ("features", "flags"): stack.features.flags,
        ("settings", "common"): free.common,
        ("settings", "lms"): free.lms,
        ("settings", "studio"): free.studio,
    }
    return [
        ((*place, name), name, value)
        for place, section in sections.items()
        for name, value in section.items()
    ]
