"""The real engine applies the rules, as a policy pack, before anything is changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from checkouts import BIN
from instances import FirstUp, Instance

pytestmark = pytest.mark.engine

PACK = str(BIN / "openedx-policies")
RELAXED = ("--policy-pack-config", "policies/throw-away.json")


@pytest.fixture
def stack_file(first_up: FirstUp, tmp_path: Path) -> Iterator[Path]:
    """The stack file of the checkout itself, which is as it was afterwards."""
    file = first_up.instance.checkout.folder / "Pulumi.dev.yaml"
    shutil.copy(file, tmp_path / "before.yaml")
    yield file
    shutil.copy(tmp_path / "before.yaml", file)


def preview(dev: Instance, *words: str) -> tuple[int, str]:
    said = dev.pulumi("preview", "--policy-pack", PACK, *words)
    return said.code, said.text


def test_a_throw_away_stack_passes_what_it_does_not_relax(dev: Instance) -> None:
    code, text = preview(dev, *RELAXED)
    assert code == 0, text
    assert "[mandatory]" not in text
    # It is told all the same.
    assert "digested-images" in text and "protected" in text


def test_without_a_configuration_every_rule_is_mandatory(dev: Instance) -> None:
    code, text = preview(dev)
    assert code != 0
    assert "[mandatory]  protected  (kubernetes:core/v1:PersistentVolumeClaim: mysql)" in text
    assert "Traceback" not in text


def test_what_a_rule_refuses_never_reaches_the_cluster(dev: Instance, stack_file: Path) -> None:
    said = yaml.safe_load(stack_file.read_text(encoding="utf-8"))
    patch = {"spec": {"template": {"spec": {"automountServiceAccountToken": True}}}}
    said["config"]["openedx:overrides"] = [{"kind": "Deployment", "name": "mfe", "patch": patch}]
    stack_file.write_text(yaml.safe_dump(said), encoding="utf-8")
    before = dev.uids("Deployment"), dev.pods()
    done = dev.pulumi("up", "--yes", "--policy-pack", PACK, *RELAXED)
    assert done.code != 0
    assert "tokenless" in done.text and "set automountServiceAccountToken to false" in done.text
    assert (dev.uids("Deployment"), dev.pods()) == before
