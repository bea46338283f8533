"""Each switch that turns something off has a declared answer to who depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from openedx_infra.config.rules.platform.services import NEEDS
from openedx_infra.config.sections.duties import Duties
from openedx_infra.config.stack import Stack
from openedx_infra.releases import RELEASES
from openedx_infra.settings.job_inputs import platform_settings

NOBODY = "nobody"
DEPENDANTS: dict[str, str] = {
    "mfes.disabled": "links and flags of the platform: each MFE tells `without` and `needed`",
    "event_bus.enabled": "event_bus.consumers: refused without it",
    "duties.enabled": "what only grows (docs/duties.md)",
    "extras.containers.enabled": "routes and flows of the operator's own program, which nothing of ours uses",
    "retirement.enabled": "its duty, user, client and states: without it the queue waits (docs/duties.md)",
    **{f"duties.{name}.enabled": "what it does, told by its docstring" for name in Duties().built_in},
}
"""Keys that turn something off, and who would miss it: what refuses or tells it."""


def switches(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Keys named `enabled` or `disabled` at any depth of a model."""
    for name, field in model.model_fields.items():
        here = (*path, name)
        if name in ("enabled", "disabled"):
            yield ".".join(here)
        for inner in models(field.annotation):
            if len(here) < 6:
                yield from switches(inner, here)


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


def test_each_switch_has_its_dependants_declared() -> None:
    assert sorted(set(switches(Stack))) == sorted(DEPENDANTS)


@pytest.mark.parametrize("release", RELEASES.values(), ids=list(RELEASES))
def test_each_frontend_tells_what_people_get_without_it(release: Any) -> None:
    apps = (*release.mfes, *release.frontend_apps)
    assert all(app.without for app in apps)
    assert {app.name for app in apps if app.needed} == {"learning", "authoring", "account", "profile"}
    assert all(app.setting for app in apps if app.needed), "no address could take its place"


def test_flags_that_stand_for_a_service_and_their_settings_are_the_platforms() -> None:
    named = {*NEEDS, *(setting for need in NEEDS.values() for setting in need.settings)}
    assert named <= platform_settings()
