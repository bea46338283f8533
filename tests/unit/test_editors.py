"""Files for editors go beside the developer's own, and say where pods have the source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from openedx_infra.config import Stack, load
from openedx_infra.operations.development.editors import commands, vscode
from openedx_infra.operations.development.editors.workspace import workspace
from openedx_infra.operations.errors import OperationError


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    folder = tmp_path / "edx-platform"
    for name in ("lms", "cms", "openedx"):
        (folder / name).mkdir(parents=True)
    (folder / "manage.py").touch()
    return folder


def instance(platform: Path | None, **development: Any) -> Stack:
    mounts = {"edx-platform": str(platform)} if platform else {}
    site = {"lms_host": "local.openedx.io"}
    section = {"mounts": mounts, **development}
    return load("dev", {"site": site, "datastores": {"protect": False}, "development": section})


def prepare(editor: str, stack: Stack, folder: Path | None = None) -> None:
    commands.prepare(editor, stack, folder, Console(quiet=True))


def launched(platform: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((platform / ".vscode" / "launch.json").read_text())
    return content


def test_debuggers_attach_with_the_source_that_pods_have(platform: Path) -> None:
    prepare("vscode", instance(platform, debugger={"processes": ["lms"], "port": 5699}))
    [lms, *others] = launched(platform)["configurations"]
    assert lms["connect"] == {"host": "127.0.0.1", "port": 5699}
    assert lms["pathMappings"] == [{"localRoot": str(platform), "remoteRoot": "/openedx/edx-platform"}]
    assert (lms["type"], lms["request"], len(others)) == ("debugpy", "attach", 3)


def test_what_a_developer_has_stays_and_what_is_ours_is_replaced(platform: Path) -> None:
    file = platform / ".vscode" / "launch.json"
    file.parent.mkdir()
    own = {"name": "my tests", "type": "debugpy", "request": "launch"}
    file.write_text(json.dumps({"version": "0.2.0", "inputs": [1], "configurations": [own]}))
    for port in (5678, 5699):
        prepare("vscode", instance(platform, debugger={"processes": ["lms"], "port": port}))
    content = launched(platform)
    assert content["inputs"] == [1]
    assert content["configurations"][0] == own
    assert [each["connect"]["port"] for each in content["configurations"][1:]] == [5699] * 4


@pytest.mark.parametrize("text", ['{"configurations": [] // mine\n}', "[]", '{"configurations": {}}'])
def test_a_file_that_can_t_be_merged_is_left_as_it_is(platform: Path, text: str) -> None:
    file = platform / ".vscode" / "launch.json"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(OperationError):
        prepare("vscode", instance(platform))
    assert file.read_text() == text


def test_a_dev_container_opens_in_the_image_beside_the_repository_s_own(platform: Path) -> None:
    theirs = platform / ".devcontainer" / "devcontainer.json"
    theirs.parent.mkdir()
    theirs.write_text("{}")
    stack = instance(platform, user=1234)
    prepare("vscode", stack)
    assert theirs.read_text() == "{}"
    content = json.loads((theirs.parent / "openedx-dev" / "devcontainer.json").read_text())
    assert content["image"] == stack.image("openedx")
    assert content["workspaceMount"] == f"source={platform},target=/openedx/edx-platform,type=bind"
    assert content["containerUser"] == "1234"


def test_pycharm_runs_verbs_in_its_terminal(platform: Path) -> None:
    prepare("pycharm", instance(platform))
    files = sorted((platform / ".idea" / "runConfigurations").iterdir())
    assert len(files) == 4
    for file in files:
        [configuration] = ElementTree.parse(file).getroot()
        options = {each.get("name"): each.get("value") for each in configuration.iter("option")}
        assert configuration.get("type") == "ShConfigurationType"
        assert " dev " in str(options["SCRIPT_TEXT"]) and "--stack dev" in str(options["SCRIPT_TEXT"])


def test_without_a_mounted_platform_a_folder_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="--folder"):
        prepare("vscode", instance(None))
    prepare("vscode", instance(None), tmp_path)
    assert (tmp_path / ".vscode" / "launch.json").exists()
    assert vscode.container(workspace(instance(None), tmp_path))["workspaceFolder"] == "/openedx/workspace"
    with pytest.raises(OperationError, match="no folder"):
        prepare("vscode", instance(None), tmp_path / "none")
