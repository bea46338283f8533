"""Pulumi waits longer for pods than Kubernetes may need: to become ready, and to end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from shape import ENDING, WORKLOADS, Record, label, of_kind

from openedx_infra.operations.offline.recording import Graph, Registered

SITE = {"lms_host": "learn.example.org"}
LARGE = {"site": SITE, "datastores": {"storage": {"source": "in-cluster"}}, "sizing": {"profile": "large"}}
PULLING = 600
"""Seconds for a node, volumes and images, where Kubernetes itself counts no progress: of a StatefulSet."""
SECONDS_EACH = 60
"""Seconds of each further pod of a roll-out, one after the other."""
ENDING_SECONDS = 600
"""Seconds beyond the grace until objects are gone: what Pulumi has where nothing else is set."""


@pytest.fixture(params=["least", "everything", "large"])
def sized(request: pytest.FixtureRequest, recorded: Record, everything: dict[str, Any]) -> Graph:
    return recorded({"least": {"site": SITE}, "everything": everything, "large": LARGE}[request.param])


def test_a_job_fails_by_its_own_deadline(sized: Graph) -> None:
    """Kubernetes gives up first, and says why; then Pulumi, which would only say that it took too long."""
    for job in of_kind(sized, "Job"):
        assert sized.object(job)["spec"]["activeDeadlineSeconds"] < _patience(job, "create")


def test_every_pod_may_use_the_whole_time_of_its_startup_probe(sized: Graph) -> None:
    """MySQL may recover for 900 s. Pulumi gave up after exactly as many."""
    most = _most(sized)
    for workload in of_kind(sized, "Deployment", "StatefulSet"):
        spec = sized.object(workload)["spec"]
        further = max(0, most.get(workload.name, spec.get("replicas", 1)) - 1)
        needed = spec.get("progressDeadlineSeconds", PULLING) + _startup(spec) + SECONDS_EACH * further
        for verb in ("create", "update"):
            assert _patience(workload, verb) > needed, f"{label(workload)}: {verb}"


def test_every_deletion_waits_for_the_whole_grace(sized: Graph) -> None:
    """Deployments are deleted after their pods, and a worker may end a task for hours."""
    longest = 0
    for workload in of_kind(sized, *set(WORKLOADS) - {"CronJob"}):
        grace = _pod(sized.object(workload)["spec"])["terminationGracePeriodSeconds"]
        assert _patience(workload, "delete") >= grace + ENDING_SECONDS, label(workload)
        longest = max(longest, grace)
    assert longest > ENDING_SECONDS, "no pod has a grace that Pulumi's default would not have covered"


def test_nobody_waits_for_runs_of_a_clock(sized: Graph) -> None:
    """So that they need no timeouts."""
    for each in of_kind(sized, "CronJob"):
        assert sized.object(each)["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true", label(each)
    assert set(ENDING) == {"Job", "CronJob"}


def _most(graph: Graph) -> dict[str, int]:
    """The most pods that an autoscaler may start, by Deployment."""
    return {
        each.name: int(spec.get("maxReplicas") or spec["maxReplicaCount"])
        for each in of_kind(graph, "HorizontalPodAutoscaler", "ScaledObject")
        for spec in [graph.object(each)["spec"]]
    }


def _pod(spec: Mapping[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = spec["template"]["spec"]
    return pod


def _startup(spec: Mapping[str, Any]) -> float:
    """Seconds until the startup probes of a pod's containers have given up."""
    probes = [each.get("startupProbe") for each in _pod(spec)["containers"]]
    return sum(probe["periodSeconds"] * probe["failureThreshold"] for probe in probes if probe)


def _patience(resource: Registered, verb: str) -> int:
    return int(resource.custom_timeouts[verb].removesuffix("s"))
