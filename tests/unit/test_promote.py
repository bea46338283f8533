"""Promotion takes what runs in one stack into the file of another: by digest, from a healthy source."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from openedx_infra.config import ConfigError
from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.versions import promote as verb
from openedx_infra.operations.versions.promote import Options
from openedx_infra.releases import RELEASES

DIGEST = f"@sha256:{7:064x}"
OWN = f"registry.example.org/openedx:5{DIGEST}"
FILE = """\
# Whose site this is.
config:
  openedx:site: {lms_host: learn.example.org}
  openedx:release: ulmo  # since spring
"""


class World:
    """A source as it runs, and a target's file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        for stack in ("staging", "prod"):
            (folder / f"Pulumi.{stack}.yaml").write_text(FILE)
        self.target = folder / "Pulumi.prod.yaml"
        self.options = Options(files={s: folder / f"Pulumi.{s}.yaml" for s in ("staging", "prod")})
        self.rows = [Row(kind="Deployment", name="lms", ready=True, count="2/2")]
        self.succeeded = True
        usual = RELEASES["verawood"].image("mysql")
        self.outputs: dict[str, Any] = {
            **{name: f"https://{name}.example.org" for name in ("lms_url", "studio_url", "mfe_url")},
            "mfe_urls": {},
            "namespace": "openedx-staging",
            "release": "verawood",
            "version": "1",
            "images": {"openedx": OWN, "mysql": usual},
            "datastores": {},
            "config": {"features": {"flags": {"ENABLE_TEAMS": True}}},
        }
        live = SimpleNamespace(outputs=lambda: self.outputs)
        monkeypatch.setattr(verb, "open_stack", lambda *_: live)
        monkeypatch.setattr(verb, "tools", lambda _: None)
        monkeypatch.setattr(verb.history, "updates", lambda *_: [SimpleNamespace(succeeded=self.succeeded)])
        monkeypatch.setattr(verb.status, "look", lambda *_: self.look())

    def look(self) -> Any:
        return SimpleNamespace(rows=self.rows, good=all(row.ready for row in self.rows))

    def promoted(self, **more: Any) -> tuple[dict[str, Any], str]:
        text = io.StringIO()
        options = replace(self.options, **more)
        found = verb.promote("staging", "prod", options, Console(file=text, width=200))
        return {each.name: each.now for each in found}, text.getvalue()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return World(monkeypatch, tmp_path)


def test_it_shows_and_changes_nothing(world: World) -> None:
    found, text = world.promoted()
    assert found == {"openedx:release": "verawood", "openedx:images.openedx": OWN}
    assert "openedx:release  ulmo → verawood" in text and "--write" in text
    assert world.target.read_text() == FILE


def test_written_once_it_has_all(world: World) -> None:
    world.promoted(write=True, keys=["features.flags.ENABLE_TEAMS"])
    text = world.target.read_text()
    assert "# Whose site this is." in text and re.search(r"openedx:release: verawood +# since spring", text)
    assert OWN in text and "ENABLE_TEAMS: true" in text and "mysql" not in text
    again, said = world.promoted(keys=["features.flags.ENABLE_TEAMS"])
    assert again == {} and "has all that runs in staging already" in said


def test_what_the_target_names_itself_is_replaced(world: World) -> None:
    world.target.write_text(f"{FILE}  openedx:images: {{mysql: docker.io/library/mysql:8.0}}\n")
    found, _ = world.promoted(by_tag=True)
    assert found["openedx:images.mysql"] == world.outputs["images"]["mysql"]


def fails(world: World) -> None:
    world.succeeded = False


def is_not_ready(world: World) -> None:
    world.rows.append(Row(kind="Job", name="lms-migrate", ready=False, count="0/1", reason="failed"))


def was_never_up(world: World) -> None:
    world.outputs.clear()


def has_a_tag(world: World) -> None:
    world.outputs["images"]["openedx"] = "o:5"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (fails, "last `up` of stack staging failed"),
        (is_not_ready, "Job lms-migrate: failed"),
        (was_never_up, "has no outputs"),
        (has_a_tag, "openedx: o:5"),
    ],
)
def test_a_source_that_proves_nothing_is_refused(world: World, change: Any, words: str) -> None:
    change(world)
    with pytest.raises(OperationError) as refused:
        world.promoted(write=True)
    assert words in str(refused.value) and refused.value.remedy
    assert world.target.read_text() == FILE


@pytest.mark.parametrize("key", ["secrets.mysql_password", "features.flags.NOT_SET", "a..b"])
def test_keys_that_can_not_travel_are_refused(world: World, key: str) -> None:
    world.outputs["config"]["secrets"] = {"mysql_password": "x"}
    with pytest.raises(OperationError, match="Nothing was changed"):
        world.promoted(write=True, keys=[key])
    assert world.target.read_text() == FILE


def test_what_the_target_can_not_be_is_refused_as_a_whole(world: World) -> None:
    world.outputs["config"] = {"site": {"studio_host": "learn.example.org"}}
    with pytest.raises(ConfigError):
        world.promoted(write=True, keys=["site.studio_host"])
    assert world.target.read_text() == FILE
