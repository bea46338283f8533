"""Rules on micro-frontends: their names, and those that can't be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.errors.messages import written
from openedx_infra.config.services.registry import service_mfes
from openedx_infra.config.stack import Stack
from openedx_infra.releases import FrontendApp, Mfe


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    of_services = [mfe.name for mfe in service_mfes(stack)]
    names = (*stack.pinned_release.mfe_names, *of_services)
    disabled = stack.mfes.disabled
    for index, name in enumerate(disabled):
        if name not in names:
            yield _unknown(stack, ("mfes", "disabled", index), name, names)
        elif name not in of_services:
            yield from _needed(stack, ("mfes", "disabled", index), name)
    for name in stack.mfes.overrides:
        if name not in names:
            yield _unknown(stack, ("mfes", "overrides", name), name, names)
        elif name in disabled:
            text = f"{name} is in `disabled`, so this has no effect: remove one of them"
            yield Conflict(("mfes", "overrides", name), text, (("mfes", "disabled"),))


def _unknown(stack: Stack, location: Location, name: str, names: Sequence[str]) -> Conflict:
    text = f"{written(name)} is no MFE of {stack.release}: it has {', '.join(names)}"
    return Conflict(location, text, (("release",),))


def _needed(stack: Stack, location: Location, name: str) -> Iterator[Conflict]:
    """One that nothing replaces may be left out where another address takes its place."""
    release = stack.pinned_release
    apps: tuple[Mfe | FrontendApp, ...] = (*release.mfes, *release.frontend_apps)
    [app] = [each for each in apps if each.name == name]
    settings = stack.settings
    named_elsewhere = app.setting is not None and any(
        section.get(app.setting) for section in (settings.common, settings.lms)
    )
    if app.needed and not named_elsewhere:
        text = (
            f"{name} is needed: without it, {app.without}. Leave it in, or set the address of a frontend of "
            f"yours as `{app.setting}` in `openedx:settings.common`"
        )
        yield Conflict(location, text, (("release",), ("settings",)))
