"""What can one type after `openedx-infra certificates`?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.checkout import CHECKOUT
from openedx_infra.operations.options import speaker

app = typer.Typer(help="Certificates of authorities that servers outside have.", no_args_is_help=True)


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
    from openedx_infra.operations import certificates

    certificates.fetch_aws(
        output or CHECKOUT / certificates.DEFAULT_OUTPUT,
        speaker(),
        region=region,
        source=source or certificates.TRUST_STORE,
    )
