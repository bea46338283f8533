"""Free settings take from an instance nothing that the program computed for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import settings_case as case
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from test_config_cases import RIGHT, said_in
from test_settings_any import ANY

from openedx_infra import settings
from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.computed_settings import (
    EXTENDED_LISTS,
    EXTENDED_MAPS,
    MANAGED_MFE_CONFIG,
    MANAGED_SETTINGS,
    has_entry,
)
from openedx_infra.config.harmless_settings import HARMLESS_SETTINGS
from openedx_infra.config.rules.platform.services import TOGETHER
from openedx_infra.config.secrets.needed import required
from openedx_infra.settings import Site
from openedx_infra.settings.connections import Connections

SITES: tuple[Site, Site] = ("lms", "cms")
TABLES: tuple[Mapping[str, Any], ...] = (MANAGED_SETTINGS, EXTENDED_LISTS, EXTENDED_MAPS, HARMLESS_SETTINGS)

# Names that the platform derives ours from, or would: nobody renders them.
NEVER_RENDERED = {
    *("CELERY_BROKER_HOSTNAME", "CELERY_BROKER_PASSWORD", "CELERY_BROKER_TRANSPORT", "CELERY_BROKER_USER"),
    *("CELERY_BROKER_VHOST", "CORS_ALLOWED_ORIGINS", "CORS_ALLOW_ALL_ORIGINS", "DEFAULT_FILE_STORAGE"),
    *("ELASTIC_SEARCH_CONFIG", "FEATURES", "LANGUAGE_COOKIE", "MEILISEARCH_MASTER_KEY"),
    *("OPENEDX_INFRA_REFERENCED", "STATICFILES_STORAGE"),
}


STACKS = [load("any", said_in(path)) for path in RIGHT]
"""All right stack files."""


def rendered(stack: Stack, connections: Connections) -> Iterator[tuple[str, Any]]:
    """Every setting of both sites, plain and secret, but for those that the stack file sets itself."""
    known = {**{secret.name: "x" for secret in required(stack)}, **case.secrets()}
    known |= {name: "x" for name in ("lti", "recaptcha")}
    free = stack.settings
    own = {*stack.features.flags, *free.common, *free.lms, *free.studio}
    for version in stack.versions:
        for found in (
            settings.lms(version, connections),
            settings.studio(version, connections),
            settings.lms_secrets(version, connections, known),
            settings.studio_secrets(version, connections, known),
        ):
            yield from ((name, value) for name, value in found.items() if name not in own)


def class_of(name: str) -> int:
    """How many of the tables have a setting."""
    return sum(name in table for table in TABLES)


def test_every_setting_that_any_stack_file_renders_has_one_class() -> None:
    found = {name: value for stack in STACKS for name, value in rendered(stack, case.connections(stack))}
    assert len(found) > 150
    unclassified = sorted(name for name in found if class_of(name) != 1)
    assert not unclassified, f"put each into one table of config/computed_settings.py: {unclassified}"


@hypothesis(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(connections=ANY)
def test_so_has_every_setting_of_any_connection(connections: Connections) -> None:
    for name, value in rendered(STACKS[0], connections):
        assert class_of(name) == 1, name
        if ours := EXTENDED_MAPS.get(name):
            written = {path for path in ours.entries if has_entry(value, path)}
            assert written, name
            if name in ("CELERY_BROKER_TRANSPORT_OPTIONS", "CODE_JAIL", "STORAGES"):
                assert set(value) <= written


def test_no_table_has_a_name_that_is_never_rendered() -> None:
    """A name that is gone from the program must not be kept from operators."""
    found = {name for stack in STACKS for name, _ in rendered(stack, case.connections(stack))}
    found |= settings_of_connections()
    assert {name for table in TABLES for name in table} - found - NEVER_RENDERED == set()


def settings_of_connections() -> set[str]:
    """Names that only some connections render."""
    found: set[str] = set()

    @hypothesis(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(connections=ANY)
    def collect(connections: Connections) -> None:
        found.update(name for name, _ in rendered(STACKS[0], connections))

    collect()
    return found


@pytest.mark.parametrize("name", sorted(MANAGED_SETTINGS))
def test_what_other_keys_decide_is_refused_with_the_key(name: str) -> None:
    for said in ({"settings": {"lms": {name: True}}}, {"features": {"flags": {name: True}}}):
        with pytest.raises(ConfigError) as error:
            case.said(**said)
        assert MANAGED_SETTINGS[name] in str(error.value)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("name", sorted(EXTENDED_LISTS))
def test_what_is_added_to_a_list_takes_nothing_from_it(name: str, site: Site) -> None:
    before = case.plain(site, case.stack()).get(name, [])
    of_site = "lms" if site == "lms" else "studio"
    added = {"common": {name: ["https://one.example.org"]}, of_site: {name: [*before[:1], "two"]}}
    found = case.plain(site, case.said(settings=added))[name]
    assert found == [*before, "https://one.example.org", "two"]


@pytest.mark.parametrize("name", sorted(EXTENDED_LISTS))
@pytest.mark.parametrize("value", ["*", True, None, {"a": 1}])
def test_a_list_that_the_program_fills_is_extended_by_lists_only(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match="write a list of what to add"):
        case.said(settings={"lms": {name: value}})


@pytest.mark.parametrize("name", sorted(EXTENDED_MAPS))
def test_entries_are_added_to_a_map_and_none_of_its_own_is_replaced(name: str) -> None:
    before = case.plain("lms", case.stack()).get(name, {})
    found = case.plain("lms", case.said(settings={"lms": {name: {"campus": {"a": 1}}}}))[name]
    assert found == {**before, "campus": {"a": 1}}
    for path in EXTENDED_MAPS[name].entries:
        entry: Any = "x"
        for part in reversed(path.split(".")):
            entry = {part: entry}
        with pytest.raises(ConfigError, match="its entry"):
            case.said(settings={"lms": {name: entry}})
    with pytest.raises(ConfigError, match="write `name: value` lines"):
        case.said(settings={"common": {name: []}})


def test_a_level_of_logs_is_set_and_the_tracking_events_stay() -> None:
    levels = {"loggers": {"": {"level": "DEBUG"}, "edx.courseware": {"level": "ERROR"}}}
    found = case.plain("lms", case.said(settings={"common": {"LOGGING": levels}}))["LOGGING"]
    assert found["loggers"][""] == {"handlers": ["stderr"], "level": "DEBUG", "propagate": False}
    assert found["loggers"]["tracking"]["handlers"] == ["stdout"]
    with pytest.raises(ConfigError, match=r"`loggers\.tracking`"):
        case.said(settings={"common": {"LOGGING": {"loggers": {"tracking": {"handlers": []}}}}})


@pytest.mark.parametrize("name", sorted(HARMLESS_SETTINGS))
def test_harmless_settings_are_replaced_as_ever(name: str) -> None:
    mine = {"secret": "of_mine"}  # what any setting may be, those with the name of a secret among them
    # A service that several settings name isn't there with one of them.
    beside = {each: mine for need in TOGETHER if name in need.settings for each in need.settings}
    assert case.plain("lms", case.said(settings={"common": {**beside, name: mine}}))[name] == mine


def test_no_entry_that_lms_and_mfes_share_is_replaced() -> None:
    config = case.plain("lms", case.stack())["MFE_CONFIG"]
    for name in MANAGED_MFE_CONFIG:
        for said in ({"config": {name: "x"}}, {"overrides": {"learning": {name: "x"}}}):
            with pytest.raises(ConfigError, match="is written by this program from"):
                case.said(mfes=said)
    assert set(MANAGED_MFE_CONFIG) <= set(config)
