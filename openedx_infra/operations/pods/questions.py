"""What companion services are asked by `status` and `support`: commands that run in one of their pods."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openedx_infra.config import BaseStack, Stack
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import process
from openedx_infra.operations.pods.container import choose
from openedx_infra.services.companion import Question
from openedx_infra.services.of_stack import Companion, companions

if TYPE_CHECKING:
    from lightkube import Client

SECONDS = 20.0
"""Patience with an answer (a guess): Django alone takes some seconds to start."""
MOST = 64 * 2**10
"""Bytes of an answer that are kept."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a service answered."""

    service: str
    question: str
    """Name of the question."""
    text: str
    """What it wrote, or why there is no answer."""
    good: bool
    """Whether the command succeeded."""


def answers(stack: BaseStack, client: Client, *, for_status: bool = False) -> Iterator[Answer]:
    """The answers of all services of a stack that are on, one after the other. `for_status`: only to
    questions that `status` asks."""
    for companion in companions(stack) if isinstance(stack, Stack) else ():
        for question in companion.parts.questions:
            if question.status or not for_status:
                yield ask(companion, question, client)


def ask(companion: Companion, question: Question, client: Client, seconds: float = SECONDS) -> Answer:
    """The answer of one service. Who doesn't answer in time is left behind: its command may run on."""
    component = f"{companion.name}-{question.process}" if question.process else companion.name
    written, ended = bytearray(), threading.Event()
    outcome: list[int | OperationError] = []

    def run() -> None:
        try:
            container = choose(client, component)
            outcome.append(
                process.run(container, question.command, on_stdout=written.extend, on_stderr=written.extend)
            )
        except OperationError as error:
            outcome.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, daemon=True).start()
    if not ended.wait(seconds):
        return _answer(companion, question, f"no answer within {seconds:.0f} s", good=False)
    result = outcome[0] if outcome else OperationError("it could not be asked")
    if isinstance(result, OperationError):
        return _answer(companion, question, result.message, good=False)
    text = bytes(written[:MOST]).decode(errors="replace").strip()
    return _answer(companion, question, text, good=result == 0)


def lines(stack: BaseStack, client: Client) -> Iterator[str]:
    """What `status` prints of them, a line for each line of an answer. Who doesn't answer is not named: what
    keeps a pod from being ready stands in the table."""
    for answer in answers(stack, client, for_status=True):
        if answer.good:
            yield from (f"{answer.service}: {line}" for line in answer.text.splitlines())


def _answer(companion: Companion, question: Question, text: str, *, good: bool) -> Answer:
    return Answer(service=companion.name, question=question.name, text=text, good=good)
