"""A mounted folder is recognized by its content, whatever its name; every wrong one is named, all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.config import Stack, load
from openedx_infra.config.development.mounts import mounted, problems, without_faulty
from openedx_infra.config.development.recognition import MountFault, recognize


def folder(root: Path, files: dict[str, str]) -> Path:
    """A folder with these files; a name that ends with a slash is a folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root


PLATFORM = {"manage.py": "", "lms/": "", "cms/": "", "openedx/": "", "setup.py": "", "package.json": "{}"}
FRONTEND = {"package.json": json.dumps({"name": "@edx/frontend-app-learning"})}
OWN_FRONTEND = {"package.json": json.dumps({"name": "shop", "dependencies": {"@edx/frontend-platform": "8"}})}
SERVICE = {"manage.py": "", "course_discovery/": "", "setup.cfg": "", "package.json": "{}"}
PROJECT = {"pyproject.toml": '[project]\nname = "campus-xblock"\n', "setup.py": ""}
POETRY = {"pyproject.toml": '[tool.poetry]\nname = "campus-poetry"\n'}
CONFIGURED = {"setup.py": "", "setup.cfg": "[metadata]\nname = campus-old\n"}
THEMES = {"indigo/lms/templates/": "", "campus/cms/static/": "", "notes/": "", ".git/lms/static/": ""}


@pytest.mark.parametrize(
    ("files", "kind", "name"),
    [
        (PLATFORM, "platform", "x"),
        (FRONTEND, "frontend", "learning"),
        (OWN_FRONTEND, "frontend", "shop"),
        (SERVICE, "service", "discovery"),
        (PROJECT, "package", "campus-xblock"),
        (POETRY, "package", "campus-poetry"),
        (CONFIGURED, "package", "campus-old"),
        ({"setup.py": ""}, "package", "x"),
    ],
)
def test_a_folder_is_what_its_content_is(tmp_path: Path, files: dict[str, str], kind: str, name: str) -> None:
    what = recognize(folder(tmp_path / "x", files))
    assert (what.kind, what.name) == (kind, name)


def test_themes_are_a_folder_of_themes_or_one_theme(tmp_path: Path) -> None:
    root = folder(tmp_path / "themes", THEMES)
    assert recognize(root).themes == ("campus", "indigo")
    assert recognize(root / "indigo").themes == (".",)


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"README.md": ""}, "is nothing that can be mounted"),
        ({"manage.py": "", "lms/": "", "cms/": ""}, "is nothing that can be mounted"),
        ({"package.json": json.dumps({"name": "left-pad"})}, "is nothing that can be mounted"),
        ({"package.json": "{"}, "package.json that is no JSON"),
        ({"pyproject.toml": "["}, "pyproject.toml that is no TOML"),
    ],
)
def test_a_wrong_folder_is_told_why(tmp_path: Path, files: dict[str, str], text: str) -> None:
    with pytest.raises(MountFault, match=text):
        recognize(folder(tmp_path / "x", files))


def stack(mounts: dict[str, Any]) -> Stack:
    """A development instance with these mounts."""
    said = {"site": {"lms_host": "local.openedx.io"}, "development": {"mounts": mounts}}
    return load("campus", said)


def test_all_wrong_mounts_are_named_at_once_and_the_others_stay(tmp_path: Path) -> None:
    platform = folder(tmp_path / "edx", PLATFORM)
    other = folder(tmp_path / "other", PLATFORM)
    empty = folder(tmp_path / "empty", {})
    campus = stack(
        {
            "a": str(platform),
            "b": str(other),
            "c": str(empty),
            "d": str(tmp_path / "absent"),
            "e": {"git": "https://github.com/campus/e.git", "folder": str(tmp_path / "clone")},
        }
    )
    lines = problems(campus)
    key = "openedx:development.mounts"
    assert [line.partition(": ")[0] for line in lines] == [f"{key}.{name}" for name in "cdeb"]
    assert f"{key}.d: {tmp_path}/absent is no folder: make it, or correct its path" in lines
    assert f"{key}.b: is edx-platform, as `a` is: leave one of them out" in lines
    assert "isn't cloned yet" in lines[2]
    assert [each.mount for each in mounted(campus)] == ["a", "b"]
    assert [each.mount for each in mounted(campus, "themes")] == []
    assert problems(without_faulty(campus)) == lines[-1:]


def test_a_service_is_told_where_its_folder_belongs(tmp_path: Path) -> None:
    campus = stack({"catalog": str(folder(tmp_path / "course-discovery", SERVICE))})
    [line] = problems(campus)
    assert "runs from an image alone" in line and "`openedx:services.discovery.build`" in line
    assert problems(without_faulty(campus)) == []


def test_the_node_sees_the_same_path_unless_the_stack_file_sets_another(tmp_path: Path) -> None:
    platform = folder(tmp_path / "edx", PLATFORM)
    (one,) = mounted(stack({"a": str(platform)}))
    assert (one.on_node, one.writable) == (str(platform), False)
    (one,) = mounted(stack({"a": {"folder": str(platform), "node_folder": "/src/edx", "writable": True}}))
    assert (one.on_node, one.writable) == ("/src/edx", True)


def test_home_and_the_project_folder_begin_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    section = stack({"a": "~/src/edx", "b": "themes", "c": "https://example.org/c.git"}).development
    assert section is not None
    folders = {name: str(path) for name, path in section.folders("campus").items()}
    root = str(Path(__file__).parents[2])
    assert folders == {"a": "/home/anna/src/edx", "b": f"{root}/themes", "c": f"{root}/mounts/campus/c"}
