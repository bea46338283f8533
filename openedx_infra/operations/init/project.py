"""The project of an installed program: what Pulumi needs in a folder that has only stack files."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from openedx_infra.config.documentation.schema import json_schema
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.checkout import CHECKOUT, INSTALLED, SCHEMA
from openedx_infra.operations.stack_files.whole_write import write_whole

_TEMPLATES = Path(__file__).parent / "templates" / "project"
_FILES = {"Pulumi.yaml": "Pulumi.yaml", "__main__.py": "__main__.py", ".gitignore": "gitignore"}
"""Files of a project, and their templates."""


def require_project(console: Console) -> None:
    """Make the current folder a project, unless it is one already or the program runs from its checkout.

    Raises OperationError, with nothing written, where the folder has files of another project.
    """
    if not INSTALLED:
        return
    texts = {name: (_TEMPLATES / template).read_text(encoding="utf-8") for name, template in _FILES.items()}
    texts["requirements.txt"] = f"openedx-infra=={version('openedx-infra')}\n"
    if not (CHECKOUT / "Pulumi.yaml").exists():
        if foreign := [name for name in texts if (CHECKOUT / name).exists() and name != ".gitignore"]:
            raise OperationError(
                f"{CHECKOUT} has {' and '.join(foreign)} already, and no Pulumi.yaml of this program.",
                remedy="make an empty folder for your stack files, and run this there",
            )
        for name, text in texts.items():
            if not (CHECKOUT / name).exists():
                write_whole(CHECKOUT / name, text.encode(), mode=0o644)
        console.print(f"{CHECKOUT} is a project now: {', '.join(texts)}.", highlight=False)
    elif "name: openedx" not in (CHECKOUT / "Pulumi.yaml").read_text(encoding="utf-8").splitlines():
        raise OperationError(
            f"{CHECKOUT / 'Pulumi.yaml'} is another project's.",
            remedy="make an empty folder for your stack files, and run this there",
        )
    schema = json.dumps(json_schema(), indent=2) + "\n"
    write_whole(CHECKOUT / SCHEMA, schema.encode(), mode=0o644)
