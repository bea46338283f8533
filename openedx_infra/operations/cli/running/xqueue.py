"""Arguments of `xqueue count`, `xqueue show` and `xqueue grade`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Answers that wait for external graders.", no_args_is_help=True)


@app.command()
def count(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False) -> None:
    """Show how many answers wait in each queue, and since when."""
    from openedx_infra.operations.services import xqueue as verb

    verb.count(stack, config_file, new_console(), as_json=json)


@app.command()
def show(
    queue: Annotated[str, typer.Argument(help="Name of a queue.")] = "openedx",
    number: Annotated[int, typer.Option(help="How many at most.", min=1, max=100)] = 1,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
) -> None:
    """Show the answers that have waited longest. They stay in the queue."""
    from openedx_infra.operations.services import xqueue as verb

    verb.show(stack, config_file, queue, number, new_console(), as_json=json)


@app.command()
def grade(
    submission: Annotated[int, typer.Argument(help="Number of the answer, as `xqueue show` prints it.")],
    score: Annotated[float, typer.Argument(help="Points, of those that the problem gives.", min=0)],
    correct: Annotated[
        bool, typer.Option("--correct/--wrong", help="Whether the answer is shown as correct.")
    ] = True,
    message: Annotated[str, typer.Option(help="What the learner reads beside it.")] = "",
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Grade an answer by hand: the LMS gets the grade, and no grader gets the answer any more."""
    from openedx_infra.operations.services import xqueue as verb

    verb.grade(stack, config_file, submission, score, new_console(), correct=correct, message=message)
