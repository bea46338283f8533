"""Requests to the API server in JSON: many at once, each of which may be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Protocol, Self

from openedx_infra.operations.cluster import connection
from openedx_infra.operations.stack_files.local_stack import Address

AT_ONCE = 8
"""Requests under way at once. A guess: enough that one slow answer holds up no other."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A request."""

    path: str
    """Path and query, such as `/api/v1/nodes`."""
    body: Mapping[str, Any] | None = None
    """What is posted. None: it is a GET."""
    accept: str = "application/json"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the API server answered."""

    code: int
    """HTTP status; 0 when no answer came."""
    body: Mapping[str, Any]

    @property
    def is_good(self) -> bool:
        """Whether the body is what was asked for."""
        return self.code in (HTTPStatus.OK, HTTPStatus.CREATED)


class Ask(Protocol):
    """Sends requests at the same time; the answers are in the order of the questions."""

    def __call__(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Send them."""


class Api:
    """A connection that sends many requests at once."""

    def __init__(self, address: Address) -> None:
        self._client = connection.http_client(address)
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        self._client.close()

    def __call__(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Send the requests. The first goes alone: a login by a command runs once and not eight times."""
        first = [self._answer(question) for question in questions[:1]]
        return [*first, *self._pool.map(self._answer, questions[1:])]

    def _answer(self, question: Question) -> Answer:
        method = "GET" if question.body is None else "POST"
        headers = {"accept": question.accept}
        try:
            response = self._client.request(method, question.path, json=question.body, headers=headers)
        except connection.no_answer():
            return Answer(code=0, body={})
        try:
            body = response.json()
        except ValueError:  # such as `404 page not found`
            body = {}
        return Answer(code=response.status_code, body=body if isinstance(body, Mapping) else {})
