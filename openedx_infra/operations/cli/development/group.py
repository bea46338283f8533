"""The command group `openedx-infra dev`, put together from one module for each subject."""

from __future__ import annotations

import typer

from openedx_infra.operations.cli.development import (
    certificates,
    clones,
    cluster,
    data,
    debugging,
    editor,
    shells,
    tests,
)

SUBJECTS = (shells, debugging, tests, editor, data, clones, cluster, certificates)
"""Modules with an `app`, in the order of `dev --help`. Each imports what its verbs need inside the verb."""

app = typer.Typer(help="Develop on a running instance: shells, debugger, tests.", no_args_is_help=True)
for subject in SUBJECTS:
    app.add_typer(subject.app)
