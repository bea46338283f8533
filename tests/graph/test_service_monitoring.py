"""Metrics and alerts of companion services, where the stack has Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from samples import LEAST
from shape import find

import policies
from openedx_infra import testing
from openedx_infra.config import load
from openedx_infra.config.services import registry
from openedx_infra.monitoring.facts import monitoring_facts
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.secrets.secrets import stand_ins

WATCHED = {"monitoring": {"prometheus": True, "prometheus_namespace": "monitoring"}}


@pytest.fixture(autouse=True)
def gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service with metrics and an alert."""
    monkeypatch.setattr(registry, "BUILT_IN", {"gallery": "sample_services:GALLERY"})


def _graph(more: Mapping[str, Any] = WATCHED) -> Graph:
    stack = load("dev", {**LEAST, "services": {"gallery": {}}, **more})
    values = stand_ins(stack)
    graph = record(stack, values)
    assert policies.check(graph, stack, values) == []
    return graph


def test_prometheus_is_told_of_its_metrics_and_let_in() -> None:
    graph = _graph()
    spec = graph.object(find(graph, "ServiceMonitor", "gallery-index"))["spec"]
    assert spec["endpoints"] == [{"port": "tcp", "interval": "30s", "path": "/_prometheus"}]
    assert spec["selector"]["matchLabels"]["app.kubernetes.io/component"] == "gallery-index"
    assert not [each for each in graph.resources if (each.kind, each.name) == ("ServiceMonitor", "gallery")]
    policy = graph.object(find(graph, "NetworkPolicy", "to-gallery-index"))["spec"]
    [rule] = policy["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}
    assert rule["ports"] == [{"protocol": "TCP", "port": 9200}]


def test_alerts_bring_their_remedy_along() -> None:
    graph = _graph()
    groups = graph.object(find(graph, "PrometheusRule", "openedx"))["spec"]["groups"]
    [group] = [each for each in groups if each["name"].endswith(".service-gallery")]
    [rule] = group["rules"]
    namespace = load("dev", LEAST).namespace
    assert rule["expr"] == f'gallery_index_age_seconds{{namespace="{namespace}"}} > 3600'
    assert (rule["for"], rule["labels"]["severity"]) == ("10m", "warning")
    assert rule["annotations"]["remedy"] == "Look at the log of gallery-index."
    assert all("remedy" not in each["annotations"] for other in groups[:-1] for each in other["rules"])


def test_without_prometheus_nothing_of_it_is_there() -> None:
    graph = _graph({})
    assert not [each for each in graph.resources if each.kind in ("ServiceMonitor", "PrometheusRule")]
    assert not [each for each in graph.resources if each.name == "to-gallery-index"]
    off = load("dev", {**LEAST, **WATCHED, "services": {"gallery": {"enabled": False}}})
    assert monitoring_facts(off).services == {}


def test_the_kit_refuses_metrics_that_visitors_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", {"tattler": "sample_services:TATTLER"})
    assert "process tattler: visitors reach /metrics: narrow its public paths" in testing.problems("tattler")
