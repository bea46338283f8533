"""Flags, settings and duties that stand for a service: a companion that is on, or one that settings name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.services.registry import BUILT_IN, companions, service
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.secret_references import is_reference


@dataclass(frozen=True)
class Need:
    """What a flag needs besides itself."""

    what: str
    """What has to be there, in words."""
    settings: tuple[str, ...]
    """Settings that tell the platform of it, all of them. Their defaults lead nowhere."""
    run_by: str = ""
    """Companion service that sets them, where this program has it."""


_PROGRAMS = Need(
    "programs, which Course Discovery holds, which this program doesn't run",
    ("COURSE_CATALOG_API_URL", "COURSE_CATALOG_URL_ROOT"),
    "discovery",
)
_TRANSLATIONS = Need("a service of transcripts, which this program doesn't run", ("AI_TRANSLATIONS_API_URL",))
_ECOMMERCE = Need(
    "Ecommerce, which Open edX archived and this program doesn't run",
    ("ECOMMERCE_API_URL", "ECOMMERCE_PUBLIC_URL_ROOT"),
)

NEEDS: Mapping[str, Need] = {
    "ENABLE_EDXNOTES": Need(
        "the notes API, which this program doesn't run",
        ("EDXNOTES_PUBLIC_API", "EDXNOTES_INTERNAL_API"),
        "notes",
    ),
    "ENABLE_VIDEO_UPLOAD_PIPELINE": Need(
        "a bucket and a service that encodes videos, which this program doesn't run",
        ("VIDEO_UPLOAD_PIPELINE",),
    ),
    "ENABLE_PROCTORED_EXAMS": Need(
        "a proctoring service, which this program doesn't run", ("PROCTORING_BACKENDS",)
    ),
    "ENABLE_CODEJAIL_REST_SERVICE": Need(
        "a codejail service, which this program doesn't run", ("CODE_JAIL_REST_SERVICE_HOST",), "codejail"
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

WAFFLE_NEEDS: Mapping[str, Need] = {
    "course_apps.exams_ida": Need(
        "the service of special exams (edx-exams), which this program doesn't run", ("EXAMS_SERVICE_URL",)
    ),
    "video_config.transcript_feedback": _TRANSLATIONS,
    "video_config.xpert_translations_ui": _TRANSLATIONS,
    "learner_dashboard.enable_program_tab_view": _PROGRAMS,
    "learner_dashboard.enable_masters_program_tab_view": _PROGRAMS,
    "courseware.mfe_progress_milestones_streak_discount_enabled": _ECOMMERCE,
    "discounts.enable_discounting": _ECOMMERCE,
}
"""The same for waffle flags. Sources: what asks each of them in cms/djangoapps/contentstore/exams.py,
xmodule/video_block, lms/djangoapps/learner_dashboard/programs.py and openedx/features/discounts (November
2025)."""

TOGETHER: tuple[Need, ...] = (
    NEEDS["ENABLE_EDXNOTES"],
    _PROGRAMS,
    _ECOMMERCE,
    Need(
        "Credentials, which this program doesn't run",
        ("CREDENTIALS_INTERNAL_SERVICE_URL", "CREDENTIALS_PUBLIC_SERVICE_URL"),
        "credentials",
    ),
)
"""Services that several settings name, each of which alone leaves the others at their defaults."""

XQUEUE = {"url": (), "django_auth": ("username", "password")}
"""Entries of XQUEUE_INTERFACE without which xmodule/capa/xqueue_interface.py fails, and entries of these."""
NOWHERE = re.compile(r"(https?://)?(localhost|127\.0\.0\.1|\[::1\])([:/].*)?")
"""What the platform's defaults lead to: a pod itself, where nobody listens."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """Flags and duties that are on, and whose service no setting names; and settings that name half of
    one."""
    given = _given(stack)
    on = companions(stack)
    run_here = {flag for each in on for flag in each.service.stands_for} | {each.name for each in on}
    named = {name for _, name, content in given if content and not _leads_nowhere(content)}
    written = _set_by_services(stack)
    named |= written
    lacking: set[str] = set()
    for location, flag, need in _asked(stack, given):
        missing = [setting for setting in need.settings if setting not in named]
        if missing and not run_here & {flag, need.run_by}:
            lacking |= set(missing)
            text = f"true needs {_what(flag, need)}: {_way(flag, need)}{_for_yours(missing)}, or write false"
            yield Conflict(location, f"{text} (docs/companions.md)", (("settings",),))
    yield from _halves(given, named, lacking)
    if "XQUEUE_INTERFACE" not in written:
        yield from _xqueue(given)


def _asked(
    stack: Stack, given: Iterable[tuple[Location, str, object]]
) -> Iterator[tuple[Location, str, Need]]:
    """Everything of the stack file that is on and needs a service."""
    for location, name, value in given:
        if value is True and name in NEEDS:
            yield location, name, NEEDS[name]
    for flag, value in stack.features.waffle_flags.items():
        if value and flag in WAFFLE_NEEDS:
            yield ("features", "waffle_flags", flag), flag, WAFFLE_NEEDS[flag]
    if stack.duties.enabled and stack.duties.programs.enabled:
        yield ("duties", "programs", "enabled"), "duties.programs", _PROGRAMS


def _halves(
    given: Iterable[tuple[Location, str, object]], named: set[str], lacking: set[str]
) -> Iterator[Conflict]:
    """Settings that name a service for some of the platform, while the rest asks a default."""
    for location, name, value in given:
        for need in TOGETHER:
            missing = [setting for setting in need.settings if setting not in named]
            if name in need.settings and missing and not set(missing) & lacking:
                if name in missing and not (value and _leads_nowhere(value)):
                    continue  # set to nothing on purpose
                others = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
                fault = (
                    "leads to the pod itself, where nobody listens"
                    if name in missing
                    else f"without effect alone: {others} still the platform's default, which leads nowhere"
                )
                way = _way("", need)
                text = f"{fault}: {way}{_for_yours(missing)}, or leave it out (docs/companions.md)"
                yield Conflict(location, text, (("settings",),))


def _xqueue(given: Iterable[tuple[Location, str, object]]) -> Iterator[Conflict]:
    for location, name, value in given:
        if name != "XQUEUE_INTERFACE" or not isinstance(value, Mapping) or is_reference(value):
            continue
        missing = [key for key in XQUEUE if key not in value]
        missing += [
            f"{key}.{entry}"
            for key, entries in XQUEUE.items()
            for entry in entries
            if isinstance(value.get(key), Mapping) and entry not in value[key]
        ]
        if missing:
            way = _way("", Need("", (), "xqueue"))
            text = (
                f"lacks {' and '.join(missing)}, without which problems of type coderesponse fail: {way}"
                "write them for an Xqueue of yours (docs/companions.md)"
            )
            yield Conflict(location, text)


_NOT_RUN = re.compile(r",? (which|and) this program doesn't run$")


def _what(flag: str, need: Need) -> str:
    return _NOT_RUN.sub("", need.what) if _way(flag, need) else need.what


def _way(flag: str, need: Need) -> str:
    """The way to have this program run the service, where it can. Only an error asks, as all services are
    loaded for it."""
    names = [name for name in BUILT_IN if flag in service(name).stands_for] if flag in NEEDS else []
    names += [name for name in BUILT_IN if name == need.run_by and name not in names]
    return f"run it by `openedx:services.{names[0]}: {{enabled: true}}`, or " if names else ""


def _for_yours(settings: Iterable[str]) -> str:
    return f"set {' and '.join(settings)} for yours in `openedx:settings`"


def _leads_nowhere(value: object) -> bool:
    return isinstance(value, str) and NOWHERE.fullmatch(value) is not None


def _set_by_services(stack: Stack) -> set[str]:
    """Settings of the platform that companion services write."""
    names: set[str] = set()
    for each in companions(stack):
        added = each.service.platform(stack, each.section)
        names |= {*added.common, *added.lms, *added.studio}
    return names


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
