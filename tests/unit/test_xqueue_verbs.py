"""xqueue count, show and grade: what the script answers in Xqueue, and what the verbs print."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from samples import LEAST

from openedx_infra import scripts
from openedx_infra.config import load
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.services import xqueue
from openedx_infra.operations.users_and_courses import platform_script

DATA = Path(__file__).parents[1] / "data"
FILL = """
import xqueue_standin as queue
import json
student = json.dumps({"id": "a"})
body = json.dumps({"student_response": "print(1)", "grader_payload": "p", "student_info": student})
queue.answers += [
    queue.Row(2, "openedx", body, '{"lms_key": "k"}'),
    queue.Row(1, "openedx", "no map", files='{"b.py": "x", "a.py": "y"}'),
    queue.Row(3, "gone", "{}"),
    queue.Row(4, "openedx", "{}", retired=True),
]
queue.install({"openedx": None, "push": "https://grader.example.org"})
"""
LEFT = """
import atexit
atexit.register(lambda: print(json.dumps([queue.posted, *states()]), file=sys.stderr))
"""
STATES = "states = lambda: [[row.id, row.retired, row.saved] for row in queue.answers]"


def ask(before: str = "", **request: Any) -> tuple[Any, list[Any]]:
    """What the script answers, and what it sent to the LMS and left in the database."""
    code = f"import sys; sys.path.append({str(DATA)!r})\n{FILL}\n{before}\n{STATES}\n{LEFT}\n"
    code += scripts.in_platform("xqueue.py")
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], input=json.dumps(request) + "\n", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.rpartition("openedx-infra: answer\n")[2])
    return answer, json.loads(done.stderr.splitlines()[-1])


def test_answers_are_counted_by_their_queues() -> None:
    answer, _ = ask(action="count")
    assert answer["done"] == [
        {"queue": "gone", "waiting": 1, "oldest": "2026-11-30T12:03:00+00:00", "served": False},
        {"queue": "openedx", "waiting": 2, "oldest": "2026-11-30T12:01:00+00:00", "served": True},
        {"queue": "push", "waiting": 0, "oldest": None, "served": True},
    ]


def test_the_oldest_are_shown_and_stay() -> None:
    answer, left = ask(action="show", queue="openedx", number=2)
    first, second = answer["done"]
    assert (first["id"], first["answer"], first["files"]) == (1, "no map", ["a.py", "b.py"])
    assert (second["answer"], second["grader_payload"], second["student"]) == ("print(1)", "p", {"id": "a"})
    assert not any(saved for _, _, saved in left[1:])
    refused, _ = ask(action="show", queue="opendx", number=1)
    assert refused["refused"] == "There is no queue opendx: there are openedx, push."


def test_a_grade_goes_to_the_lms_and_the_answer_leaves_its_queue() -> None:
    answer, [posted, *left] = ask(action="grade", submission=2, score=0.5, correct=False, message="a < b")
    assert answer["done"] == {"queue": "openedx"}
    [[header, reply]] = posted
    assert header == '{"lms_key": "k"}'
    assert json.loads(reply) == {"correct": False, "score": 0.5, "msg": "<p>a &lt; b</p>"}
    assert [2, True, True] in left


def test_an_answer_stays_where_the_lms_takes_no_grade() -> None:
    request = {"action": "grade", "submission": 2, "score": 1.0, "correct": True, "message": ""}
    answer, [posted, *left] = ask("queue.taken = False", **request)
    assert "goes on waiting" in answer["refused"] and len(posted) == 1
    assert [2, False, False] in left


@pytest.mark.parametrize(("number", "why"), [(4, "waits no longer"), (9, "There is no answer 9")])
def test_what_waits_for_no_grade_is_refused(number: int, why: str) -> None:
    answer, [posted, *_] = ask(action="grade", submission=number, score=1.0, correct=True, message="")
    assert why in answer["refused"] and posted == []


class Answering:
    """A service that answers what a test wants."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def ask(self, script: str, request: Mapping[str, Any]) -> Any:
        assert script == "xqueue.py" and request["action"] in ("count", "show", "grade")
        return self.answer


def printed(monkeypatch: pytest.MonkeyPatch, answer: Any, verb: Any, *args: Any, **options: Any) -> str:
    monkeypatch.setattr(xqueue, "service", lambda *_: Answering(answer))
    out = io.StringIO()
    verb("dev", None, *args, Console(file=out, width=200), **options)
    return out.getvalue()


def test_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, _ = ask(action="count")
    text = printed(monkeypatch, counts["done"], xqueue.count, as_json=False)
    assert "gone (no longer served)" in text and "2026-11-30T12:01:00+00:00" in text
    shown, _ = ask(action="show", queue="openedx", number=2)
    text = printed(monkeypatch, shown["done"], xqueue.show, "openedx", 2, as_json=False)
    assert "2, arrived 2026-11-30T12:02:00+00:00\n  for the grader: p\n  | print(1)\n" in text
    assert "  files: a.py, b.py" in text
    assert "No answer waits" in printed(monkeypatch, [], xqueue.show, "openedx", 2, as_json=False)
    done = printed(monkeypatch, {"queue": "q"}, xqueue.grade, 7, 1.0, correct=True, message="")
    assert done == "Answer 7 of queue q is graded.\n"


def test_a_stack_that_runs_none_is_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = load("dev", {**LEAST, "services": {"xqueue": {"enabled": False}}})
    monkeypatch.setattr(platform_script, "_instance", lambda *_: (None, stack))
    with pytest.raises(OperationError) as caught:
        platform_script.service("dev", None, "xqueue")
    assert "doesn't run xqueue" in str(caught.value) and "enabled: true" in str(caught.value)
