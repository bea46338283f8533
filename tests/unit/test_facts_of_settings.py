"""No setting is rendered for a release that doesn't read it; micro-frontends get all that they demand."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
import settings_case as case
import settings_elsewhere as elsewhere
from facts import MFE_CONFIG, PRODUCTION, WAFFLE, readers

from openedx_infra import scripts
from openedx_infra.config import Stack, load
from openedx_infra.images import Frontend, mfe_dockerfile
from openedx_infra.releases import RELEASES
from openedx_infra.settings import Site
from openedx_infra.settings.connections import Connections
from openedx_infra.settings.platform import loading

SITES: tuple[Site, Site] = ("lms", "cms")
BUILT = {"openedx": "registry.example.org/o:1", "mfe": "registry.example.org/m:1"}
CONNECTIONS = [case.IN_CLUSTER, *(v for v in vars(elsewhere).values() if isinstance(v, Connections))]
OURS = "OPENEDX_INFRA_"
"""What names begin with that our own settings package reads."""
PLACEHOLDERS = re.compile(
    r"Your ?Platform|SET-ME|PUT_YOUR|CHANGEME|example\.com|edx\.org|your-", re.IGNORECASE
)


def stack(release: str, **said: Any) -> Stack:
    return load(
        "campus", {"site": {"lms_host": "learn.example.org"}, "release": release, "images": BUILT, **said}
    )


@cache
def rendered(release: str) -> frozenset[str]:
    """Names of all settings that the program writes for a release."""
    able = [each for each in CONNECTIONS if each.search.engine in RELEASES[release].search_engines]
    names = {name for each in able for site in SITES for name in case.whole(site, stack(release), each)}
    return frozenset(name for name in names if not name.startswith(OURS))


@pytest.mark.parametrize("release", RELEASES)
def test_every_setting_is_read_by_its_release(release: str) -> None:
    unread = {name for name in rendered(release) if release not in readers().get(name, ())}
    assert not unread, (
        "find out where the release reads them, and add them to settings.tsv, or leave them out"
    )


def test_the_table_has_no_row_too_many() -> None:
    found = {name for release in RELEASES for name in rendered(release)}
    extras = {
        "DEFAULT_MOBILE_AVAILABLE",
        "MOBILE_APP_USER_AGENT_REGEXES",
        "RETIREMENT_STATES",
        "RETIREMENT_SERVICE_WORKER_USERNAME",
        "ENABLE_CSMH_EXTENDED",
        "SESSION_ENGINE",
        "SESSION_COOKIE_AGE",
        "ENABLE_TEAMS",
        "DEFAULT_SITE_THEME",
    }
    assert set(readers()) - found <= extras


@pytest.mark.parametrize("site", SITES)
def test_what_production_py_replaces_is_laid_over_it(site: Site) -> None:
    replaced = PRODUCTION["replaced"][site]
    assert set(replaced) <= set(loading.OVERWRITTEN)
    for name in PRODUCTION["made_of"]:
        assert name not in loading.OVERWRITTEN and name not in rendered("verawood")


def test_nothing_is_laid_over_that_production_py_leaves_alone() -> None:
    known = {name for site in SITES for name in PRODUCTION["replaced"][site]}
    assert set(loading.OVERWRITTEN) == known


@pytest.mark.parametrize("release", RELEASES)
def test_flags_are_those_of_the_release(release: str) -> None:
    parameters = scripts.setup_parameters(stack(release))
    for kind in ("flags", "switches"):
        read = {name for name, fact in WAFFLE[kind].items() if release in fact["releases"]}
        assert not set(parameters[f"default_{kind}"]) - read


def config(release: str, **said: Any) -> dict[str, Any]:
    found: dict[str, Any] = case.plain("lms", stack(release, **said))["MFE_CONFIG"]
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_micro_frontends_miss_no_key(release: str) -> None:
    assert not MFE_CONFIG["demanded"].keys() - config(release).keys()


def test_micro_frontends_are_built_with_what_they_demand_before_they_ask() -> None:
    text = mfe_dockerfile([Frontend(name="authn", repository="https://git.example.org/a.git", ref="main")])
    given = re.findall(r'(\w+)=""', "".join(re.findall(r"^ENV .*$", text, re.MULTILINE)))
    assert sorted(given) == sorted(MFE_CONFIG["demanded at build"]) and set(given) <= config("ulmo").keys()


@pytest.mark.parametrize("release", RELEASES)
def test_micro_frontends_are_told_nothing_that_none_reads(release: str) -> None:
    assert not config(release).keys() - {*MFE_CONFIG["read"], *MFE_CONFIG[f"read also in {release}"]}


@pytest.mark.parametrize("release", RELEASES)
def test_the_public_configuration_has_no_placeholder(release: str) -> None:
    """The platform's view puts its own defaults below ours: PLATFORM_TWITTER_ACCOUNT is one of them."""
    plain = case.plain("lms", stack(release, site={"lms_host": "learn.campus.org", "name": "Campus"}))
    public = {
        name: plain.get(name) for name in ("MFE_CONFIG", "FRONTEND_SITE_CONFIG", "PLATFORM_TWITTER_ACCOUNT")
    }
    assert plain["PLATFORM_TWITTER_ACCOUNT"] == "Campus"
    assert not PLACEHOLDERS.search(json.dumps(public))
