"""The command `migrate-config`: renames former keys of a stack file, all else as it is."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openedx_infra.config import PROJECT
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.renamed_keys.reading import FormerKey, Table, former_keys, renewed
from openedx_infra.config.renamed_keys.table import RENAMED_KEYS
from openedx_infra.config.stack_kinds import kind_in
from openedx_infra.operations.configuration import renaming
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.editing import alone, edited
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.stack_files.whole_write import write_whole


def migrate(
    name: str,
    config_file: Path | None,
    console: Console,
    confirm: Callable[[str], bool] | None,
    *,
    only_check: bool = False,
    table: Table = RENAMED_KEYS,
) -> bool:
    """Show the diff, ask, and write the file. Returns whether former keys remain in it.

    `confirm` of None doesn't ask; `only_check` writes nothing. Raises OperationError, and leaves the file as
    it is, where a former key and its new one are both there.
    """
    path = stack_file.read(name, config_file).path
    with alone(path):
        file = stack_file.read(name, path)
        found = former(file, table)
        if not found:
            console.print(f"{path.name}: no key of it has another name now.", highlight=False, soft_wrap=True)
            return False
        _require_single(file, found)
        before = path.read_text(encoding="utf-8")
        after = migrated(before, found)
        console.print(_diff(before, after, path.name), markup=False, highlight=False, soft_wrap=True)
        if only_check or (confirm is not None and not confirm(f"Write {path.name}?")):
            console.print(f"{path.name} is as it was.", highlight=False, soft_wrap=True)
            return True
        write_whole(path, after.encode())
    keys = "1 key" if len(found) == 1 else f"{len(found)} keys"
    console.print(f"{path.name}: {keys} renamed.", highlight=False, soft_wrap=True)
    return False


def former(file: StackFile, table: Table = RENAMED_KEYS) -> list[FormerKey]:
    """The former keys in a stack file."""
    kind = kind_in(file.written_values)
    return former_keys(file.written_values, kind.name, table) if kind else []


def migrated(text: str, found: list[FormerKey]) -> str:
    """The text of a stack file with its former keys renamed.

    Raises OperationError where it can't be rewritten as it is meant, such as with a former key that an anchor
    of YAML repeats.
    """
    wanted = _renewed(text, found)
    try:
        after = edited(text, lambda content: renaming.rename(content["config"], found))
        right = _values(after) == wanted
    except (LookupError, YAMLError):
        right = False
    if not right:
        lines = "\n".join(f"  - {key_of(each.old)}: to {key_of(each.new)}" for each in found)
        raise OperationError(
            "The file can't be rewritten with its comments and anchors (`&name`, `*name`), and was not "
            "changed.",
            remedy=f"rename by hand\n{lines}",
        )
    return after


def _values(text: str) -> dict[str, Any]:
    config = YAML(typ="safe", pure=True).load(text)["config"]
    return {str(key): value for key, value in config.items()}


def _renewed(text: str, found: list[FormerKey]) -> dict[str, Any]:
    """What the file holds once it is migrated, by full key."""
    prefix = f"{PROJECT}:"
    values = _values(text)
    ours = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    rest = {key: value for key, value in values.items() if not key.startswith(prefix)}
    return {**rest, **{f"{prefix}{key}": value for key, value in renewed(ours, found).items()}}


def _require_single(file: StackFile, found: list[FormerKey]) -> None:
    lines = "\n".join(f"  - {each.fault(file.name).line}" for each in found if each.doubled)
    if lines:
        raise OperationError(f"{file.path.name} can't be migrated, nothing was changed.\n{lines}")


def _diff(before: str, after: str, name: str) -> str:
    """The lines that change, each with one beside it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=1)
    return "\n".join(lines)
