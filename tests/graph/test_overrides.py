"""Overrides change what they name, and are refused when they match nothing."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from shape import Record, find, of_kind

from openedx_infra.kubernetes.overrides.patches import merged

LEAST = {"site": {"lms_host": "learn.example.org"}}


def _with(*overrides: dict[str, Any]) -> dict[str, Any]:
    return {**LEAST, "overrides": list(overrides)}


def test_a_patch_is_merged_into_the_object(recorded: Record) -> None:
    patch = {"spec": {"replicas": 7, "template": {"spec": {"priorityClassName": "learners"}}}}
    said = _with({"kind": "Deployment", "name": "lms", "patch": patch})
    before, after = recorded(), recorded(said)
    old = before.object(find(before, "Deployment", "lms"))
    new = after.object(find(after, "Deployment", "lms"))
    assert new == merged(old, patch)
    assert new["spec"]["template"]["spec"]["priorityClassName"] == "learners"
    assert new["spec"]["template"]["spec"]["containers"] == old["spec"]["template"]["spec"]["containers"]


def test_a_field_of_an_object_whose_name_python_spells_otherwise_is_merged(recorded: Record) -> None:
    patch = {"stringData": {"more": "x"}}
    after = recorded(_with({"kind": "Secret", "name": "lms-setup-secrets", "patch": patch}))
    secret = after.object(find(after, "Secret", "lms-setup-secrets"))
    assert set(secret["stringData"]) == {"studio_oauth2_secret", "more"}
    assert "string_data" not in secret


def test_nothing_else_is_patched(recorded: Record) -> None:
    said = _with({"kind": "Service", "name": "lms", "patch": {"metadata": {"labels": {"seen": "yes"}}}})
    graph = recorded(said)
    seen = [
        r.name for r in graph.resources if r.is_object and "seen" in graph.object(r)["metadata"]["labels"]
    ]
    assert seen == ["lms"]
    assert find(graph, "Service", "lms").props["metadata"]["labels"]["seen"] == "yes"


def test_every_kind_can_be_patched_without_other_changes(recorded: Record) -> None:
    """Typed arguments become plain maps on the way: each field must arrive under its name in Kubernetes."""
    before = recorded()
    kinds = sorted({resource.kind for resource in before.resources if resource.is_object})
    patch = {"metadata": {"annotations": {"note": "x"}}}
    targets = [(kind, of_kind(before, kind)[-1].name) for kind in kinds]
    after = recorded(_with(*({"kind": kind, "name": name, "patch": patch} for kind, name in targets)))
    for kind, name in targets:
        old = before.object(find(before, kind, name), reveal_secrets=True)
        assert after.object(find(after, kind, name), reveal_secrets=True) == merged(old, patch)


def test_a_patched_pod_still_waits_for_what_it_mounts(recorded: Record) -> None:
    said = _with({"kind": "Deployment", "name": "lms", "patch": {"spec": {"replicas": 7}}})
    before, after = recorded(), recorded(said)
    assert find(after, "Deployment", "lms").depends_on == find(before, "Deployment", "lms").depends_on


def test_patches_of_one_object_add_up(recorded: Record) -> None:
    first = {"kind": "Deployment", "name": "mfe", "patch": {"spec": {"replicas": 2, "minReadySeconds": 5}}}
    second = {"kind": "Deployment", "name": "mfe", "patch": {"spec": {"replicas": 3}}}
    graph = recorded(_with(first, second))
    spec = graph.object(find(graph, "Deployment", "mfe"))["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (3, 5)


def test_all_that_match_nothing_are_named_at_once(recorded: Record) -> None:
    patch: dict[str, Any] = {"patch": {"spec": {}}}
    said = _with(
        {"kind": "Deployment", "name": "lsm", **patch},
        {"kind": "Deployment", "name": "lms", **patch},
        {"kind": "CronJob", "name": "lms", **patch},
    )
    with pytest.raises(pulumi.RunError) as caught:
        recorded(said)
    text = str(caught.value)
    assert "2 errors" in text
    assert "openedx:overrides[0]: no Deployment is called lsm" in text
    assert "openedx:overrides[2]: no CronJob is called lms" in text
    assert "overrides[1]" not in text


def test_a_container_keeps_what_a_patch_is_silent_about(recorded: Record) -> None:
    containers = [{"name": "lms", "env": [{"name": "NEW", "value": "x"}]}]
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    before, after = recorded(), recorded(_with({"kind": "Deployment", "name": "lms", "patch": patch}))
    (old,), (new,) = (
        graph.object(find(graph, "Deployment", "lms"))["spec"]["template"]["spec"]["containers"]
        for graph in (before, after)
    )
    assert new == {**old, "env": [*old.get("env", []), {"name": "NEW", "value": "x"}]}


def test_a_typo_is_refused_before_anything_is_registered(recorded: Record) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "lms", "resorces": {}}]}}}}
    with pytest.raises(pulumi.RunError) as caught:
        recorded(_with({"kind": "Deployment", "name": "lms", "patch": patch}))
    text = str(caught.value)
    assert "openedx:overrides[0].patch.spec.template.spec.containers[0].resorces" in text
    assert "did you mean `resources`?" in text
