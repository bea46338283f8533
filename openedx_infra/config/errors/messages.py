"""Messages for faults that pydantic finds: the value, the rule, the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from openedx_infra.config.errors.key_paths import UNION_KEY, Place, branches

_LONGEST = 80
_CREDENTIALS = re.compile(r"://[^/\s@]*@")
"""User name and password in an address, which must not end up in a log."""
_WANTED = {
    "string": "text",
    "int": "a whole number",
    "bool": "true or false",
    "model": "a map of keys",
    "dict": "a map",
    "tuple": "a list",
    "list": "a list",
}


def without_credentials(text: str) -> str:
    """A text without the user names and passwords in its addresses."""
    return _CREDENTIALS.sub("://…@", text)


def written(value: Any) -> str:
    """A value as a stack file has it, shortened to one line; lists and maps by their kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        text = without_credentials(value)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        return '"' + text.replace("\n", " ") + '"'
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list | tuple | set):
        return "a list"
    return str(value)[:_LONGEST]


def did_you_mean(word: str, known: list[str]) -> str:
    """The known word that is most similar, if any is, and all known words."""
    near = get_close_matches(word, known, n=1)
    here = f"nown here: {', '.join(known) or 'nothing'}"
    return f"did you mean `{near[0]}`? K{here}" if near else f"k{here}"


def sentence(fault: ErrorDetails, place: Place) -> str:
    """What to print after the key."""
    kind = fault["type"]
    if kind in _SENTENCES:
        return _SENTENCES[kind](fault, place)
    family = kind.partition("_")[0]
    if family in _WANTED and kind.endswith(("_type", "_parsing", "_from_float")):
        return _wrong_type(fault["input"], _WANTED[family], place)
    return f"{_subject(fault, place)}: {fault['msg']}"


def _subject(fault: ErrorDetails, place: Place) -> str:
    return f"the name {written(fault['input'])}" if place.is_name else written(fault["input"])


def _wrong_type(value: Any, wanted: str, place: Place) -> str:
    remedy = {
        "text": "put it in quotes" if isinstance(value, bool | int | float) else "write one text here",
        "a whole number": "write digits without quotes, such as 2",
        "true or false": "write one of these two words, without quotes",
        "a map of keys": f"write under it some of {', '.join(place.known)}",
        "a map": "write `name: value` lines under it",
        "a list": "write it in brackets, or one line with a hyphen for each item",
    }[wanted]
    if value is None:
        return f"is empty, but {wanted} belongs here: {remedy}"
    if isinstance(value, str) and _would_be(value, wanted):
        remedy = f"write it without quotes: {value}"
    where = "the name " if place.is_name else ""
    return f"{where}{written(value)} is not {wanted}: {remedy}"


def _would_be(text: str, wanted: str) -> bool:
    return text.isdecimal() if wanted == "a whole number" else text in wanted.split(" or ")


def _missing(fault: ErrorDetails, place: Place) -> str:
    meaning = f" ({place.meaning.removesuffix('.')})" if place.meaning else ""
    return f"missing{meaning}: it has no default: set it"


def _choices(fault: ErrorDetails, place: Place) -> str:
    expected = fault["ctx"]["expected"]
    allowed = re.findall(r"'([^']*)'", expected) or re.findall(r"\d+", expected)
    rule = f"write {allowed[0]}" if len(allowed) == 1 else f"write one of {', '.join(allowed)}"
    return f"{_subject(fault, place)} is not known here: {rule}"


def _wrong_branch(fault: ErrorDetails, place: Place) -> str:
    allowed = sorted(branches(place.annotation))
    return f"{written(fault['input'].get(UNION_KEY))} is not known here: write one of {', '.join(allowed)}"


def _no_branch(fault: ErrorDetails, place: Place) -> str:
    return (
        "missing: it decides which keys can stand beside it; write one of "
        f"{', '.join(sorted(branches(place.annotation)))}"
    )


def _bound(text: str, name: str) -> Callable[[ErrorDetails, Place], str]:
    return lambda fault, place: f"{_subject(fault, place)} {text.format(fault['ctx'][name])}"


_SENTENCES: dict[str, Callable[[ErrorDetails, Place], str]] = {
    "missing": _missing,
    "extra_forbidden": lambda fault, place: (
        f"unknown key; {did_you_mean(str(place.location[-1]), place.known)}"
    ),
    "invalid_key": lambda fault, place: "unknown key; keys are text",
    "value_error": lambda fault, place: f"{_subject(fault, place)} {fault['ctx']['error']}",
    "literal_error": _choices,
    "union_tag_invalid": _wrong_branch,
    "union_tag_not_found": _no_branch,
    "greater_than_equal": _bound("is too small: it must be at least {}", "ge"),
    "less_than_equal": _bound("is too large: it must be at most {}", "le"),
    "string_too_short": _bound("is too short: it must have at least {} character", "min_length"),
    "string_too_long": _bound("is too long: it must have at most {} characters", "max_length"),
    "too_short": _bound("is too short: it needs at least {}", "min_length"),
}
