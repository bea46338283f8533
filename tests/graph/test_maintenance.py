"""The page comes before visitors are sent to it, and a pause stops the platform alone."""

from __future__ import annotations

from typing import Any

import pytest
from samples import LEAST
from shape import Record, find, label, names_before, of_kind

from openedx_infra.operations.offline.recording import Graph


@pytest.fixture(scope="module")
def worked_on(recorded: Record) -> Graph:
    sizing = {"mfe": {"replicas": 2}, "lms": {"replicas": 3}}
    return recorded({**LEAST, "sizing": sizing, "maintenance": {"page": True, "pause": True}})


def _services(ingress: dict[str, Any]) -> set[str]:
    rules = ingress["spec"]["rules"]
    return {path["backend"]["service"]["name"] for rule in rules for path in rule["http"]["paths"]}


def test_the_hosts_of_the_site_lead_to_the_page_once_it_is_ready(worked_on: Graph) -> None:
    for name in ("lms", "studio", "mfe"):
        ingress = find(worked_on, "Ingress", name)
        assert _services(worked_on.object(ingress)) == {"maintenance"}
        assert "Deployment maintenance" in names_before(worked_on, ingress)


def test_no_pod_is_stopped_before_visitors_are_led_to_the_page(worked_on: Graph) -> None:
    """Else they got errors meanwhile: Traefik says 503, then 404, of a Service without pods."""
    for name in ("lms", "studio"):
        before = names_before(worked_on, find(worked_on, "Deployment", name))
        assert {"Ingress lms", "Ingress studio", "Ingress mfe"} <= before


def test_what_is_no_part_of_the_site_is_reached_as_before(worked_on: Graph) -> None:
    assert _services(worked_on.object(find(worked_on, "Ingress", "meilisearch"))) == {"meilisearch"}


def test_the_page_has_as_many_pods_as_the_mfes_and_their_network_policies(worked_on: Graph) -> None:
    page, mfe = (worked_on.object(find(worked_on, "Deployment", name)) for name in ("maintenance", "mfe"))
    assert page["spec"]["replicas"] == mfe["spec"]["replicas"] == 2
    label_of_both = {
        spec["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] for spec in (page, mfe)
    }
    assert label_of_both == {"caddy"}


def test_a_pause_stops_whatever_runs_the_platform_and_nothing_else(worked_on: Graph) -> None:
    image = worked_on.outputs["images"]["openedx"]
    for workload in of_kind(worked_on, "Deployment", "StatefulSet"):
        said = worked_on.object(workload)["spec"]
        [container] = said["template"]["spec"]["containers"]
        assert (said["replicas"] == 0) == (container["image"] == image), label(workload)
    for cron_job in of_kind(worked_on, "CronJob"):
        assert worked_on.object(cron_job)["spec"]["suspend"], label(cron_job)
    assert not of_kind(worked_on, "HorizontalPodAutoscaler", "ScaledObject")
    budgets = {budget.name for budget in of_kind(worked_on, "PodDisruptionBudget")}
    assert "lms" not in budgets


def test_a_site_that_is_not_worked_on_has_no_page(recorded: Record) -> None:
    assert not [resource for resource in recorded().resources if "maintenance" in resource.name]


def test_a_page_alone_stops_nobody(recorded: Record) -> None:
    graph = recorded({**LEAST, "maintenance": {"page": True}})
    assert graph.object(find(graph, "Deployment", "lms"))["spec"]["replicas"] > 0
