"""A patch is merged map by map, and lists with merge keys item by item; everything else is replaced whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openedx_infra.kubernetes.models import (
    IPBlockArgs,
    ServicePortArgs,
    ServiceSpecArgs,
)
from openedx_infra.kubernetes.overrides.patches import merged

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
MAPS = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        LEAVES, lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=8
    ),
    max_size=4,
)


def _at(value: Any, way: tuple[str, ...]) -> Any:
    for key in way:
        value = value[key]
    return value


def _ways(value: Any, way: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict) or not value:
        return [way]
    return [deeper for key, inner in value.items() for deeper in _ways(inner, (*way, key))]


@given(MAPS, MAPS)
def test_all_that_a_patch_says_is_so_afterwards(base: dict[str, Any], patch: dict[str, Any]) -> None:
    result = merged(base, patch)
    for way in _ways(patch):
        if _at(patch, way) != {}:
            assert _at(result, way) == _at(patch, way)


@given(MAPS, MAPS)
def test_what_a_patch_is_silent_about_stays(base: dict[str, Any], patch: dict[str, Any]) -> None:
    result = merged(base, patch)
    for key in base.keys() - patch.keys():
        assert result[key] == base[key]


@given(MAPS, MAPS)
def test_patching_twice_is_patching_once(base: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merged(base, patch)
    assert merged(once, patch) == once


@given(MAPS, MAPS)
def test_nothing_given_is_changed(base: dict[str, Any], patch: dict[str, Any]) -> None:
    before = repr((base, patch))
    merged(base, patch)
    assert repr((base, patch)) == before


def test_typed_arguments_get_the_names_of_kubernetes() -> None:
    spec = ServiceSpecArgs(cluster_ip="None", ports=[ServicePortArgs(port=80, target_port=8000)])
    assert spec == {"clusterIP": "None", "ports": [{"port": 80, "targetPort": 8000}]}
    assert IPBlockArgs(cidr="0.0.0.0/0", except_=["10.0.0.0/8"]) == {
        "cidr": "0.0.0.0/0",
        "except": ["10.0.0.0/8"],
    }


POD = {
    "containers": [
        {"name": "lms", "image": "a", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"name": "metrics", "image": "b"},
    ],
    "tolerations": [{"key": "old"}],
    "args": ["one", "two"],
}


def test_items_with_a_key_are_merged_and_new_ones_added() -> None:
    patch = {
        "containers": [{"name": "lms", "env": [{"name": "B", "value": "9"}]}, {"name": "proxy", "image": "c"}]
    }
    containers = merged(POD, patch)["containers"]
    assert [each["name"] for each in containers] == ["lms", "metrics", "proxy"]
    assert containers[0] == {
        "name": "lms",
        "image": "a",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "9"}],
    }
    assert merged(merged(POD, patch), patch) == merged(POD, patch)


def test_items_are_deleted_and_lists_replaced_when_a_patch_demands_it() -> None:
    gone = merged(POD, {"containers": [{"name": "metrics", "$patch": "delete"}]})
    assert [each["name"] for each in gone["containers"]] == ["lms"]
    only = merged(POD, {"containers": [{"$patch": "replace"}, {"name": "x"}]})
    assert only["containers"] == [{"name": "x"}]


def test_lists_without_keys_are_replaced() -> None:
    assert merged(POD, {"tolerations": [{"key": "new"}]})["tolerations"] == [{"key": "new"}]
    assert merged(POD, {"args": ["three"]})["args"] == ["three"]


def test_ports_are_told_apart_by_what_their_object_calls_them() -> None:
    service = {"ports": [{"port": 80, "name": "http"}, {"port": 443, "name": "https"}]}
    changed = merged(service, {"ports": [{"port": 443, "nodePort": 30443}]})
    assert changed["ports"] == [
        {"port": 80, "name": "http"},
        {"port": 443, "name": "https", "nodePort": 30443},
    ]
