"""Arguments of `certificates aws`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import new_console
from openedx_infra.operations.stack_files.checkout import CHECKOUT

app = typer.Typer(help="Certificates of the authorities of external servers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """One command would otherwise stand for the group."""


@app.command()
def aws(
    region: Annotated[str | None, typer.Option(help="Region of AWS. Default: all regions.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File to write. Default: where stack files look for it, certificates/aws-rds.pem."),
    ] = None,
    source: Annotated[str | None, typer.Option(hidden=True, help="Where to fetch it from.")] = None,
) -> None:
    """Fetch the authorities of Amazon RDS, Aurora and DocumentDB, check them, and write them to a file."""
    from openedx_infra.operations import aws_certificates

    aws_certificates.fetch_aws(
        output or CHECKOUT / aws_certificates.DEFAULT_OUTPUT,
        new_console(),
        region=region,
        source=source,
    )
