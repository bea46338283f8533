"""An instance gets to another version, and back: behind the page, by rollback, and by blue and green.

One test after the other changes `dev`; the last leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from instances import Instance
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.networking_v1 import Ingress
from watching import watching

pytestmark = pytest.mark.engine

PLATFORM = {"lms", "studio", "lms-beat", "lms-worker-default", "lms-worker-high-mem", "studio-worker-default"}
FAILING = {"spec": {"template": {"metadata": {"annotations": {"openedx-infra.test/outcome": "fail"}}}}}
FORBIDDING = {"spec": {"jobTemplate": {"spec": FAILING["spec"]}}}
"""Patches by which the embedded cluster lets the pods of a Job fail."""
IMAGES = {"openedx": "docker.io/example/openedx:4", "mfe": "docker.io/example/openedx-mfe:4"}
"""Images of master, which nobody publishes."""
GREEN = {"openedx": "docker.io/example/openedx:green", "mfe": "docker.io/example/openedx-mfe:green"}


@pytest.fixture(autouse=True, scope="module")
def _as_it_was(first_up: Any) -> Iterator[None]:
    instance: Instance = first_up.instance
    before = instance.file.read_text()
    if said(instance).get("openedx:images"):  # another test's image would serve both releases
        instance.say(images=None)
        instance.up()
    yield
    # Who tested that the older code runs on the newer databases may go straight back, without the page.
    instance.say(migrations={"beside": ["verawood"]}, blue_green=None, overrides=None)
    instance.up()
    instance.file.write_text(before)
    instance.say(migrations={"beside": ["master"]})
    instance.up()
    instance.file.write_text(before)


def leads_to(instance: Instance, name: str) -> str:
    """The Service behind a host."""
    [rule] = instance.client.get(Ingress, name).spec.rules
    return str(next(path.backend.service.name for path in rule.http.paths if path.path == "/"))


def image(instance: Instance, name: str = "lms") -> str:
    spec = instance.client.get(Deployment, name).spec
    assert spec
    return str(spec.template.spec.containers[0].image)


def said(instance: Instance) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(instance.file.read_text())["config"]
    return config


def test_another_release_comes_behind_the_page_and_a_failed_step_is_taken_up_again(dev: Instance) -> None:
    old = image(dev)
    failing = [{"kind": "Job", "name": "lms-migrate", "patch": FAILING}]
    dev.say(release="master", images=IMAGES, overrides=failing)
    stopped = dev.run("up", "--yes")
    assert stopped.code == 1 and "Job lms-migrate failed" in stopped.err, stopped.text
    assert "Step 1 of 3" in stopped.out and "Step 2 of 3" in stopped.out and "Step 3" not in stopped.out
    assert {leads_to(dev, name) for name in ("lms", "studio", "mfe")} == {"maintenance"}
    assert not PLATFORM & dev.pods().keys(), "old code runs while the database changes"
    assert len(dev.pods()["maintenance"]) >= 1

    dev.say(overrides=None)
    with watching(dev) as history:
        done = dev.up()
    assert "Step 1" not in done.out and "Step 2 of 3" in done.out and "Step 3 of 3" in done.out
    new = image(dev)
    assert new != old and old not in history.images.values()
    assert (leads_to(dev, "lms"), leads_to(dev, "mfe")) == ("lms", "mfe")
    assert dev.pods().keys() >= PLATFORM and "maintenance" not in dev.pods()
    dev.demand_unchanged()


def test_an_older_release_in_the_stack_file_is_refused_before_anything_is_changed(dev: Instance) -> None:
    before, file = dev.pods(), dev.file.read_text()
    dev.say(release=None, images=None)  # the default, which is the release before
    plain = ("--config-file", str(dev.file))
    for refused in (
        *(dev.run("up", "--yes"), dev.run("preview")),
        *(dev.pulumi("up", "--yes", *plain), dev.pulumi("preview", *plain)),
    ):
        assert refused.code == 1, refused.text
        assert "has databases of master" in refused.err and "openedx-infra rollback" in refused.err
    dev.file.write_text(file)
    assert dev.pods() == before
    dev.demand_unchanged()


def test_rollback_is_refused_when_the_database_forbids_it(dev: Instance) -> None:
    patch = [{"kind": "CronJob", "name": "migration-check", "patch": FORBIDDING}]
    dev.say(images={**IMAGES, "openedx": "docker.io/example/openedx:5"}, overrides=patch)
    dev.up()
    before, file = dev.pods(), dev.file.read_text()
    refused = dev.run("rollback", "--yes")
    assert refused.code == 1, refused.text
    assert "The database forbids it" in refused.err and "--accept-database" in refused.err
    assert dev.pods() == before and dev.file.read_text() == file


def test_rollback_brings_back_images_and_settings_when_the_database_is_accepted(dev: Instance) -> None:
    assert image(dev) == "docker.io/example/openedx:5"
    told = dev.run("rollback", "--yes", "--accept-database")
    assert told.code == 0, told.text
    assert "openedx:images" in told.out and "still has what was rolled back" in told.out
    assert image(dev) != "docker.io/example/openedx:5"
    assert said(dev)["openedx:images"] == {**IMAGES, "openedx": "docker.io/example/openedx:5"}


def test_rollback_asks_the_database_and_writes_the_file(dev: Instance) -> None:
    dev.say(images=IMAGES, overrides=None, settings={"lms": {"CAMPUS": 1}})
    dev.up()
    dev.say(images={**IMAGES, "openedx": "docker.io/example/openedx:6"}, settings={"lms": {"CAMPUS": 2}})
    dev.up()
    told = dev.run("rollback", "--yes", "--write")
    assert told.code == 0, told.text
    assert "What was done to the database since" in told.out
    assert image(dev) != "docker.io/example/openedx:6"
    config = said(dev)
    assert config["openedx:images"] == IMAGES and config["openedx:settings"] == {"lms": {"CAMPUS": 1}}
    assert config["openedx:release"] == "master"
    dev.demand_unchanged()


def test_green_comes_up_beside_blue_is_switched_to_and_back(dev: Instance) -> None:
    dev.say(blue_green={"live": "blue", "green": {"release": "master", **GREEN}})
    alone = dev.pods()
    dev.up()
    both = dev.pods()
    green = {name.replace("lms", "lms-green").replace("studio", "studio-green") for name in PLATFORM}
    assert both.keys() - alone.keys() == {*green, "mfe-green"} - {"lms-green-beat"}
    assert image(dev, "lms-green") == GREEN["openedx"] and leads_to(dev, "lms") == "lms"
    assert leads_to(dev, "lms-green") == "lms-green"

    switched = dev.run("switch", "--yes")
    assert switched.code == 0, switched.text
    assert {leads_to(dev, name) for name in ("lms", "studio", "mfe")} == {
        "lms-green",
        "studio-green",
        "mfe-green",
    }
    assert said(dev)["openedx:blue_green"]["live"] == "green"
    after = dev.pods()
    moved = {name for name in both.keys() | after.keys() if both.get(name) != after.get(name)}
    assert moved == {"lms-beat", "lms-green-beat"}, "a switch restarts nobody but the clock"

    back = dev.run("rollback", "--yes")
    assert back.code == 0, back.text
    assert leads_to(dev, "lms") == "lms" and said(dev)["openedx:blue_green"]["live"] == "blue"


def test_nobody_is_switched_to_what_is_not_ready(dev: Instance) -> None:
    dev.say(
        blue_green={
            "live": "blue",
            "green": {"release": "master", **GREEN, "openedx": "docker.io/example/openedx:7"},
        }
    )
    refused = dev.run("switch", "--yes")
    assert refused.code == 1 and "Green is not ready" in refused.err, refused.text
    assert "lms-green: still runs docker.io/example/openedx:green" in refused.err
    assert leads_to(dev, "lms") == "lms" and said(dev)["openedx:blue_green"]["live"] == "blue"
