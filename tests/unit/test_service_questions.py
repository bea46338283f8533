"""What companion services are asked by `status` and `support`, and what becomes of those who don't answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import Stack, load
from openedx_infra.config.services import registry
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import questions
from openedx_infra.services.of_stack import companions

CLIENT: Any = object()
"""Nobody asks it: containers and processes are replaced."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A service with two questions, of which `status` asks one."""
    monkeypatch.setattr(registry, "BUILT_IN", {"gallery": "sample_services:GALLERY"})
    monkeypatch.setattr(questions, "choose", lambda _client, component: component)
    return load("dev", {**LEAST, "services": {"gallery": {}}})


def _ran(monkeypatch: pytest.MonkeyPatch, run: Callable[..., int]) -> None:
    monkeypatch.setattr(questions.process, "run", run)


def _echo(container: Any, command: Sequence[str], *, on_stdout: Any, on_stderr: Any) -> int:
    on_stdout(f"{container} ran {command[0]}\n".encode())
    return 0


def test_each_question_is_asked_in_its_own_process(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    _ran(monkeypatch, _echo)
    assert [(each.question, each.text, each.good) for each in questions.answers(stack, CLIENT)] == [
        ("counts", "gallery ran count", True),
        ("index", "gallery-index ran describe", True),
    ]
    assert list(questions.lines(stack, CLIENT)) == ["gallery: gallery ran count"]


def test_a_command_that_fails_is_shown_to_helpers_alone(
    monkeypatch: pytest.MonkeyPatch, stack: Stack
) -> None:
    def fails(_container: Any, _command: Any, *, on_stdout: Any, on_stderr: Any) -> int:
        on_stderr(b"no such table")
        return 1

    _ran(monkeypatch, fails)
    assert {(each.text, each.good) for each in questions.answers(stack, CLIENT)} == {("no such table", False)}
    assert list(questions.lines(stack, CLIENT)) == []


def test_a_pod_that_is_not_there_ends_nothing(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    def nobody(_client: Any, component: str) -> None:
        raise OperationError(f"There is no pod of {component}.")

    monkeypatch.setattr(questions, "choose", nobody)
    answers = list(questions.answers(stack, CLIENT))
    assert answers[0].text == "There is no pod of gallery." and not any(each.good for each in answers)


def test_who_does_not_answer_in_time_is_left_behind(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    free = threading.Event()

    def hangs(*_arguments: Any, **_named: Any) -> int:
        free.wait(60)
        return 0

    _ran(monkeypatch, hangs)
    [companion] = companions(stack)
    answer = questions.ask(companion, companion.parts.questions[0], CLIENT, seconds=0.01)
    free.set()
    assert (answer.text, answer.good) == ("no answer within 0 s", False)


def test_a_service_that_is_off_is_not_asked(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    _ran(monkeypatch, _echo)
    off = load("dev", {**LEAST, "services": {"gallery": {"enabled": False}}})
    assert list(questions.answers(off, CLIENT)) == []


EVERY = {
    "xqueue": {"enabled": True},
    "notes": {"enabled": True},
    "discovery": {"enabled": True, "search": {"source": "in-cluster"}},
    "credentials": {"enabled": True},
}


def test_services_of_this_program_answer_in_pods_that_they_have() -> None:
    stack = load("dev", {**LEAST, "services": EVERY})
    asked = set()
    for companion in companions(stack):
        processes = {each.name for each in companion.parts.processes}
        for question in companion.parts.questions:
            assert question.process in processes, "another pod is never there"
            asked.add((companion.name, question.name, question.command[0]))
    django = {(name, "migrations", "./manage.py") for name in EVERY}
    assert asked == {*django, ("discovery", "indexes", "curl")}
