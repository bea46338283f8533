"""The verb `import tutor`: writes a stack file and its secrets, and tells what it could not take over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from openedx_infra.config.secrets.formats import unfit
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.imports.tutor import images, leftovers, plugins, root, servers, site, stack_text
from openedx_infra.operations.imports.tutor.draft import Draft
from openedx_infra.operations.imports.tutor.root import TutorRoot
from openedx_infra.operations.imports.tutor.values import TutorValues
from openedx_infra.operations.init import init
from openedx_infra.operations.init.project import require_project
from openedx_infra.operations.init.questions import answers
from openedx_infra.operations.secrets import commands
from openedx_infra.operations.stack_files.whole_write import write_whole
from openedx_infra.operations.state.open_stack import tools
from openedx_infra.releases import RELEASES


@dataclass(frozen=True, kw_only=True)
class Request:
    """What `import tutor` is asked to write."""

    root: Path
    """The Tutor root."""
    plugins: Path | None
    """Folder of single-file plugins; None: where Tutor looks for them."""
    options: Mapping[str, str | None]
    """Answers that the root doesn't have: situation, stack, context and so on, as options of `init`."""
    secrets: bool = True
    """Whether the secrets are written, too, as far as they are known or can be made."""


def import_tutor(request: Request, console: Console) -> Path:
    """Write the stack file of an instance that continues a site of Tutor's; return the file's path.

    The Tutor root is only read. Raises OperationError, with nothing written, when it is none, or an option
    is missing or wrong.
    """
    init.require_new(str(request.options["stack"]))
    tutor = root.read(request.root, request.plugins)
    draft = translated(tutor)
    _require_fit(draft)
    given = {**request.options, **draft.answers}
    whole = answers(given, None)
    path = init.require_new(whole.stack)
    if request.secrets:
        tools(console)  # what these need may take minutes, or fail: before anything is written
    text = stack_text.composed(whole, draft)
    require_project(console)
    write_whole(path, text.encode(), mode=0o644)
    show(tutor, draft, console)
    console.print(f"\n{path.name} is written. The Tutor root was only read.", highlight=False)
    left = _written(whole.stack, path, draft, console) if request.secrets else []
    init.print_steps(whole.stack, path, left, console)
    return path


def _written(stack: str, path: Path, draft: Draft, console: Console) -> list[str]:
    """Write the secrets; return the steps that are left for those which nobody knows here."""
    commands.keep(stack, draft.secrets, console)
    return init.generated(stack, path, console)


def translated(tutor: TutorRoot) -> Draft:
    """What becomes of a Tutor root."""
    names = tutor.enabled
    files = plugins.files(tutor.plugins, names)
    of_plugins = {key: value for plugin in files for key, value in plugin.settings.items()}
    values = TutorValues({**of_plugins, **tutor.config})
    draft = Draft()
    site.translate(tutor, values, draft)
    servers.translate(tutor, values, draft)
    release = RELEASES[draft.sections["release"]]
    images.translate(tutor, values, release.images, draft)
    plugins.translate(names, files, values, draft)
    leftovers.translate(values, draft)
    return draft


def _require_fit(draft: Draft) -> None:
    if faults := unfit(draft.secrets):
        raise OperationError(
            "Secrets of the Tutor root can't be used as they are; nothing was written.\n" + "\n".join(faults),
            remedy="compare its config.yml with a backup: Tutor itself could not work with these",
        )


def show(tutor: TutorRoot, draft: Draft, console: Console) -> None:
    """Print what was taken over, and what is left; no value of any secret."""
    console.print(f"Tutor {tutor.version} ({tutor.release}) at {tutor.path}", highlight=False, soft_wrap=True)
    _print_table("Taken over", ("Tutor", "stack file"), draft.taken, console)
    if draft.left:
        rows = {each.where: each.reason for each in draft.left}
        _print_table("Left for you", ("Tutor", "why, and what to do"), rows, console)


def _print_table(title: str, columns: tuple[str, str], rows: Mapping[str, str], console: Console) -> None:
    table = Table(title=f"{title}: {len(rows)}", title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows.items():
        table.add_row(*map(escape, row))
    console.print()
    console.print(table)
