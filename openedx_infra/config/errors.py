"""How is a wrong stack file explained? Every fault at once: its key, what was said, the rule, the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from openedx_infra.config.base import Section

_UNION_MARK = "source"


class ConfigError(Exception):
    """The configuration can't be used. `problems` has one line for each fault; nothing was changed."""

    def __init__(self, stack: str, problems: Sequence[str]) -> None:
        self.stack = stack
        self.problems = tuple(problems)
        count = "1 error" if len(self.problems) == 1 else f"{len(self.problems)} errors"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"Stack {stack}: {count} in its configuration, nothing was changed.\n{lines}")


def key_of(location: Sequence[int | str]) -> str:
    """The key of the stack file at a location, such as `openedx:site.lms_host` or `openedx:overrides[0].kind`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"openedx:{text.lstrip('.')}"


def explain(error: ValidationError, said: Mapping[str, Any], model: type[Section]) -> list[str]:
    """One line per fault that pydantic found in what was `said` for `model`."""
    lines = []
    for fault in error.errors(include_url=False):
        if fault["type"] == "default_factory_not_called":  # a consequence of another fault in the same section
            continue
        location = _without_union_tags(fault["loc"], said)
        lines.append(f"{key_of(location)}: {_rule(fault, location, said, model)}")
    return lines


def _rule(fault: Any, location: Sequence[int | str], said: Mapping[str, Any], model: type[Section]) -> str:
    kind = fault["type"]
    if kind == "missing":
        return "missing: it has no default, so say it in the stack file"
    if kind == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        near = get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(sorted(known)) or 'nothing'}"
        return f"unknown key; {hint}"
    message = fault["msg"].removeprefix("Value error, ")
    value = fault.get("input")
    if isinstance(value, str | int | float | bool) or value is None:
        return f"{message} (you wrote {value!r})"
    return message


def _without_union_tags(location: Sequence[int | str], said: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Pydantic puts the chosen branch of a union (`tls.secret.name`) into the path: the stack file has no such key."""
    kept: list[int | str] = []
    here: Any = said
    for part in location:
        if isinstance(here, Mapping) and here.get(_UNION_MARK) == part and part not in here:
            continue
        kept.append(part)
        if isinstance(here, Mapping):
            here = here.get(part)
        elif isinstance(here, Sequence) and not isinstance(here, str) and isinstance(part, int):
            here = here[part] if part < len(here) else None
        else:
            here = None
    return tuple(kept)


def _fields_at(model: type[Section], location: Sequence[int | str]) -> list[str]:
    """Names of the keys that the model takes at a location."""
    models: list[type[Section]] = [model]
    for part in location:
        inner = [m.model_fields[part].annotation for m in models if isinstance(part, str) and part in m.model_fields]
        if not inner:
            # A free name in a map, such as the name of a worker pool: stay with what the map holds.
            continue
        models = [found for annotation in inner for found in _sections(annotation)]
    return [name for m in models for name in m.model_fields]


def _sections(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _sections(argument)
