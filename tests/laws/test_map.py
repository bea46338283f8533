"""The map of rooms in docs/architecture.md is the tree, with the first sentence of each room's docstring.

UPDATE_GOLDEN=1 writes it anew.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
TOPS = ("openedx_infra", "stacks", "policies", "tools")
BEGIN, END = "<!-- rooms: written by UPDATE_GOLDEN=1 pytest tests/laws/test_map.py -->\n```text\n", "```\n"
WIDTH = 28
"""Columns before the sentences: the longest name, two steps deep, and two spaces."""


def rooms(folder: Path, depth: int = 0) -> Iterator[str]:
    """Lines of the map: a folder that is a package, and those in it."""
    yield f"{'  ' * depth}{folder.name}/".ljust(WIDTH) + sentence(folder)
    for inner in sorted(folder.iterdir()):
        if (inner / "__init__.py").exists():
            yield from rooms(inner, depth + 1)


def sentence(folder: Path) -> str:
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert text, f"{folder.relative_to(ROOT)}: say in a sentence what it holds"
    return re.split(r"(?<=\.)\s", " ".join(text.split()))[0]


def test_the_map_is_the_tree() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    text, _, after = rest.partition(END)
    assert after, "the map is missing"
    wanted = "".join(f"{line}\n" for top in TOPS for line in rooms(ROOT / top))
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(before + BEGIN + wanted + END + after, encoding="utf-8")
        return
    assert text == wanted, "if the change is meant, run with UPDATE_GOLDEN=1"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_files_that_pages_name_are_there(page: Path) -> None:
    named = re.findall(r"`((?:openedx_infra|stacks|policies|tools|tests|images)/[\w./-]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
