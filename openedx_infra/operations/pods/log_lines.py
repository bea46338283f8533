"""Log lines of an instance's software in a form for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

_TIME, _LEVEL, _LOGGER = ("time", "ts", "t"), ("level", "s"), ("logger", "c")
_MESSAGE = ("message", "msg")
_LATEST = 10**11
"""Seconds since 1970 in the year 5138: what is larger counts milliseconds."""
_LEFT_OUT = {"process", "file", "service", "id", "ctx", "svc", "attr"}
"""Names that say where a line was written, or hold much more than a line."""


def readable(line: str) -> str:
    """A JSON line as time, level, logger, message and the rest by names, with a traceback below it.

    It knows the platform's lines and tracking events, and those of Caddy and MongoDB. Others stay as they
    are.
    """
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if "event_type" in entry and "event_source" in entry:
        return _event(entry)
    message = _first(entry, _MESSAGE)
    if message is None:
        return line
    known = {
        *_TIME,
        *_LEVEL,
        *_LOGGER,
        *_MESSAGE,
        *_LEFT_OUT,
        "exception",
        "stack",
        "request",
        "resp_headers",
    }
    rest = [f"{name}={value}" for name, value in entry.items() if name not in known and _is_short(value)]
    head = [_time(_first(entry, _TIME)), str(_first(entry, _LEVEL) or "").upper(), _first(entry, _LOGGER)]
    below = [str(entry[name]) for name in ("exception", "stack") if name in entry]
    first = " ".join(str(part) for part in (*head, message, _request(entry), *rest) if part)
    return "\n".join([first, *below])


def _event(entry: Mapping[str, Any]) -> str:
    context = entry.get("context")
    course = context.get("course_id") if isinstance(context, Mapping) else None
    who = [f"user={entry['username']}"] if entry.get("username") else []
    where = [f"course={course}"] if course else []
    name = entry.get("name") or entry["event_type"]
    return " ".join([_time(entry.get("time")), "EVENT", str(name), *who, *where])


def _request(entry: Mapping[str, Any]) -> str:
    """The request of an access log's line."""
    request = entry.get("request")
    if not isinstance(request, Mapping):
        return ""
    return " ".join(str(request[name]) for name in ("method", "host", "uri") if name in request)


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((entry[name] for name in names if name in entry), None)


def _is_short(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 80)


def _time(value: Any) -> str:
    """A time in UTC, however it is written."""
    if isinstance(value, Mapping):  # MongoDB's
        value = value.get("$date", "")
    if isinstance(value, int | float):
        with suppress(ValueError, OverflowError, OSError):  # no such year: it counts otherwise, and stays
            seconds = value / 1000 if value > _LATEST else value
            return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return str(value or "")
