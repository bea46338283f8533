"""The verb `dev editor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.operations.development.editors import pycharm, vscode
from openedx_infra.operations.development.editors.workspace import Workspace, workspace

Written = list[tuple[Path, bool]]


def _vscode(place: Workspace) -> Written:
    return [vscode.launch_file(place), vscode.dev_container(place)]


EDITORS: Mapping[str, Callable[[Workspace], Written]] = {
    "vscode": _vscode,
    "pycharm": pycharm.run_configurations,
}
"""What is written for each editor."""


def prepare(editor: str, stack: Stack, folder: Path | None, console: Console) -> None:
    """Write the files of an editor, and print each. Raises OperationError."""
    for file, changed in EDITORS[editor](workspace(stack, folder)):
        console.print(f"{'written' if changed else 'unchanged'}  {file}", soft_wrap=True, highlight=False)
