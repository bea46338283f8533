"""Requests of an instance's pods fit the machines that the examples are for."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST, decided

from openedx_infra.config import load
from openedx_infra.config.sections.cluster import Nodes
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.operations.offline.requests import Requests, problems, reservation

ROOT = Path(__file__).parents[2]
GIB = 2**30
EXAMPLES = {
    "docs/examples/Pulumi.evaluation.yaml": Decimal("3.6"),
    "docs/examples/Pulumi.server.yaml": Decimal("6.5"),
    "docs/examples/Pulumi.nodes.yaml": Decimal(3 * 15),
    "Pulumi.prod.yaml": Decimal(4 * 15),
}
"""GiB that the machines of each example have for pods: what is sold as 4 GB has some 3.7 GiB, and k3s' own
pods reserve 140 MiB."""


def gib(amount: Requests) -> Decimal:
    return amount.memory / GIB


def container(cpu: str, memory: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def workload(kind: str, name: str, replicas: int | None, **spec: Any) -> dict[str, Any]:
    inner = {"template": {"spec": spec}}
    return {"kind": kind, "metadata": {"name": name}, "spec": {"replicas": replicas, **inner}}


@pytest.mark.parametrize("path", EXAMPLES)
def test_examples_reserve_what_their_headers_tell(path: str, recorded: Callable[..., Graph]) -> None:
    values = decided(ROOT / path)
    reserved = reservation(recorded(values, name="campus").objects())
    header = " ".join((ROOT / path).read_text(encoding="utf-8").partition("config:")[0].split("\n# "))
    told = re.search(r"at most ([\d.]+) cores? and ([\d.]+) GiB of memory, and ([\d.]+) GiB while", header)
    assert told, header
    cpu, running, peak = map(Decimal, told.groups())
    assert reserved.running.cpu <= cpu
    assert running - Decimal("0.2") < gib(reserved.running) <= running
    assert peak - Decimal("0.2") < gib(reserved.peak) <= peak < EXAMPLES[path]
    nodes = load("campus", values).cluster.nodes
    assert nodes and problems([*recorded(values, name="campus").objects()], nodes) == []


def test_tiny_reserves_less_than_four_gib_with_every_kind_of_mail_and_files(
    recorded: Callable[..., Graph],
) -> None:
    for storage in ("volumes", "in-cluster"):
        values = {**LEAST, "sizing": {"profile": "tiny"}, "datastores": {"storage": {"source": storage}}}
        reserved = reservation(recorded(values, name="campus").objects())
        assert 2 < gib(reserved.running) < gib(reserved.peak) < Decimal("3.6")


@pytest.mark.parametrize("name", ["evaluation", "server"])
def test_one_server_needs_no_volume_that_k3s_can_not_provide(
    name: str, recorded: Callable[..., Graph]
) -> None:
    objects = recorded(decided(ROOT / f"docs/examples/Pulumi.{name}.yaml"), name="campus").objects()
    claims = [each["spec"] for each in objects if each["kind"] == "PersistentVolumeClaim"]
    assert len(claims) >= 6
    assert {mode for claim in claims for mode in claim["accessModes"]} == {"ReadWriteOnce"}
    assert not any(claim.get("storageClassName") for claim in claims)


def test_replicas_autoscalers_and_containers_before_others_count_as_the_scheduler_counts() -> None:
    web = workload("Deployment", "lms", None, containers=[container("500m", "1Gi")])
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "spec": {"minReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "lms"}},
    }
    server = workload(
        "StatefulSet",
        "mysql",
        2,
        containers=[container("1", "512Mi")],
        initContainers=[
            container("250m", "2Gi"),
            container("100m", "256Mi", restartPolicy="Always"),
        ],
    )
    job = workload("Job", "migrate", None, containers=[container("2", "768Mi")])
    found = reservation([web, scaler, server, job])
    assert found.running == Requests(cpu=Decimal("3.7"), memory=Decimal(7 * GIB))
    assert found.passing == Requests(cpu=Decimal(2), memory=Decimal(GIB))
    assert found.largest.memory == 2 * GIB


def test_servers_that_operators_run_count_with_their_members(recorded: Callable[..., Graph]) -> None:
    one = {"mysql": {"source": "operator"}}
    values = {**LEAST, "datastores": one, "sizing": {"mysql": {"memory": "1Gi"}}}
    more = {**values, "sizing": {"mysql": {"memory": "2Gi"}}}
    small, large = (reservation(recorded(each, name="a").objects()).running for each in (values, more))
    assert large.memory - small.memory == 3 * GIB, "three members grew"


def test_nodes_without_room_are_named_with_what_is_missing() -> None:
    pod = workload("Deployment", "lms", 3, containers=[container("500m", "1Gi")])
    assert problems([pod], None) == []
    assert problems([pod], Nodes(count=2, cpu="1", memory="2Gi")) == []
    [line] = problems([pod], Nodes(count=1, cpu="4", memory="3Gi"))
    assert line.startswith("openedx:cluster.nodes: 1 x 4 cores and 3.00 GiB")
    assert "1.5 cores and 3.00 GiB" in line and "0.5 cores and 1.00 GiB" in line
    [line] = problems([pod], Nodes(count=9, cpu="4", memory="512Mi"))
    assert "no node of 4 cores and 0.50 GiB" in line


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [
        ("2", "2"),
        ("250m", "0.25"),
        ("512Mi", "536870912"),
        ("1.5Gi", "1610612736"),
        ("1e3", "1000"),
        ("128974848", "128974848"),
        ("100M", "100000000"),
        ("0.5", "0.5"),
    ],
)
def test_quantities_of_all_forms_count(quantity: str, amount: str) -> None:
    """The last ones are of overrides alone."""
    pod = {"kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container("1", quantity)]}}
    assert reservation([pod]).largest.memory == Decimal(amount)
