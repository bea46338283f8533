"""The folder of the project, and the stacks that it describes."""

from __future__ import annotations

import re
from pathlib import Path

from openedx_infra.config.checkout_files import PROJECT_FOLDER
from tools.paths import private_dir, state_dir

CHECKOUT = PROJECT_FOLDER
"""The folder of Pulumi.yaml and the stack files."""

INSTALLED = not (CHECKOUT / "openedx_infra").is_dir()
"""Whether the program is installed as a package, and the folder has only stack files."""

BIN = "" if INSTALLED else ".venv/bin/"
"""What stands before the names of our programs when they are typed in that folder."""

SCHEMA = "stack.schema.json" if INSTALLED else "docs/reference/stack.schema.json"
"""Where editors find the JSON Schema of stack files, from that folder."""

DEFAULT_STACK = "dev"
"""The stack that a command is about when none is named: a default of the command line, and nothing else."""

_STACK_FILE = re.compile(r"^Pulumi\.(?P<name>[A-Za-z0-9_.-]+)\.yaml$")


def stack_file_path(name: str) -> Path:
    """The path of a stack's file; it need not exist."""
    return CHECKOUT / f"Pulumi.{name}.yaml"


def stack_names() -> tuple[str, ...]:
    """The stacks that the checkout has a file for, sorted."""
    matches = (_STACK_FILE.match(path.name) for path in CHECKOUT.iterdir())
    return tuple(sorted(match["name"] for match in matches if match))


def state() -> Path:
    """The folder of what belongs to this checkout and must not be in it: state, passphrase, local stacks."""
    return state_dir(CHECKOUT)


def local_project() -> Path:
    """The folder of local stacks: a Pulumi project of the same name, where Pulumi may write."""
    return project_in(private_dir(state() / "stacks"))


def project_in(folder: Path) -> Path:
    """A folder, with a Pulumi project of our name in it."""
    project = folder / "Pulumi.yaml"
    if not project.exists():
        project.write_text("name: openedx\nruntime: python\n")
    return folder
