"""Modules import each other one way, and folders stay small enough to be read at a glance."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("openedx_infra", "stacks", "policies", "tools")

MODULES_IN_A_FOLDER = 14
"""About a dozen: what one sees of a folder without scrolling (a guess)."""


def _modules() -> dict[str, Path]:
    found = {}
    for folder in OURS:
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in modules:
                    yield full
                elif node.module in modules:
                    yield node.module


def test_no_module_imports_itself_by_others() -> None:
    """Imports for types alone count, too: a circle of types ties two rooms as firmly."""
    modules = _modules()
    graph = {name: set(_imported(path, modules)) - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) > 500
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("floor", ["aws", "components", "config", "kubernetes", "operations"])
def test_a_folder_is_seen_at_a_glance(floor: str) -> None:
    top = ROOT / "openedx_infra" / floor
    folders = [top, *(path for path in top.rglob("*") if path.is_dir())]
    crowded = {
        str(folder.relative_to(ROOT)): count
        for folder in folders
        if (count := sum(path.name != "__init__.py" for path in folder.glob("*.py"))) > MODULES_IN_A_FOLDER
    }
    assert crowded == {}
