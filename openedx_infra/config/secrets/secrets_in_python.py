"""Finds secrets that a file of Python holds in plain: by names of variables, and by the form of texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from openedx_infra.config.secrets.plain_secrets import form_of_secret, is_secret_name


@dataclass(frozen=True, kw_only=True)
class PlainSecret:
    """A secret in plain. Its value is never repeated."""

    line: int
    """Where it stands, counted from 1."""
    name: str | None
    """What is set to it. None: its form alone tells what it is."""
    what: str
    """What it is: `holds a token of GitHub`, `is secret by its name`."""


def plain_secrets_of(text: str) -> Iterator[PlainSecret]:
    """Each text in valid Python that is secret by the name of what is set to it, or by its form; comments
    are judged by their forms, too. Names are those of variables, attributes, keys of maps, and arguments."""
    by_form = {
        number: form for number, line in enumerate(text.splitlines(), 1) if (form := form_of_secret(line))
    }
    for number, form in by_form.items():
        yield PlainSecret(line=number, name=None, what=f"holds {form}")
    for name, value in _named(ast.parse(text)):
        if value.lineno not in by_form and is_secret_name(name) and _is_text(value):
            yield PlainSecret(line=value.lineno, name=name, what="is secret by its name")


def _named(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Every value to which a name is given, with the name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((name, node.value) for target in node.targets if (name := _name(target)))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value and (name := _name(node.target)):
            yield name, node.value
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from ((name, value) for key, value in pairs if key and (name := _text(key)))
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value


def _name(target: ast.expr) -> str | None:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=key):
            return _text(key)
    return None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_text(value: ast.expr) -> bool:
    """Whether a value is text that is written out, or a list of such."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return any(_is_text(each) for each in value.elts)
    return (
        isinstance(value, ast.Constant) and isinstance(value.value, str | bytes) and bool(value.value.strip())
    )
