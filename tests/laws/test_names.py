"""Test files have unique names, as pytest imports each by the name of its file alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_each_file_of_tests_has_a_name_of_its_own() -> None:
    folders = [
        folder for folder in TESTS.iterdir() if folder.is_dir() and not (folder / "__init__.py").exists()
    ]
    names = Counter(
        path.name
        for folder in (TESTS, *folders)
        for path in folder.glob("*.py")
        if path.name != "conftest.py"
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_each_group_of_commands_is_named_after_the_room_that_does_them() -> None:
    operations = TESTS.parent / "openedx_infra" / "operations"
    rooms = {path.name for path in operations.iterdir() if (path / "__init__.py").exists()}
    others = {"__init__", "app", "options", "pulumi_wrapper", "certificates"}
    assert {path.stem for path in (operations / "cli").glob("*.py")} - others <= rooms
