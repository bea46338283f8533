"""The commands `config get` and `config set`: they print values, and their origins."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from openedx_infra.config import BaseStack
from openedx_infra.config.errors.key_paths import Location, key_of, location_of
from openedx_infra.config.errors.messages import written
from openedx_infra.operations.configuration import change, django_settings, effective, themes
from openedx_infra.operations.configuration.effective import Effective
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile


def get(
    name: str, config_file: Path | None, key: str, console: Console, notes: Console, *, as_json: bool = False
) -> None:
    """Print the effective value of a key, or of a platform's setting such as `lms.PLATFORM_NAME`.

    A single value is printed alone, a section as YAML with the origin of each value beside it.
    """
    file = stack_file.read(name, config_file)
    location = _location(key)
    if django_settings.is_setting(location):
        found = django_settings.django_setting(file, stack_file.instance(file, placeholders=True), location)
        values = [Effective(location=location, value=found.value, origin="; ".join(found.origins))]
    else:
        values = effective.effective(file, stack_file.validated(file, placeholders=True), location)
    if as_json:
        rows = [{"key": _shown(each.location), "value": each.value, "from": each.origin} for each in values]
        print(json.dumps(rows, indent=2, default=str))
    elif [each.location for each in values] == [location]:
        console.print(_yaml(values[0].value), markup=False, highlight=False, soft_wrap=True)
        notes.print(f"from: {values[0].origin}", style="dim", highlight=False, markup=False, soft_wrap=True)
    else:
        console.print(_commented(values, location), markup=False, highlight=False, soft_wrap=True)


def set_value(
    name: str, config_file: Path | None, key: str, text: str, console: Console, notes: Console
) -> None:
    """Set a key of the stack file, and print what it was and what applies it."""
    file = stack_file.read(name, config_file)
    location = _location(key)
    value = change.parsed(text)
    before = _effective_text(file, location)
    change.set_key(file, location, value)
    console.print(
        f"{file.path.name}: {key_of(location)} is {written(value)}{f', was {before}' if before else ''}. "
        f"`openedx-infra up --stack {name}` applies it.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if location == ("site", "theme"):
        themes.note_unknown(file, value, notes)


def _location(key: str) -> Location:
    try:
        return location_of(key)
    except ValueError as error:
        raise OperationError(f"{error}. Nothing was changed.") from None


def _shown(location: Location) -> str:
    return (
        key_of(location).removeprefix("openedx:")
        if django_settings.is_setting(location)
        else key_of(location)
    )


def _effective_text(file: StackFile, location: Location) -> str:
    """The value before, in a few words; nothing where there was none, or the file is faulty."""
    from openedx_infra.config import ConfigError

    try:
        stack: BaseStack = stack_file.validated(file, placeholders=True)
        values = effective.effective(file, stack, location)
    except (ConfigError, OperationError):
        return ""
    if [each.location for each in values] != [location]:
        return ""
    value = values[0].value
    return "not set" if value is None else f"{written(value)} ({values[0].origin})"


def _yaml(value: Any) -> str:
    if isinstance(value, str) and "\n" not in value:
        return value
    out = io.StringIO()
    writer = YAML()
    writer.width = 4096
    writer.dump(value, out)
    return out.getvalue().removesuffix("...\n").rstrip("\n") or "null"


def _commented(values: Sequence[Effective], below: Location) -> str:
    """Values as YAML, with the origin of each as a comment."""
    if not values:
        return "{}"
    out = io.StringIO()
    writer = YAML()
    writer.width = 4096
    writer.dump(_with_origins(values, below), out)
    return out.getvalue().rstrip("\n")


def _with_origins(values: Sequence[Effective], below: Location) -> CommentedMap | CommentedSeq:
    parts: dict[int | str, list[Effective]] = {}
    for each in values:
        parts.setdefault(each.location[len(below)], []).append(each)
    holder: CommentedMap | CommentedSeq = (
        CommentedSeq() if all(isinstance(part, int) for part in parts) else CommentedMap()
    )
    for part, group in parts.items():
        single = len(group) == 1 and group[0].location == (*below, part)
        inner = group[0].value if single else _with_origins(group, (*below, part))
        holder.insert(len(holder), inner) if isinstance(holder, CommentedSeq) else holder.update(
            {part: inner}
        )
        if single:
            holder.yaml_add_eol_comment(
                group[0].origin, len(holder) - 1 if isinstance(holder, CommentedSeq) else part
            )
    return holder
