"""The pages of the documentation, and the stack files that are printed on them.

A block of ```yaml is a whole stack file, which begins with `config:`, or a part of one, which begins with
`openedx:…`. A part is laid over tests/data/pages/Pulumi.least.yaml, or over the file that the fence names
after `yaml`. A block of ```yaml workflow belongs to CI; one of ```yaml manifest is a file of Kubernetes
objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml

from openedx_infra.config import PROJECT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs/adr").glob("*.md"))
WORKFLOW, MANIFEST = "workflow", "manifest"
"""Names of blocks that are no stack files."""
_FENCE = re.compile(r"^( *)```(\w+)(?: (\w+))?\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    """Line of its fence, from 1."""
    language: str
    name: str
    """What follows the language; may be empty."""
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path, language: str) -> Iterator[Block]:
    """The blocks of a page in a language, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        if found[2] == language:
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page=page, line=line, language=language, name=found[3] or "", text=dedent(found[4]))


def stack_files() -> list[Block]:
    """The stack files on all pages, whole or in part."""
    others = (WORKFLOW, MANIFEST)
    return [block for page in PAGES for block in blocks(page, "yaml") if block.name not in others]


def operator_files() -> dict[str, str]:
    """Files of the operator's own that pages print, Python and manifests, by the paths in their first
    lines."""
    found = {}
    for page in PAGES:
        for block in blocks(page, "python"):
            if path := re.match(r"# (\S+\.py)\n", block.text):
                found[path[1]] = block.text
        for block in blocks(page, "yaml"):
            if block.name == MANIFEST and (path := re.match(r"# (\S+\.yaml)\n", block.text)):
                found[path[1]] = block.text
    return found


def whole(block: Block) -> dict[str, Any]:
    """The stack file that a block is, or becomes once it is laid over the least one."""
    content: dict[str, Any] = yaml.safe_load(block.text)
    if "config" in content:
        assert not block.name, f"{block} is whole, and can't be laid over {block.name}"
        return content
    assert content and all(key.startswith(f"{PROJECT}:") for key in content), f"{block} has other keys"
    least = ROOT / f"tests/data/pages/Pulumi.{block.name or 'least'}.yaml"
    return {"config": _laid_over(content, yaml.safe_load(least.read_text(encoding="utf-8"))["config"])}


def _laid_over(part: Mapping[str, Any], least: Mapping[str, Any]) -> dict[str, Any]:
    """Both, maps inside maps too; the part's values come first."""
    found = {**least, **part}
    for key in part.keys() & least.keys():
        if isinstance(part[key], Mapping) and isinstance(least[key], Mapping):
            found[key] = _laid_over(part[key], least[key])
    return found
