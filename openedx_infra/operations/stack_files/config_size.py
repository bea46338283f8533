"""How much configuration Pulumi can hand to a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

MOST_BYTES = 128_000
"""Bytes of a stack's whole configuration. Pulumi hands it over as one environment variable, of which Linux
takes 131,072 (seen with 3.259: more ends in "argument list too long"); the rest is for what Pulumi adds."""


def problems(config: Mapping[str, Any]) -> Iterator[str]:
    """One line when the configuration of a stack, by full key, is larger than a program can be given."""
    sizes = {str(key): _size(value) for key, value in config.items()}
    total = sum(sizes.values())
    if total <= MOST_BYTES:
        return
    largest = max(sizes, key=lambda key: sizes[key])
    yield (
        f"config: has {total:,} bytes as Pulumi passes it on, {sizes[largest]:,} of them in `{largest}`, and "
        f"a program can be given {MOST_BYTES:,}: shorten it; large texts belong in an image or a bucket"
    )


def _size(value: Any) -> int:
    """Bytes of one entry: lists and maps are JSON within the JSON of all entries."""
    text = value if isinstance(value, str) else _json(value)
    return len(_json(text).encode("utf-8", "surrogatepass"))


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    for character in "<>&":  # Go's encoder writes them as six
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
