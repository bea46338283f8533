"""Changes under load: containers that really run, visitors who never stop, tasks in the queues."""

from __future__ import annotations

import time

import httpx2
import pytest
from changes import ask, require_unnoticed, under_load
from instances import COMPONENT
from lightkube.resources.core_v1 import Pod
from machine import FIRST, SECOND, until
from rows import Running

pytestmark = pytest.mark.containers

RECOVERY = 180.0
"""Seconds after which visitors must be served again, whatever was killed."""


def test_the_instance_serves(running: Running) -> None:
    hosts = running.hosts
    heartbeat = ask(running, hosts.lms, "/heartbeat")
    assert heartbeat.status_code == 200, heartbeat.text
    assert {each["status"] for each in heartbeat.json().values()} == {True}
    assert ask(running, hosts.studio, "/").json()["site"] == "cms"
    assert "Learning" in ask(running, hosts.mfe, "/learning/").text
    static = ask(running, hosts.lms, "/").json()["static"]
    assert ask(running, hosts.lms, static).headers["content-type"] == "image/svg+xml"


def test_visitors_alone_meet_no_failure(running: Running) -> None:
    """What else is measured here is worth something only if this is true."""
    require_unnoticed(*under_load(running, "nothing", lambda: time.sleep(20)))


def test_changing_a_setting_is_not_noticed(running: Running) -> None:
    def change() -> None:
        running.instance.say(settings={"common": {"PLATFORM_NAME": "Under load"}})
        running.instance.up()

    require_unnoticed(*under_load(running, "a setting", change))
    assert ask(running, running.hosts.lms, "/").json()["name"] == "Under load"


def test_a_new_image_with_a_migration_is_not_noticed(running: Running, openedx: dict[str, str]) -> None:
    def change() -> None:
        running.instance.say(images={"openedx": openedx["2"]})
        running.instance.up()

    tally, lost = under_load(running, "an image with a migration", change)
    require_unnoticed(tally, lost)
    assert set(tally.versions) == {"1", "2"}
    # The entrance may lead to a pod of the former version as long as that one drains.
    until(lambda: ask(running, running.hosts.lms, "/").json()["version"] == "2", 30, "version 1 serves")


def test_rotating_a_secret_is_not_noticed(running: Running) -> None:
    def change() -> None:
        result = running.instance.run("secrets", "rotate", "django_secret_key", "--yes")
        assert result.code == 0, result.text
        running.instance.up()

    require_unnoticed(*under_load(running, "a secret", change))


def test_draining_a_node_is_not_noticed(running: Running) -> None:
    machine = running.machine
    assert machine.pods_on(FIRST) and machine.pods_on(SECOND)
    try:
        require_unnoticed(*under_load(running, "a drained node", lambda: machine.drain(SECOND)))
        assert not machine.pods_on(SECOND)
    finally:
        machine.uncordon(SECOND)


def kill(running: Running, component: str) -> list[str]:
    """Delete the pods of a component at once, as if their processes had died."""
    killed = []
    for pod in running.instance.client.list(Pod, labels={COMPONENT: component}):
        assert pod.metadata and pod.metadata.name and pod.metadata.uid
        running.instance.client.delete(Pod, pod.metadata.name, grace_period=0)
        killed.append(pod.metadata.uid)
    return killed


def serves_again(running: Running) -> bool:
    """Whether a visitor of each site gets a page, several times in turn."""
    hosts = (running.hosts.lms, running.hosts.studio)
    try:
        return all(ask(running, host, "/").status_code == 200 for host in hosts for _ in range(5))
    except httpx2.HTTPError:
        return False


@pytest.mark.parametrize("component", ["lms", "mysql", "mongodb", "broker"])
def test_what_is_killed_comes_back_by_itself(running: Running, component: str) -> None:
    def change() -> None:
        killed = kill(running, component)
        until(lambda: gone(running, killed), RECOVERY, f"pods of {component} stay")
        until(lambda: not running.instance.unready(), RECOVERY, f"{component} is not ready")
        until(lambda: serves_again(running), RECOVERY, "visitors are not served")

    tally, lost = under_load(running, f"killed {component}", change)
    assert tally.asked > 100
    # A task that can't write to its database fails, and says so: it is up to the task to try again.
    assert not lost or component == "mysql", sorted(lost)
    assert serves_again(running)


def gone(running: Running, killed: list[str]) -> bool:
    """Whether pods are gone."""
    there = {pod.metadata.uid for pod in running.instance.client.list(Pod) if pod.metadata}
    return there.isdisjoint(killed)
