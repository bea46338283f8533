"""The public Python interface: names, errors, and outputs that other programs read."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT
from pydantic import ValidationError
from samples import decided

from openedx_infra import automation
from openedx_infra.automation import ConfigError, Instance, InstanceOutputs, OperationError
from openedx_infra.config import load
from openedx_infra.config.outputs import instance_outputs
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets import secrets


@pytest.fixture(scope="module")
def exported() -> dict[str, Any]:
    """What the program exports for a stack."""
    stack = load("dev", decided(ROOT / "Pulumi.dev.yaml"))
    return recorded(stack, secrets.stand_ins(stack)).outputs


def test_all_that_an_instance_exports_is_read(exported: dict[str, Any]) -> None:
    outputs = instance_outputs(exported)
    assert outputs.lms_url == exported["lms_url"] and outputs.mfe_urls == exported["mfe_urls"]
    assert outputs.config["site"]["lms_host"] in outputs.lms_url
    names = set(InstanceOutputs.model_fields) - {"further", "more_lms_urls", "files_url"}
    assert names <= set(exported)
    assert set(outputs.further) == set(exported) - set(InstanceOutputs.model_fields)


def test_another_stack_is_no_instance() -> None:
    with pytest.raises(ValidationError, match="lms_url"):
        instance_outputs({"contract": {}})


@pytest.mark.parametrize("name", ["Pulumi.yaml", "campus.yaml", "Pulumi.none.yaml"])
def test_what_is_no_stack_file_is_refused(tmp_path: Path, name: str) -> None:
    if "none" not in name:
        (tmp_path / name).touch()
    with pytest.raises(OperationError) as caught:
        Instance.load(tmp_path / name)
    assert caught.value.remedy and name in caught.value.message


def test_a_wrong_stack_file_tells_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text("config:\n  openedx:site: {lms_host: nowhere}\n  openedx:sizing: {lms: {replicas: -1}}\n")
    with pytest.raises(ConfigError) as caught:
        Instance.load(path).check()
    assert len(caught.value.problems) >= 2


def test_a_right_one_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text("config:\n  openedx:site: {lms_host: learn.example.org}\n")
    instance = Instance.load(path)
    assert instance.stack == "campus" and instance.check().objects > 50


def test_public_names_are_documented() -> None:
    page = (ROOT / "docs/automation.md").read_text(encoding="utf-8")
    methods = [name for name, _ in inspect.getmembers(Instance, callable) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}" not in page] == []
    for name in automation.__all__:
        value = getattr(automation, name)
        assert inspect.getdoc(value) or not inspect.isclass(value), name


_PROGRAM = """
import json
import sys

import pulumi

from openedx_infra.components.openedx_reference import OpenedxReference

exported = json.load(sys.stdin)


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        assert args.inputs["name"] == "organization/openedx/campus"
        return args.name, {"name": args.inputs["name"], "outputs": exported, "secretOutputNames": []}

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks(), preview=False)


@pulumi.runtime.test
def program():
    reference = OpenedxReference("openedx", "organization/openedx/campus")
    names = ("lms_url", "studio_url", "mfe_url", "namespace", "release")
    values = {name: getattr(reference, name) for name in names}
    whole = reference.outputs.apply(lambda outputs: outputs.model_dump(mode="json"))
    return pulumi.Output.all(whole=whole, **values).apply(lambda found: print(json.dumps(found)))


program()
"""


def test_other_programs_read_typed_outputs(exported: dict[str, Any]) -> None:
    command = [sys.executable, "-c", _PROGRAM]
    said = subprocess.run(command, input=json.dumps(exported), capture_output=True, text=True, cwd=ROOT)
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    whole = found.pop("whole")
    # Pulumi drops what is None, in maps, too, and its numbers are floats.
    expected = instance_outputs(exported).model_dump(mode="json", exclude={"config", "further"})
    assert expected == {name: whole[name] for name in expected}
    assert whole["config"]["site"]["lms_host"] in whole["lms_url"]
    assert found == {name: whole[name] for name in found} and len(found) == 5
