"""Properties of every stack file, right or wrong."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from said import ANYTHING, said_for

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.documentation.schema import json_schema
from openedx_infra.config.errors.key_paths import Location, key_of, place, sections

SAID = said_for(Stack)
SCHEMA = jsonschema.Draft202012Validator(json_schema())
# `make test-long` tries them all, `make test` some.
# In CI the examples are the same each time, so that a change is judged by what it changes.
UNHURRIED = settings(
    derandomize="CI" in os.environ,
    max_examples=300 if "EVERY_EXAMPLE" in os.environ else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def loaded(said: dict[str, Any]) -> Stack:
    """The stack, or no example at all: the strategy doesn't know every impossible combination."""
    Stack.model_validate(said)
    try:
        return load("campus", said)
    except ConfigError:
        assume(False)
        raise


def places_in(value: Any, location: Location = ()) -> Iterator[Location]:
    """Every place of a said value, the root left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, inner in items:
        yield (*location, part)
        yield from places_in(inner, (*location, part))


def replaced(said: dict[str, Any], location: Location, value: Any) -> dict[str, Any]:
    """The same, with another value at a location."""
    changed = copy.deepcopy(said)
    here: Any = changed
    for part in location[:-1]:
        here = here[part]
    here[location[-1]] = value
    return changed


@UNHURRIED
@given(SAID)
def test_a_right_file_loads_the_same_however_it_is_written(said: dict[str, Any]) -> None:
    stack = loaded(said)
    assert load("campus", said) == stack
    assert load("campus", yaml.safe_load(yaml.safe_dump(said))) == stack
    assert load("campus", stack.model_dump(mode="json")) == stack
    assert pickle.loads(pickle.dumps(stack)) == stack
    assert copy.deepcopy(stack) == stack
    assert load("other", said) != stack


@UNHURRIED
@given(SAID)
def test_editors_accept_every_right_file(said: dict[str, Any]) -> None:
    loaded(said)
    SCHEMA.validate({"config": {f"openedx:{key}": value for key, value in said.items()}})


@UNHURRIED
@given(SAID)
def test_cookies_reach_lms_and_mfes_alike(said: dict[str, Any]) -> None:
    site = loaded(said).site
    for host in (site.lms_host, site.mfe_host):
        assert host == site.cookie_domain or host.endswith(f".{site.cookie_domain}")


@UNHURRIED
@given(SAID, st.data())
def test_an_unknown_key_is_refused_by_its_name_wherever_it_is(
    said: dict[str, Any], data: st.DataObject
) -> None:
    maps = [location for location in [(), *places_in(said)] if _is_closed_map(said, location)]
    location = (*data.draw(st.sampled_from(maps)), "colour")
    with pytest.raises(ConfigError) as caught:
        load("campus", replaced(said, location, "red"))
    assert any(line.startswith(f"{key_of(location)}: unknown key") for line in caught.value.problems)


def _is_closed_map(said: dict[str, Any], location: Location) -> bool:
    if location == ("services",):  # its keys are names of services, whose words are of their own
        return False
    here: Any = said
    for part in location:
        here = here[part]
    return isinstance(here, dict) and any(sections(_annotation(said, location)))


def _annotation(said: dict[str, Any], location: Location) -> Any:
    """What the models expect at a place, with the branches that the file itself chooses."""
    path: list[int | str] = []
    here: Any = said
    for part in location:
        path.append(part)
        here = here[part]
        if isinstance(here, dict) and "source" in here and isinstance(here["source"], str):
            path.append(here["source"])
    return place(Stack, path).annotation


@UNHURRIED
@given(SAID, st.data())
def test_every_faulty_key_is_named_at_once(said: dict[str, Any], data: st.DataObject) -> None:
    typed = [
        location
        for location in places_in(said)
        if _annotation(said, location) in (str, int, bool) and location[-1] != "source"
    ]
    faulty = data.draw(st.lists(st.sampled_from(typed), min_size=1, max_size=5, unique=True))
    for location in faulty:
        said = replaced(said, location, {"not": ["what", "belongs", "here"]})
    with pytest.raises(ConfigError) as caught:
        load("campus", said)
    for location in faulty:
        assert any(line.startswith(f"{key_of(location)}: a map is not ") for line in caught.value.problems)


@UNHURRIED
@given(
    st.dictionaries(st.text(max_size=8) | st.sampled_from(sorted(Stack.model_fields)), ANYTHING, max_size=5)
)
def test_nonsense_is_explained_and_never_a_traceback(said: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        load("campus", said)
    assert all(problem.startswith("openedx:") for problem in caught.value.problems)


@UNHURRIED
@given(SAID, ANYTHING, st.data())
def test_one_wrong_value_is_explained_and_never_a_traceback(
    said: dict[str, Any], value: Any, data: st.DataObject
) -> None:
    location = data.draw(st.sampled_from(list(places_in(said))))
    for placeholders in (False, True):
        try:
            load("campus", replaced(said, location, value), placeholders=placeholders)
        except ConfigError as error:
            assert all(problem.startswith("openedx:") for problem in error.problems)
            assert "\n" not in "".join(error.problems)
