"""The number of pods stays right when an autoscaler takes over, rests, and leaves again.

The autoscaler is Kubernetes' own. Nobody measures pods here, so that it keeps its bounds and does no more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from instances import FirstUp, Instance
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.types import on_error_stop

from openedx_infra.operations.cluster.run_job import run_job

pytestmark = pytest.mark.engine

ScaledObject = create_namespaced_resource("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects")
SECONDS = 90.0
"""Until the autoscaler has looked: it does so every 15 seconds."""
STORAGE = {"storage": {"source": "in-cluster"}, "protect": False}
MOVED = {"moved": ["storage"]}


@pytest.fixture(scope="module")
def scaled(first_up: FirstUp) -> Iterator[Instance]:
    """The instance `dev` with files that pods on all nodes reach, and three pods of the LMS."""
    instance = first_up.instance
    before = instance.file.read_text()
    said = yaml.safe_load(before)["config"].get("openedx:datastores", {})
    # A run that is over and kept for its log holds the volumes that are to go.
    run_job(instance.client, "duty-instructor-tasks", print)
    instance.say(datastores={**said, **STORAGE, **MOVED}, sizing={"lms": {"replicas": 3}})
    said_of_it = instance.up()
    assert "Job duty-instructor-tasks" in said_of_it.out and "its volume is being deleted" in said_of_it.out
    yield instance
    instance.file.write_text(before)
    for there in (STORAGE, MOVED):  # the first move must be over before the way back is one
        instance.say(datastores={**said, **there})
        instance.up()
    instance.file.write_text(before)
    instance.up()
    assert instance.objects() == instance.believed(), "others find it as it was"


def size(**lms: Any) -> dict[str, Any]:
    return {"sizing": {"lms": lms}}


def number(instance: Instance) -> int | None:
    spec = instance.client.get(Deployment, "lms").spec
    assert spec
    return spec.replicas


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.5)


@contextmanager
def numbers(instance: Instance) -> Iterator[list[int]]:
    """All numbers of pods that the LMS should have had within the block."""
    seen: list[int] = []
    client = instance.client

    def watch() -> None:
        for _, found in client.watch(Deployment, fields={"metadata.name": "lms"}, on_error=on_error_stop):
            if found.spec and found.spec.replicas is not None:
                seen.append(found.spec.replicas)

    threading.Thread(target=watch, daemon=True).start()
    until(lambda: bool(seen), "the watch begins")
    yield seen
    time.sleep(1)


def test_an_autoscaler_takes_over_and_decides(scaled: Instance) -> None:
    assert number(scaled) == 3

    # It takes over: nobody stops a pod.
    scaled.say(**size(autoscaling={"min": 2, "max": 6}))
    with numbers(scaled) as seen:
        scaled.up()
        time.sleep(20)  # it has looked once
    assert set(seen) == {3}, seen
    assert scaled.client.get(HorizontalPodAutoscaler, "lms")
    scaled.demand_unchanged()

    # It decides, and a change of something else leaves that as it is.
    scaled.say(**size(autoscaling={"min": 4, "max": 6}))
    scaled.up()
    until(lambda: number(scaled) == 4, "the autoscaler starts a fourth pod")
    scaled.say(**size(autoscaling={"min": 4, "max": 6}, memory_limit="2700Mi"))
    with numbers(scaled) as seen:
        scaled.up()
    assert set(seen) == {4}, seen


@pytest.mark.long
def test_it_rests_and_keda_takes_over_from_it_and_leaves(scaled: Instance) -> None:
    scaled.say(**size(autoscaling={"min": 4, "max": 6}))
    scaled.up()
    until(lambda: number(scaled) == 4, "the autoscaler starts a fourth pod")

    # All rests, and nobody starts a pod; then there are as many as before.
    scaled.say(maintenance={"pause": True})
    scaled.up()
    time.sleep(20)
    assert number(scaled) == 0
    assert list(scaled.client.list(HorizontalPodAutoscaler)) == []
    scaled.say(maintenance=None)
    scaled.up()
    until(lambda: number(scaled) == 4, "the autoscaler starts pods after the pause")

    # KEDA takes over from it: the number stays, and there is one owner.
    scaled.say(cluster={"keda": True})
    with numbers(scaled) as seen:
        scaled.up()
    assert set(seen) == {4}, seen
    assert list(scaled.client.list(HorizontalPodAutoscaler)) == []
    assert [each.metadata.name for each in scaled.client.list(ScaledObject) if each.metadata] == ["lms"]

    # And back to a number.
    scaled.say(cluster=None, **size(replicas=2))
    scaled.up()
    assert number(scaled) == 2
    assert list(scaled.client.list(ScaledObject)) == []
    scaled.demand_unchanged()
