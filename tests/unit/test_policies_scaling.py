"""The rules on numbers of pods let pass one who decides, and refuse two."""

from __future__ import annotations

from typing import Any

import pytest
from lawful import right

from policies.rules import judge_objects

HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 2,
        "maxReplicas": 4,
    },
}
KEDA = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "spec": {"scaleTargetRef": {"name": "web"}, "minReplicaCount": 2, "maxReplicaCount": 4},
}


def complaints(objects: dict[str, dict[str, Any]], *scalers: dict[str, Any]) -> set[tuple[str, str]]:
    like = objects["Deployment"]["metadata"]
    made = [{**scaler, "metadata": like} for scaler in scalers]
    return {(found.where, found.rule) for found in judge_objects([*objects.values(), *made])}


def scaled() -> dict[str, dict[str, Any]]:
    objects = right()
    del objects["Deployment"]["spec"]["replicas"]
    return objects


@pytest.mark.parametrize("scaler", [HPA, KEDA])
def test_one_who_decides_is_let_pass(scaler: dict[str, Any]) -> None:
    assert complaints(scaled(), scaler) == set()


@pytest.mark.parametrize("scaler", [HPA, KEDA])
def test_a_number_beside_an_autoscaler_is_refused(scaler: dict[str, Any]) -> None:
    assert complaints(right(), scaler) == {("Deployment web", "one_scaler")}


def test_two_autoscalers_are_refused() -> None:
    assert complaints(scaled(), HPA, KEDA) == {("Deployment web", "one_scaler")}


@pytest.mark.parametrize("scaler", [HPA, KEDA])
def test_several_pods_by_an_autoscaler_need_a_budget(scaler: dict[str, Any]) -> None:
    objects = scaled()
    del objects["PodDisruptionBudget"]
    assert complaints(objects, scaler) == {("Deployment web", "evictable")}
    few = {**scaler["spec"], **{key: 1 for key in scaler["spec"] if key.startswith("min")}}
    assert complaints(objects, {**scaler, "spec": few}) == {("Deployment web", "evictable")}


@pytest.mark.parametrize("scaler", [HPA, KEDA])
def test_no_budget_is_needed_where_nothing_can_run(scaler: dict[str, Any]) -> None:
    objects = scaled()
    del objects["PodDisruptionBudget"]
    objects["Deployment"]["spec"]["replicas"] = 0
    assert complaints(objects, scaler) == set()
