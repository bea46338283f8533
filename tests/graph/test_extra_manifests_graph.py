"""Kubernetes objects of the operator's own join the graph: place, order, labels, secrets, policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from samples import LEAST
from shape import Record, find, names_before, of_kind

import policies
from openedx_infra.config import BaseStack, ConfigError, load
from openedx_infra.operations.offline.check import recorded as recorded_by_check
from openedx_infra.operations.secrets.secrets import stand_ins

QUOTA: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "campus", "labels": {"team": "campus"}},
    "spec": {"hard": {"pods": "50"}},
}
LOGIN: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "campus-login"},
    "stringData": {"password": {"secret": "lti"}},
}
AGENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "agent"},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "agent", "image": "registry.example.org/agent:1"}]},
        },
    },
}


def with_manifests(**manifests: Any) -> dict[str, Any]:
    return {**LEAST, "extras": {"manifests": manifests}}


def test_objects_have_the_instance_s_namespace_and_labels(recorded: Record) -> None:
    elsewhere = {**QUOTA, "metadata": {"name": "campus", "namespace": "other"}}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "campus"},
    }
    graph = recorded(
        with_manifests(
            mine={"objects": [QUOTA]},
            others={"objects": [elsewhere, {**role, "rules": []}], "anywhere": True},
        )
    )
    mine = graph.object(find(graph, "ResourceQuota", "manifest-mine-resourcequota-campus"))
    assert mine["metadata"]["namespace"] == graph.outputs["namespace"]
    assert mine["metadata"]["labels"]["team"] == "campus"
    assert mine["metadata"]["labels"]["app.kubernetes.io/component"] == "manifest-mine"
    assert mine["spec"] == QUOTA["spec"] and mine["apiVersion"] == "v1"
    other = graph.object(find(graph, "ResourceQuota", "manifest-others-resourcequota-other-campus"))
    assert other["metadata"]["namespace"] == "other"
    cluster = graph.object(find(graph, "ClusterRole", "manifest-others-clusterrole-campus"))
    assert "namespace" not in cluster["metadata"]
    types = {each.type for each in of_kind(graph, "ResourceQuota", "ClusterRole")}
    assert types == {
        "kubernetes:core/v1:ResourceQuota",
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    }


def test_secrets_are_put_in_and_marked(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    said = with_manifests(mine={"objects": [LOGIN]})
    graph, stack = recorded(said), load("dev", said)
    secret = find(graph, "Secret", "manifest-mine-secret-campus-login")
    shown = graph.objects(reveal_secrets=True)
    [found] = [each for each in shown if each["metadata"].get("name") == "campus-login"]
    assert found["stringData"] == {"password": needed(stack)["lti"]}
    assert needed(stack)["lti"] not in str(graph.object(secret))
    assert policies.check(graph, stack, needed(stack)) == []


def test_migrations_wait_for_those_that_come_first_and_others_for_set_up(recorded: Record) -> None:
    graph = recorded(
        with_manifests(early={"objects": [QUOTA], "before_platform": True}, late={"objects": [LOGIN]})
    )
    early, late = "manifest-early-resourcequota-campus", "manifest-late-secret-campus-login"
    assert f"ResourceQuota {early}" in names_before(graph, find(graph, "Job", "lms-migrate"))
    assert "Namespace namespace" in names_before(graph, find(graph, "ResourceQuota", early))
    assert "Job studio-setup" not in names_before(graph, find(graph, "ResourceQuota", early))
    assert "Job studio-setup" in names_before(graph, find(graph, "Secret", late))


def test_pods_are_judged_unless_a_reason_is_given(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    said = with_manifests(mine={"objects": [AGENT]})
    stack = load("dev", said)
    refused = policies.check(recorded(said), stack, needed(stack))
    assert {"unprivileged", "sized", "tokenless", "nobody_of_the_node"} <= {each.rule for each in refused}
    assert {each.where for each in refused} == {"Deployment agent"}
    excepted = with_manifests(mine={"objects": [AGENT], "reason": "the campus' agent reads logs of nodes"})
    graph = recorded(excepted)
    assert policies.check(graph, load("dev", excepted), needed(stack)) == []
    found = graph.object(find(graph, "Deployment", "manifest-mine-deployment-agent"))
    assert found["metadata"]["annotations"]["openedx-infra/exception"].startswith("the campus")
    unpinned = {**AGENT, "spec": {**AGENT["spec"], "template": _unpinned()}}
    said = with_manifests(mine={"objects": [unpinned], "reason": "the campus' agent reads logs of nodes"})
    refused = policies.check(recorded(said), load("dev", said), needed(stack))
    assert {each.rule for each in refused} == {"pinned_images"}, (
        "no reason excuses an image without a version"
    )


def _unpinned() -> dict[str, Any]:
    template: dict[str, Any] = AGENT["spec"]["template"]
    return {**template, "spec": {"containers": [{"name": "agent", "image": "registry.example.org/agent"}]}}


def problems(said: dict[str, Any]) -> list[str]:
    stack = load("dev", said)
    with pytest.raises(ConfigError) as caught:
        recorded_by_check(stack, stand_ins(stack))
    return list(caught.value.problems)


def test_names_of_other_objects_are_refused() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "lms"}, "spec": {"ports": []}}
    theirs = {**QUOTA, "metadata": {"name": "campus"}}
    assert problems(with_manifests(mine={"objects": [service, QUOTA]}, again={"objects": [theirs]})) == [
        "openedx:extras.manifests.mine: Service lms is an object of this program's own, which only "
        "openedx:overrides may change: choose another name",
        "openedx:extras.manifests.again: ResourceQuota campus is in `mine`, too: leave one of them out",
    ]


def test_the_same_name_in_another_namespace_or_of_another_kind_is_free(recorded: Record) -> None:
    other = {**QUOTA, "kind": "LimitRange", "spec": {"limits": []}, "metadata": {"name": "lms"}}
    elsewhere = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "lms", "namespace": "other"}}
    graph = recorded(with_manifests(mine={"objects": [other, elsewhere], "anywhere": True}))
    service = graph.object(find(graph, "Service", "manifest-mine-service-other-lms"))
    assert service["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
