"""Masks secrets in texts that leave the house: the values of all Secrets, in whatever form.

A value is looked for as it is, as base64 has it, as addresses quote it, and as JSON escapes it. Values come
from the stack's own secrets and from the Secrets in the cluster, whose files are taken apart. What the stack
file says in plain is no secret, even where a secret file repeats it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import yaml

SHORTEST = 6
"""A shorter value is no secret worth the name, and would be found everywhere."""
SHORTEST_PART = 12
"""The same for a line or a text within a file, among which are words such as `openedx` and `RS512`."""
MASK = "[secret]"
_ASSIGNMENT = re.compile(r"""^\s*[\w.-]+\s*[=:\s]\s*["']*(?P<value>[^"']+?)["']*\s*$""")
"""A line of a configuration file."""


class Mask:
    """Covers secrets in texts."""

    def __init__(self, values: Iterable[str], plain: Iterable[str] = ()) -> None:
        """`values` are secret; but what is one of `plain` is none."""
        public = set(plain)
        secrets = {form for value in values if value not in public for form in forms(value)}
        self._secrets = sorted(secrets - public, key=len, reverse=True)
        """The longest first: a value may be a part of another."""

    def __call__(self, text: str) -> str:
        """The text, without secrets."""
        for value in self._secrets:
            text = text.replace(value, MASK)
        return text


def forms(value: str) -> Iterator[str]:
    """The forms in which a value may stand in a text: of several lines, each."""
    lines = [line.strip() for line in value.strip().splitlines()]
    for line in lines:
        if len(line) >= (SHORTEST if len(lines) == 1 else SHORTEST_PART) and not line.startswith("-----"):
            yield from (line, quote(line, safe=""), quote_plus(line))
            yield from (json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1])
            yield from _encoded(line)


def _encoded(line: str) -> Iterator[str]:
    """As base64 has it, alone or within something longer: without what depends on its neighbours."""
    raw = line.encode()
    for shift, cut in enumerate((0, 2, 3)):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        inner = text[cut : len(text) - (1 if (shift + len(raw)) % 3 else 0)]
        if len(inner) >= SHORTEST + 2:
            yield from (inner, inner.replace("+", "-").replace("/", "_"))


def of_object(secret: Mapping[str, Any]) -> Iterator[str]:
    """Values in a Secret of the cluster."""
    for packed in (secret.get("data") or {}).values():
        yield from within(_decoded(packed))
    for text in (secret.get("stringData") or {}).values():
        yield from within(text)


def within(text: str) -> Iterator[str]:
    """A file with secrets: its texts, where it is YAML or JSON, else its lines and what they say."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = text
    if isinstance(content, Mapping | list):
        yield from (part for leaf in leaves(content) for part in _of_leaf(leaf))
        return
    yield text
    for line in text.splitlines():
        if (match := _ASSIGNMENT.match(line)) and len(match["value"]) >= SHORTEST_PART:
            yield match["value"]


def leaves(value: Any) -> Iterator[str]:
    """Every text in a value, without keys of maps."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(inner)


def _of_leaf(leaf: str) -> Iterator[str]:
    """A text of a file. Of an address, its password alone: hosts are none."""
    if "://" in leaf:
        yield from filter(None, [_password(leaf)])
    elif len(leaf) >= SHORTEST_PART:
        yield leaf


def _password(address: str) -> str | None:
    try:
        return urlsplit(address).password
    except ValueError:
        return address


def _decoded(packed: str) -> str:
    try:
        return base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return packed
