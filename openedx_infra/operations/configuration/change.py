"""Sets one key of a stack file: validated before it is written, and everything else as it was."""

from __future__ import annotations

import io
from collections.abc import Mapping, MutableMapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from openedx_infra.config import PROJECT, SECRETS_KEY, ConfigError
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.secrets.plain_secrets import plain_secrets
from openedx_infra.operations.configuration.django_settings import SITES, is_setting
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.editing import edit
from openedx_infra.operations.stack_files.stack_file import StackFile


def parsed(text: str) -> Any:
    """A value as one writes it into a stack file: `true`, `3`, `[a, b]`, `{name: value}`, or text.

    Raises OperationError when it is no valid YAML.
    """
    try:
        return YAML(typ="safe", pure=True).load(text) if text else ""
    except (YAMLError, ValueError) as error:  # ValueError: a number or a date that there isn't
        reason = (error.problem or error.context) if isinstance(error, MarkedYAMLError) else None
        raise OperationError(
            f"{text!r} is no valid YAML: {reason or str(error).splitlines()[0]}. Nothing was changed.",
            remedy="put text with special characters in quotes, twice: once for the shell, once for YAML, "
            "as in '\"a: b\"'",
        ) from error


def set_key(file: StackFile, location: Location, value: Any) -> None:
    """Set a key in the stack file. Maps on the way to it are made; an index after the last one appends.

    Raises OperationError for a secret, and ConfigError with what would be wrong afterwards and wasn't before;
    then the file is as it was.
    """
    set_keys(file, {location: value})


def set_keys(file: StackFile, values: Mapping[Location, Any]) -> None:
    """Set keys in the stack file, all or none; see `set_key`."""
    for location in values:
        require_settable(file, location)
    before = _problems(file)

    def change(config: Any) -> None:
        for location, value in values.items():
            _put(config, location, value)
        fresh = [line for line in _problems(_changed(file, config)) if line not in before]
        if fresh:
            raise ConfigError(file.name, fresh)

    edit(file.path, change)


def require_settable(file: StackFile, location: Location) -> None:
    """Raise OperationError for what `config set` can't set: secrets, and settings by another name."""
    if location[0] == SECRETS_KEY:
        raise OperationError(
            f"{key_of(location)} is a secret, which must not stand on a command line. Nothing was changed.",
            remedy=f"`openedx-infra secrets set {location[-1]} --stack {file.name}` reads it from standard "
            "input or a file",
        )
    if is_setting(location):
        site = "studio" if SITES[str(location[0])] == "cms" else "lms"
        path = key_of(("settings", site, *location[1:])).removeprefix(f"{PROJECT}:")
        raise OperationError(
            f"{location[0]}.{location[1]} is a setting of the platform, and no key of stack files. "
            "Nothing was changed.",
            remedy=f"`openedx-infra config set {path} VALUE --stack {file.name}` sets it for the site, and "
            f"settings.common.{location[1]} for both",
        )


def _put(config: MutableMapping[str, Any], location: Location, value: Any) -> None:
    holder: Any = config
    parts = (f"{PROJECT}:{location[0]}", *location[1:])
    for depth, part in enumerate(parts[:-1], 1):
        _require_room(holder, part, location[:depth])
        if isinstance(part, int) and part == len(holder):
            holder.append({})
        elif not isinstance(part, int) and holder.get(part) is None:
            holder[part] = {}
        holder = holder[part]
    last = parts[-1]
    _require_room(holder, last, location)
    if isinstance(last, int) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _require_room(holder: Any, part: int | str, location: Location) -> None:
    """Raise OperationError unless a key or an item can stand in what holds it."""
    above = key_of(location[:-1]) if len(location) > 1 else "config"
    if isinstance(part, int) and isinstance(holder, list) and part <= len(holder):
        return
    if not isinstance(part, int) and isinstance(holder, Mapping):
        return
    if isinstance(holder, list):
        rule = f"a list of {len(holder)}: write a number from 0 to {len(holder)} in brackets"
    elif isinstance(holder, Mapping):
        rule = "a map: write a name after a dot"
    else:
        rule = f"{holder!r}, with nothing under it: set {above} as a whole"
    raise OperationError(f"{key_of(location)} can't be set: {above} holds {rule}. Nothing was changed.")


def _changed(file: StackFile, config: Any) -> StackFile:
    """The stack file as it would be, in plain types."""
    out = io.StringIO()
    YAML().dump({"config": config}, out)
    fresh = YAML(typ="safe", pure=True).load(out.getvalue())
    return StackFile(name=file.name, path=file.path, content={**file.content, **fresh})


def _problems(file: StackFile) -> list[str]:
    """What is wrong with the stack file, undecided values aside; secrets in plain are wrong, too."""
    values = {name: value for name, value in file.values.items() if name != SECRETS_KEY}
    plain = [fault.line for fault in plain_secrets(values, file.name)]
    try:
        stack_file.validated(file, placeholders=True)
    except ConfigError as error:
        return [*plain, *error.problems]
    return plain
