"""A patch is merged map by map, key by key; everything else is replaced whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openedx_infra.kubernetes.models import (
    IPBlockArgs,
    ServicePortArgs,
    ServiceSpecArgs,
)
from openedx_infra.kubernetes.patches import merged

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
