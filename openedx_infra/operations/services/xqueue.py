"""The verbs xqueue count, show and grade."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from openedx_infra.operations.users_and_courses.platform_script import service

SERVICE, SCRIPT = "xqueue", "xqueue.py"


def count(stack: str, config_file: Path | None, console: Console, *, as_json: bool) -> None:
    """Print how many answers wait in each queue."""
    queues = service(stack, config_file, SERVICE).ask(SCRIPT, {"action": "count"})
    if as_json:
        print(json.dumps(queues, indent=1))
        return
    table = Table("Queue", "Waiting", "Oldest", box=None, pad_edge=False)
    for each in queues:
        name = each["queue"] if each["served"] else f"{each['queue']} (no longer served)"
        table.add_row(name, str(each["waiting"]), each["oldest"] or "")
    console.print(table)


def show(
    stack: str, config_file: Path | None, queue: str, number: int, console: Console, *, as_json: bool
) -> None:
    """Print the answers that have waited longest in a queue."""
    request = {"action": "show", "queue": queue, "number": number}
    answers = service(stack, config_file, SERVICE).ask(SCRIPT, request)
    if as_json:
        print(json.dumps(answers, indent=1))
        return
    if not answers:
        console.print(f"No answer waits in queue {queue}.", highlight=False)
    for each in answers:
        _print(each, console)


def grade(
    stack: str,
    config_file: Path | None,
    submission: int,
    score: float,
    console: Console,
    *,
    correct: bool,
    message: str,
) -> None:
    """Send a grade to the LMS, and take the answer from its queue."""
    request = {
        "action": "grade",
        "submission": submission,
        "score": score,
        "correct": correct,
        "message": message,
    }
    done = service(stack, config_file, SERVICE).ask(SCRIPT, request)
    console.print(f"Answer {submission} of queue {done['queue']} is graded.", highlight=False)


def _print(answer: Mapping[str, Any], console: Console) -> None:
    failures = f", {answer['failures']} failures" if answer["failures"] else ""
    files = f"\n  files: {', '.join(answer['files'])}" if answer["files"] else ""
    payload = f"\n  for the grader: {answer['grader_payload']}" if answer["grader_payload"] else ""
    lines = "\n".join(f"  | {line}" for line in str(answer["answer"]).splitlines())
    console.print(
        f"{answer['id']}, arrived {answer['arrived']}{failures}{payload}{files}\n{lines}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
