"""A change that can't be made: old pods serve on, the error says why, soon, and the next `up` recovers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from disturbing import SECONDS, restart_api_server, serving
from faults import SLOW, annotated, fault
from instances import COMPONENT, Instance
from interrupting import control_c, runs, wait_for
from test_roll_out import IN_ORDER, PLATFORM
from watching import watching

pytestmark = [pytest.mark.engine, pytest.mark.faults]

OUTCOME = "openedx-infra.test/outcome"


MINUTE = 60.0


def age_of_newest(instance: Instance, component: str) -> float:
    """Seconds since the newest pod of a component was made."""
    pods = [pod.metadata for pod in serving(instance) if pod.metadata.labels[COMPONENT] == component]
    return (datetime.now(UTC) - max(meta.creationTimestamp for meta in pods)).total_seconds()


def platform(instance: Instance) -> dict[str, frozenset[str]]:
    """The pods that run the platform. Servers of static files have new ones beside the old, first of all."""
    return {name: uids for name, uids in instance.pods().items() if name in PLATFORM}


def limited(override: dict[str, Any], seconds: int) -> dict[str, Any]:
    """The override of a Job, which gives it a time limit, too."""
    override["patch"]["spec"]["activeDeadlineSeconds"] = seconds
    return override


def images(instance: Instance, **references: str) -> dict[str, Any]:
    """The images that the stack file names, with others for some."""
    said = yaml.safe_load(instance.file.read_text())["config"].get("openedx:images", {})
    return {"images": said | references}


MIGRATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "fails": (annotated("Job", "lms-migrate", {OUTCOME: "fail"}), "BackoffLimitExceeded"),
    "runs out of memory": (annotated("Job", "lms-migrate", {OUTCOME: "out-of-memory"}), "OOMKilled"),
    "hangs until its time limit": (
        limited(annotated("Job", "lms-migrate", {OUTCOME: "never-ready"}), seconds=8),
        "DeadlineExceeded",
    ),
}
"""How it goes wrong, by an override, and Kubernetes' word for that."""


@pytest.mark.parametrize(
    "ways", [["fails"], pytest.param([*MIGRATIONS], marks=pytest.mark.long)], ids=["one", "all"]
)
def test_a_migration_that_goes_wrong_changes_no_pod_and_the_next_up_recovers(
    sturdy: Instance, ways: list[str]
) -> None:
    image = f"docker.io/example/openedx:2-{len(ways)}"
    serving = platform(sturdy)
    for how in ways:
        override, reason = MIGRATIONS[how]
        others = [each for each in SLOW if each["name"] != "lms-migrate"]
        sturdy.say(**images(sturdy, openedx=image), overrides=[*others, override])
        with fault(sturdy, f"a migration {how}", jobs=False) as happened:
            said = sturdy.run("up", "--yes")
            happened.told()
        assert said.code == 1, said.text
        assert "Job lms-migrate failed" in said.err and reason in said.err
        assert "the pods that served before still do" in said.err
        assert "openedx-infra up --stack dev" in said.err
        status = sturdy.run("status")
        assert status.code == 1 and reason in status.out
    assert platform(sturdy) == serving

    sturdy.say(overrides=SLOW)
    with watching(sturdy) as history, fault(sturdy, "the up after that"):
        sturdy.up()
    assert set(history.completed()) >= set(IN_ORDER)
    newborn = {name for name, its in history.images.items() if its == image}
    done = history.completed()
    assert min(history.born[name] for name in newborn if not name.startswith("static")) > max(
        done[job] for job in IN_ORDER
    )
    assert sturdy.objects() == sturdy.believed()
    sturdy.demand_unchanged()


@pytest.mark.long
def test_an_image_that_cannot_be_pulled_is_told_of_within_a_minute(sturdy: Instance) -> None:
    changed = images(sturdy, mfe="docker.io/example/mfe:2-missing")
    said = demand_told(sturdy, "an image that can't be pulled", "mfe", changed)
    assert "Deployment mfe can't become ready: pod mfe-" in said
    assert "container mfe: ImagePullBackOff: Back-off pulling image" in said
    assert "in its registry" in said


@pytest.mark.long
def test_an_image_that_crashes_is_told_of_within_a_minute(sturdy: Instance) -> None:
    crashing = [each for each in SLOW if each["name"] != "lms"]
    crashing.append(annotated("Deployment", "lms", {OUTCOME: "fail"}))
    said = demand_told(sturdy, "an image that crashes", "lms", {"overrides": crashing})
    assert "Deployment lms can't become ready: pod lms-" in said
    assert "container lms: CrashLoopBackOff" in said and "3 times in vain" in said


def demand_told(instance: Instance, what: str, component: str, sections: dict[str, Any]) -> str:
    """What `up` says to a change within a minute after a component's first new pod; then it is taken back."""
    before = instance.file.read_text()
    instance.say(**sections)
    with fault(instance, what) as happened:
        said = instance.run("up", "--yes")
        happened.told()
        seconds = age_of_newest(instance, component)
        instance.file.write_text(before)
        instance.up()
    assert said.code == 1, said.text
    assert "the pods that served before still do" in said.err, said.text
    assert seconds < MINUTE
    instance.demand_unchanged()
    return said.err


@pytest.mark.long
def test_a_pod_that_is_never_ready_is_told_of_within_a_minute_and_given_time(sturdy: Instance) -> None:
    before = sturdy.file.read_text()
    stuck = [each for each in SLOW if each["name"] != "studio"]
    sturdy.say(overrides=[*stuck, annotated("Deployment", "studio", {OUTCOME: "never-ready"})])
    with fault(sturdy, "an image that runs and is never ready") as happened:
        process = sturdy.start("up", "--yes")
        assert process.stdout
        line = next(line for line in process.stdout if "is not ready" in line)
        happened.told()
        assert age_of_newest(sturdy, "studio") < MINUTE and process.poll() is None
        control_c(process)
        sturdy.file.write_text(before)
        sturdy.up()
    assert "Deployment studio: pod studio-" in line and "container studio" in line
    sturdy.demand_unchanged()


@pytest.mark.long
def test_the_api_server_is_restarted_during_up(sturdy: Instance) -> None:
    sturdy.say(**images(sturdy, openedx="docker.io/example/openedx:3"))
    with fault(sturdy, "the API server is restarted during up, 5 s away") as happened:
        process = sturdy.start("up", "--yes")
        wait_for(process, runs(sturdy, "lms-migrate"))
        happened.begin()
        restart_api_server(sturdy, away=5)
        out, _ = process.communicate(timeout=SECONDS)
        print(out)
        assert process.returncode == 0, out
    assert sturdy.objects() == sturdy.believed()
    sturdy.demand_unchanged()
