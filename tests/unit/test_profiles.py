"""Profiles lie below what is configured, key by key, and each of them is right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from said import said_for

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.sizing.autoscaling import PoolAutoscaling, WebAutoscaling
from openedx_infra.config.sizing.profiles import DEFAULT, NAMES, profile
from openedx_infra.config.sizing.sizing import Served, Sizing, Web, WorkerPool
from openedx_infra.config.types.quantities import memory_bytes

LEAST: dict[str, Any] = {
    "site": {"lms_host": "learn.example.org"},
    "datastores": {"storage": {"source": "in-cluster"}},
}
EVERY = pytest.mark.parametrize("name", NAMES)


def sizing(**said: Any) -> Sizing:
    return load("campus", {**LEAST, "sizing": said}).sizing


def memory(found: Sizing, workload: str) -> int:
    return memory_bytes(getattr(found, workload).memory_ceiling)


def test_the_default_is_small_and_says_nothing_of_its_own() -> None:
    assert sizing() == sizing(profile="small") and profile("small")["sizes"] == {}
    assert DEFAULT == "small"


def test_tiny_has_one_pod_for_the_workers_of_each_site() -> None:
    tiny = sizing(profile="tiny")
    for pools in (tiny.lms_workers, tiny.studio_workers):
        assert [(pool.least, pool.concurrency) for pool in pools.values()] == [(1, 1)]


@EVERY
def test_each_profile_is_right_and_says_its_sources(name: str) -> None:
    assert sizing(profile=name).profile == name
    known = profile(name)
    assert known["sizes"].keys() <= known["sources"].keys()
    assert known["sources"].keys() <= Sizing.model_fields.keys()
    assert all(known["sources"].values())


@EVERY
def test_a_profile_leaves_no_default_of_a_workload_half_said(name: str) -> None:
    """What it does not say of a workload would be the default of `small`, which fits another size."""
    for workload, said in profile(name)["sizes"].items():
        default = Sizing.model_fields[workload].default
        if not workload.endswith("_workers"):
            assert default.model_fields_set <= said.keys(), workload


@EVERY
def test_where_an_autoscaler_could_decide_a_profile_says_no_number(name: str) -> None:
    found = sizing(profile=name)
    assert all(web.replicas is None for web in (found.lms, found.studio))
    pools = [*found.lms_workers.values(), *found.studio_workers.values()]
    assert all(pool.replicas is None for pool in pools)


@EVERY
def test_profiles_grow(name: str) -> None:
    """Each gives every workload as much as the one before, at least."""
    if name == NAMES[0]:
        return
    less, more = sizing(profile=NAMES[NAMES.index(name) - 1]), sizing(profile=name)
    assert more.lms.least >= less.lms.least and more.studio.least >= less.studio.least
    for workload in ("mysql", "mongodb", "broker", "cache", "search", "mfe"):
        assert memory(more, workload) >= memory(less, workload), workload


def test_one_field_is_changed_and_the_rest_stays() -> None:
    medium = sizing(profile="medium")
    changed = sizing(profile="medium", lms={"memory_limit": "4Gi", "autoscaling": {"max": 9}})
    assert medium.lms.autoscaling
    expected = {
        "memory_limit": "4Gi",
        "autoscaling": medium.lms.autoscaling.model_copy(update={"max": 9}),
    }
    assert changed.lms == medium.lms.model_copy(update=expected)
    assert changed.model_copy(update={"lms": medium.lms}) == medium


def test_a_number_takes_the_place_of_the_profile_s_autoscaling() -> None:
    found = sizing(profile="large", lms={"replicas": 3}, studio={"autoscaling": None})
    assert found.lms.autoscaling is None and found.lms.replicas == found.lms.least == 3
    assert found.studio.autoscaling is None and found.studio.least == 1


def test_pools_that_are_said_are_all_there_are() -> None:
    pools = {"all": {"queues": ["default", "high", "high_mem"]}}
    found = sizing(profile="large", lms_workers=pools)
    assert found.lms_workers == {"all": WorkerPool(queues=("default", "high", "high_mem"))}
    assert found.studio_workers == sizing(profile="large").studio_workers


@settings(deadline=None)
@given(name=st.sampled_from(NAMES), said=said_for(Sizing))
def test_what_is_said_wins_over_every_profile(name: str, said: dict[str, Any]) -> None:
    try:
        found = load("campus", {**LEAST, "sizing": {**said, "profile": name}}).sizing
    except ConfigError as error:
        # A limit that is said may be below what the profile reserves, and so on.
        assert all("openedx:sizing" in line for line in error.problems)
        return
    for workload, fields in said.items():
        if workload.endswith("_workers") or not isinstance(fields, dict):
            continue
        for key, value in fields.items():
            assert getattr(getattr(found, workload), key) == value, (workload, key)


@given(name=st.sampled_from(NAMES))
def test_a_loaded_stack_loads_again(name: str) -> None:
    stack = load("campus", {**LEAST, "sizing": {"profile": name}})
    assert load("campus", stack.model_dump(mode="json")) == stack


@given(low=st.integers(1, 200), high=st.integers(1, 200), cpu=st.none() | st.integers(10, 1000))
def test_bounds_are_right_or_refused(low: int, high: int, cpu: int | None) -> None:
    said = {"autoscaling": {"min": low, "max": high, "cpu_percent": cpu}}
    try:
        stack = load("campus", {**LEAST, "sizing": {"lms": said}})
    except ConfigError as error:
        assert low > high or cpu is None
        assert len(error.problems) == (low > high) + (cpu is None)
        return
    assert isinstance(stack, Stack) and low <= high and cpu is not None and stack.sizing.lms.least == low


def test_paces_are_those_of_mit() -> None:
    web, pool = WebAutoscaling(max=2), PoolAutoscaling(max=2)
    assert (web.up_after_seconds, web.up_percent) == (60, 50)
    assert (web.down_after_seconds, web.down_percent) == (1500, 10)
    assert (pool.up_after_seconds, pool.down_after_seconds) == (300, 1800)
    assert (pool.down_pods, pool.down_every_seconds) == (1, 300)


def test_only_what_can_be_autoscaled_has_no_number_by_default() -> None:
    assert Web(cpu="1", memory="1Gi").least == 1
    assert Served(cpu="1", memory="1Gi").replicas == 1
