"""A change rolls exactly the pods that read it, and the database comes before any pod of a new image."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from instances import Instance
from watching import watching

pytestmark = pytest.mark.engine

STUDIO = {"studio", "studio-worker-default"}
LMS = {"lms", "lms-worker-default", "lms-worker-high-mem", "lms-beat"}
PLATFORM = LMS | STUDIO
"""All that runs the platform's code."""
STATIC = "static"
"""What has the platform's static files, and as many pods as the MFEs when nothing else is said."""
IN_ORDER = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")


@dataclass
class Touched:
    """Components whose pods or Jobs are others than before."""

    pods: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()


@contextmanager
def touched(instance: Instance) -> Iterator[Touched]:
    """What is touched within the block; and no volume and no server of data ever is."""
    pods, jobs = instance.pods(), instance.jobs()
    volumes, servers = instance.uids("PersistentVolumeClaim"), instance.uids("StatefulSet")
    found = Touched()
    yield found
    found.pods = differing(pods, instance.pods())
    found.jobs = differing(jobs, instance.jobs())
    assert instance.uids("PersistentVolumeClaim") == volumes
    assert instance.uids("StatefulSet") == servers


def differing(before: Mapping[str, object], after: Mapping[str, object]) -> frozenset[str]:
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def test_a_setting_of_studio_rolls_studio_and_its_workers_alone(dev: Instance) -> None:
    dev.say(settings={"studio": {"COURSE_EXPORT_DOWNLOAD_CHUNK_SIZE": 4096}})
    with touched(dev) as found:
        said = dev.up()
    assert found == Touched(pods=frozenset(STUDIO))
    assert "ConfigMap studio-settings" in said.out and "ConfigMap lms-settings" not in said.out
    dev.demand_unchanged()
    assert dev.objects() == dev.believed()


def test_a_secret_of_the_operators_rolls_its_readers_and_is_nowhere_in_plain(
    dev: Instance, tmp_path: Path
) -> None:
    """In the state, what is exported for others, what Pulumi prints, and every object but Secrets."""
    dev.say(settings={"studio": {"COURSE_LIVE_GLOBAL_CREDENTIALS": {"zoom": [{"token": {"secret": "crm"}}]}}})
    for value in ("sentinel-one", "sentinel-two"):
        (tmp_path / "value").write_text(f"{value}\n", encoding="utf-8")
        said = dev.run("secrets", "set", "crm", "--file", str(tmp_path / "value"))
        assert said.code == 0 and value not in said.text
        preview = dev.run("preview", "--diff")
        with touched(dev) as found:
            up = dev.up()
        assert found == Touched(pods=frozenset(STUDIO))
        shown = (preview.text, up.text, json.dumps(dev.state()), dev.file.read_text(encoding="utf-8"))
        assert not [text for text in shown if "sentinel-" in text]
        configs = json.dumps([config.to_dict() for config in dev.list("ConfigMap")])
        assert "secret: crm" in configs and "sentinel-" not in configs
        held = [
            b64decode(text).decode() for each in dev.list("Secret") for text in (each.data or {}).values()
        ]
        assert [text for text in held if value in text]
    dev.say(settings=None)
    dev.up()


def test_a_size_rolls_its_own_pods_alone(dev: Instance) -> None:
    dev.say(sizing={"mfe": {"memory_limit": "300Mi"}})
    with touched(dev) as found:
        dev.up()
    assert found == Touched(pods=frozenset({"mfe"}))


def test_more_replicas_disturb_nobody(dev: Instance) -> None:
    dev.say(sizing={"mfe": {"memory_limit": "300Mi", "replicas": 2}})
    before = dev.pods()
    with touched(dev) as found:
        dev.up()
    assert found == Touched(pods=frozenset({"mfe", STATIC}))
    after = dev.pods()
    assert all(len(after[name]) == 2 and before[name] < after[name] for name in ("mfe", STATIC))


def test_a_new_image_migrates_before_any_of_its_pods_starts(dev: Instance) -> None:
    image = "docker.io/example/openedx:2"
    dev.say(images={"openedx": image})
    with touched(dev) as found, watching(dev) as history:
        dev.up()
    assert found == Touched(
        pods=frozenset({*PLATFORM, STATIC}), jobs=frozenset({*IN_ORDER, "search-provision"})
    )
    done = history.completed()
    assert sorted(IN_ORDER, key=done.__getitem__) == list(IN_ORDER)
    newborn = {name for name, its in history.images.items() if its == image}
    assert len(newborn) == len(PLATFORM)
    assert min(history.born[name] for name in newborn) > max(done.values())
