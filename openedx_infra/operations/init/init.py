"""Writes the stack file of a new instance and its secrets, and tells what is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.config.load import PLACEHOLDER
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.init.project import require_project
from openedx_infra.operations.init.questions import Options, answers
from openedx_infra.operations.init.text import stack_text
from openedx_infra.operations.secrets import commands
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.checkout import BIN, INSTALLED, stack_file_path
from openedx_infra.operations.stack_files.whole_write import write_whole
from openedx_infra.operations.state.open_stack import tools

COMMAND = f"{BIN}openedx-infra"
"""The command as it is typed in the folder of the project."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What `init` is asked to write."""

    options: Options
    """Answers that were given on the command line."""
    secrets: bool = True
    """Whether it generates the secrets, too."""


def init(request: Request, console: Console, *, interactive: bool) -> Path:
    """Write the file of a new stack and generate its secrets; return the file's path.

    Raises OperationError, with nothing written, when an answer is missing or wrong or the stack has a file
    already.
    """
    if name := request.options.get("stack"):
        require_new(name)
    found = answers(request.options, console if interactive else None)
    path = require_new(found.stack)
    if request.secrets:
        tools(console)  # what the secrets need may take minutes, or fail: before anything is written
    require_project(console)
    write_whole(path, stack_text(found).encode(), mode=0o644)
    console.print(f"{path.name} is written.", highlight=False)
    steps = generated(found.stack, path, console) if request.secrets else [_generate(found.stack)]
    print_steps(found.stack, path, steps, console)
    return path


def require_new(name: str) -> Path:
    """Where the file of a new stack goes. Raises OperationError when there is one."""
    path = stack_file_path(name)
    if path.exists():
        raise OperationError(
            f"There is a stack {name} already: {path}.",
            remedy="choose another name by --stack, or edit that file",
        )
    return path


def _up(stack: str) -> str:
    return f"{COMMAND} up --stack {stack}" if INSTALLED else f"make up STACK={stack}"


def _generate(stack: str) -> str:
    return f"{COMMAND} secrets generate --stack {stack}"


def generated(stack: str, path: Path, console: Console) -> list[str]:
    """Generate the secrets that a new stack lacks; return the steps for what only the operator knows."""
    try:
        left = commands.generate(stack, None, console)
    except Exception as error:
        raise OperationError(
            f"{path.name} is written, but its secrets could not be generated: {error}",
            remedy=f"then run `{_generate(stack)}`",
        ) from error
    return [f"{COMMAND} secrets set {name} --stack {stack}" for name in left]


def print_steps(stack: str, path: Path, steps: list[str], console: Console) -> None:
    """Print what the operator has to do before the site is up: decide, then `steps`, then check and up."""
    console.print("\nNext:", highlight=False)
    if open_keys := _undecided(stack, path):
        keys = "".join(f"\n      {key}" for key in open_keys)
        steps = [f"decide in {path.name} what still says {PLACEHOLDER}:{keys}", *steps]
    steps = [*steps, f"{COMMAND} check --stack {stack}", _up(stack)]
    for number, step in enumerate(steps, 1):
        console.print(f"  {number}. {step}", highlight=False, markup=False, soft_wrap=True)


def _undecided(stack: str, path: Path) -> list[str]:
    found = stack_file.examined(stack_file.read(stack, path)).problems
    return [line.partition(": ")[0] for line in found if PLACEHOLDER in line]
