"""Writes the stack file and secrets that a draft became, and prints what was taken over and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from openedx_infra.config.secrets.formats import unfit
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.imports import stack_text
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.init import init
from openedx_infra.operations.init.project import require_project
from openedx_infra.operations.init.questions import answers
from openedx_infra.operations.secrets import commands
from openedx_infra.operations.stack_files.whole_write import write_whole
from openedx_infra.operations.state.open_stack import tools


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The other installation, in words."""

    title: str
    """Such as `Tutor 22.0.3 (verawood) at /srv/tutor`."""
    name: str
    """What its settings are called in tables, such as `Tutor`."""
    unchanged: str
    """The sentence that tells that it was only read."""
    remedy: str
    """What to do about secrets of it that nobody could work with."""


def require_new(options: Mapping[str, str | None]) -> None:
    """Raise OperationError when the stack that the options name has a file."""
    init.require_new(str(options["stack"]))


def write(
    draft: Draft, origin: Origin, options: Mapping[str, str | None], console: Console, *, secrets: bool
) -> Path:
    """Write the stack file, and with `secrets` what is known or can be made of its secrets; return its path.

    `options`: answers that the other installation doesn't have, as options of `init`. Raises OperationError,
    with nothing written, when one is missing or wrong, or a secret is not what its reader needs.
    """
    if faults := unfit(draft.secrets):
        raise OperationError(
            f"Secrets of {origin.title} can't be used as they are; nothing was written.\n"
            + "\n".join(faults),
            remedy=origin.remedy,
        )
    whole = answers({**options, **draft.answers}, None)
    path = init.require_new(whole.stack)
    if secrets:
        tools(console)  # what these need may take minutes, or fail: before anything is written
    text = stack_text.composed(whole, draft)
    require_project(console)
    write_whole(path, text.encode(), mode=0o644)
    show(draft, origin, console)
    console.print(f"\n{path.name} is written. {origin.unchanged}", highlight=False, soft_wrap=True)
    left = _secrets_written(whole.stack, path, draft, console) if secrets else []
    init.print_steps(whole.stack, path, left, console)
    return path


def _secrets_written(stack: str, path: Path, draft: Draft, console: Console) -> list[str]:
    """Write the secrets; return the steps that are left for those which nobody knows here."""
    commands.keep(stack, draft.secrets, console)
    return init.generated(stack, path, console)


def show(draft: Draft, origin: Origin, console: Console) -> None:
    """Print what was taken over, and what is left; no value of any secret."""
    console.print(origin.title, highlight=False, markup=False, soft_wrap=True)
    _print_table("Taken over", (origin.name, "stack file"), draft.taken, console)
    if draft.left:
        rows = {each.where: each.reason for each in draft.left}
        _print_table("Left for you", (origin.name, "why, and what to do"), rows, console)
    if draft.needless:
        rows = {reason: ", ".join(names) for reason, names in _by_reason(draft.needless).items()}
        _print_table("Not needed", ("why", origin.name), rows, console)


def _by_reason(needless: Mapping[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, reason in needless.items():
        grouped.setdefault(reason, []).append(name)
    return grouped


def _print_table(title: str, columns: tuple[str, str], rows: Mapping[str, str], console: Console) -> None:
    table = Table(title=f"{title}: {len(rows)}", title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows.items():
        table.add_row(*map(escape, row))
    console.print()
    console.print(table)
