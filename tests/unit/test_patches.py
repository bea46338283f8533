"""Is a patch merged as the reference says: maps key by key, everything else replaced whole?"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc
from pulumi_kubernetes.core.v1 import ContainerPortArgs, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.networking.v1 import IPBlockArgs

from openedx_infra.kubernetes.patches import merged, plain

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
    assert plain(spec) == {"clusterIP": "None", "ports": [{"port": 80, "targetPort": 8000}]}
    assert plain(IPBlockArgs(cidr="0.0.0.0/0", except_=["10.0.0.0/8"])) == {
        "cidr": "0.0.0.0/0",
        "except": ["10.0.0.0/8"],
    }
    assert plain({"ports": (ContainerPortArgs(container_port=1),)}) == {"ports": [{"containerPort": 1}]}


@pytest.mark.parametrize(
    "group",
    [
        "apps.v1",
        "autoscaling.v2",
        "batch.v1",
        "core.v1",
        "meta.v1",
        "networking.v1",
        "policy.v1",
        "rbac.v1",
    ],
)
def test_all_typed_arguments_are_named_as_pulumi_itself_names_them(group: str) -> None:
    module = importlib.import_module(f"pulumi_kubernetes.{group}")
    typed = [cls for name, cls in vars(module).items() if name.endswith("Args") and inspect.isclass(cls)]
    # Part of the status of a node alone, which nobody writes: its only field is called `Port`.
    odd = ("DaemonEndpointArgs",)
    for cls in (cls for cls in typed if cls.__name__ not in odd):
        value = cls(**{name: "x" for name in inspect.signature(cls).parameters})
        assert plain(value) == asyncio.run(rpc.serialize_property(value, [], None)), cls.__name__
