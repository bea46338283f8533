"""Flags, settings and duties of services that nobody runs are refused, and accepted once somebody does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import ConfigError, load
from openedx_infra.config.rules.platform.services import NEEDS, TOGETHER, WAFFLE_NEEDS
from openedx_infra.config.services.registry import BUILT_IN

ELSEWHERE = "https://service.example.org"


def _problems(said: Mapping[str, Any]) -> list[str]:
    try:
        load("dev", {**LEAST, **said})
    except ConfigError as error:
        return list(error.problems)
    return []


def _named(*settings: str) -> dict[str, Any]:
    return {"common": dict.fromkeys(settings, ELSEWHERE)}


@pytest.mark.parametrize("flag", [*NEEDS, *WAFFLE_NEEDS])
def test_a_flag_needs_its_service_or_all_settings_of_one(flag: str) -> None:
    section = "waffle_flags" if flag in WAFFLE_NEEDS else "flags"
    need = {**NEEDS, **WAFFLE_NEEDS}[flag]
    on = {"features": {section: {flag: True}}}
    [problem] = _problems(on)
    assert flag in problem and all(setting in problem for setting in need.settings)
    assert (f"openedx:services.{need.run_by}" in problem) == (need.run_by in BUILT_IN)
    assert _problems({**on, "settings": _named(*need.settings)}) == []
    assert _problems({"features": {section: {flag: False}}}) == []
    for setting in need.settings:
        rest = [other for other in need.settings if other != setting]
        assert len(_problems({**on, "settings": _named(*rest)})) == 1
    local = {"common": dict.fromkeys(need.settings, "http://localhost:8008/api")}
    assert _problems({**on, "settings": local})


@pytest.mark.parametrize("need", TOGETHER, ids=lambda need: need.settings[0])
def test_half_of_the_settings_of_a_service_is_refused(need: Any) -> None:
    for setting in need.settings:
        [problem] = _problems({"settings": _named(setting)})
        assert setting in problem
        assert (f"openedx:services.{need.run_by}" in problem) == (need.run_by in BUILT_IN)
        # Nothing at all is a way to turn a link off.
        assert _problems({"settings": {"common": {setting: ""}}}) == []
    assert _problems({"settings": _named(*need.settings)}) == []


def test_programs_are_fetched_from_somebody() -> None:
    on = {"duties": {"programs": {"enabled": True}}}
    [problem] = _problems(on)
    assert problem.startswith("openedx:duties.programs.enabled: true needs programs")
    assert ("openedx:services.discovery" in problem) == ("discovery" in BUILT_IN)
    assert _problems({**on, "settings": _named("COURSE_CATALOG_API_URL", "COURSE_CATALOG_URL_ROOT")}) == []
    assert _problems({"duties": {**on["duties"], "enabled": False}}) == []


@pytest.mark.parametrize(
    ("value", "lacks"),
    [
        ({}, "url and django_auth"),
        ({"url": ELSEWHERE}, "django_auth"),
        ({"url": ELSEWHERE, "django_auth": {"username": "lms"}}, "django_auth.password"),
        ({"django_auth": {"username": "lms", "password": {"secret": "graders"}}}, "url"),
    ],
)
def test_an_xqueue_of_yours_has_an_address_and_a_login(value: dict[str, Any], lacks: str) -> None:
    [problem] = _problems({"settings": {"lms": {"XQUEUE_INTERFACE": value}}})
    assert f": lacks {lacks}, without" in problem and "openedx:services.xqueue" in problem


def test_none_of_them_is_asked_for_beside_a_service_that_is_on() -> None:
    flags = {"ENABLE_CODEJAIL_REST_SERVICE": True}
    off = {"services": {"codejail": {"enabled": False}}, "features": {"flags": flags}}
    assert len(_problems(off)) == 1
