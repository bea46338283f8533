"""Reads Tutor's single-file plugins, in YAML or Python, without running them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_WIDTH = 80
"""Characters of a statement that are shown."""
ENV_PATCHES = "ENV_PATCHES"
"""Filter of Tutor's by which plugins add text to its templates."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """Text that a plugin adds to a template of Tutor's."""

    name: str
    """Name of the place, such as `openedx-lms-common-settings`."""
    text: str
    file: Path
    line: int
    """Line of the file at which the text begins, from 1."""


@dataclass(kw_only=True)
class PluginFile:
    """What one plugin does, as far as its file tells without running it."""

    name: str
    patches: list[Patch] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of Tutor's that it sets."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    """Places that can't be read so, as `file:line`, and what stands there."""


def read(folder: Path, name: str) -> PluginFile | None:
    """The file of an enabled plugin; None where the folder has none, as with installed packages."""
    for path in (folder / f"{name}.yml", folder / f"{name}.py", folder / name / "plugin.py"):
        if path.is_file():
            reader = _yaml if path.suffix == ".yml" else _python
            return reader(path, name)
    return None


def _yaml(path: Path, name: str) -> PluginFile:
    plugin = PluginFile(name=name)
    try:
        text = path.read_text(encoding="utf-8")
        content, tree = yaml.safe_load(text), yaml.compose(text)
    except (yaml.YAMLError, UnicodeDecodeError):
        plugin.unread.append((str(path), "is not YAML"))
        return plugin
    content = content if isinstance(content, Mapping) else {}
    lines = _lines_of_patches(tree)
    for place, patch in (content.get("patches") or {}).items():
        plugin.patches.append(
            Patch(name=str(place), text=str(patch), file=path, line=lines.get(str(place), 1))
        )
    config = content.get("config") or {}
    plugin.settings.update(config.get("set") or {})
    for group in ("defaults", "add", "unique"):
        for key, value in (config.get(group) or {}).items():
            plugin.settings[f"{name.upper().replace('-', '_')}_{key}"] = value
    for key in sorted(set(content) - {"name", "version", "patches", "config"}):
        plugin.unread.append((f"{path}", f"`{key}` of the plugin"))
    return plugin


def _lines_of_patches(tree: yaml.Node | None) -> Mapping[str, int]:
    """The first line of each patch's text, by the patch's name."""
    top = tree.value if isinstance(tree, yaml.MappingNode) else []
    patches = next((value for key, value in top if key.value == "patches"), None)
    pairs = patches.value if isinstance(patches, yaml.MappingNode) else []
    # The text of a block begins on the line after its `|`.
    return {
        key.value: value.start_mark.line + (2 if value.style in ("|", ">") else 1) for key, value in pairs
    }


def _python(path: Path, name: str) -> PluginFile:
    plugin = PluginFile(name=name)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        plugin.unread.append((str(path), "is not Python"))
        return plugin
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) or is_text(statement):
            continue
        items = list(_added(statement))
        if not items:
            plugin.unread.append((f"{path}:{statement.lineno}", f"`{outline(statement)}`"))
        for node in items:
            try:
                place, text = ast.literal_eval(node)
                line = node.elts[1].lineno if isinstance(node, ast.Tuple) else node.lineno
                plugin.patches.append(Patch(name=str(place), text=str(text), file=path, line=line))
            except (ValueError, TypeError):
                plugin.unread.append((f"{path}:{node.lineno}", f"`{outline(statement)}`"))
    return plugin


def _added(statement: ast.stmt) -> Iterator[ast.expr]:
    """The pairs that a statement adds to the patches."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
        return
    of = call.func.value
    if (of.attr if isinstance(of, ast.Attribute) else getattr(of, "id", "")) != ENV_PATCHES:
        return
    if call.func.attr == "add_item":
        yield call.args[0]
    elif call.func.attr == "add_items" and isinstance(call.args[0], ast.List | ast.Tuple):
        yield from call.args[0].elts


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a text that nobody reads, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def outline(statement: ast.stmt) -> str:
    """The first line of a statement, with its texts left out, which may be secret."""
    bare = _Outline().visit(copy.deepcopy(statement))
    return ast.unparse(bare).splitlines()[0][:_WIDTH]


class _Outline(ast.NodeTransformer):
    """Puts `…` in place of every text that is no index."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        node.value = self.visit(node.value)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Name(id="…") if isinstance(node.value, str | bytes) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Name(id="…")
