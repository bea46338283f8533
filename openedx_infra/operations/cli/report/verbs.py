"""Arguments of `report` and `graph`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.report.options import Format, Source
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def report(
    base: Annotated[
        str | None, typer.Option(help="Branch or commit to compare with. Default: the main branch.")
    ] = None,
    format: Annotated[
        list[Format] | None, typer.Option("--format", "-f", help="Form; may be repeated. Default: markdown.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the report and pictures. Default: print one form."),
    ] = None,
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", help="Only this stack; may be repeated.")
    ] = None,
    source: Annotated[
        Source,
        typer.Option(help="preview: by Pulumi, with the state; recorded: offline; auto: what there is."),
    ] = Source.AUTO,
    approvals: Annotated[
        Path | None,
        typer.Option(help="Rules of who must approve. Default: the base's approvals.yaml.", exists=True),
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="Table of prices.", exists=True)] = None,
    limit: Annotated[
        int, typer.Option(help="Characters of Markdown at most: GitHub's 65536, GitLab's 1000000.", min=1000)
    ] = 65_536,
) -> None:
    """Report what a change of this checkout means for each stack that it touches.

    Exits with 0 when nothing would change, 3 when something would, 4 when somebody must approve it, and 1
    when it is refused.
    """
    from openedx_infra.operations.errors import OperationError
    from openedx_infra.operations.report import report as verb

    forms = format or [Format.MARKDOWN]
    if output is None and len(forms) > 1:
        raise OperationError(
            "Several forms can't be printed one after the other.", remedy="name a folder by --output"
        )
    found = verb.report(
        base,
        new_console(error=True),
        source=source,
        only=stack or (),
        rules_file=approvals,
        prices_file=prices,
    )
    if output is None:
        typer.echo(found.text(forms[0], limit), nl=False)
    else:
        console = new_console()
        for path in verb.write(verb.texts(found, forms, limit), output):
            console.print(f"{path} is written.", soft_wrap=True)
        for each in found.stacks:
            console.print(
                f"{each.stack}: {each.headline} ({each.outcome.value})", soft_wrap=True, markup=False
            )
    raise typer.Exit(found.outcome.exit_code)


@app.command()
def graph(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. Default: standard output.")
    ] = None,
) -> None:
    """Draw the components of a stack and what they wait for, as SVG, offline."""
    from openedx_infra.operations.report import report as verb

    picture = verb.graph(stack, config_file)
    if output is None:
        typer.echo(picture, nl=False)
        return
    output.write_text(picture, encoding="utf-8")
    new_console().print(f"{output} is written.", soft_wrap=True)
