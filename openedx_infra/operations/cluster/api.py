"""Requests to the API server in JSON: many at once, each of which may be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from openedx_infra.operations.cluster import connection

if TYPE_CHECKING:
    from httpx2 import Client as Http
    from httpx2 import Response

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""Requests under way at once. A guess: a look at an instance needs about 20, clusters may be far away, and
one slow answer holds up no other."""
OPENING_SECONDS = 10.0
"""How long the API server may take to open the storage of a custom kind; until then it answers 429."""


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

    def __init__(self, http: Http) -> None:
        self._http = http

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def __call__(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Send the requests. The first goes alone: a login by a command runs once and not eight times."""
        first = [self._answer(question) for question in questions[:1]]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [*first, *pool.map(self._answer, questions[1:])]

    def at_once(self, work: Callable[[T], R], items: Iterable[T]) -> dict[T, R]:
        """What `work` returns for each item, done at the same time."""
        keys = list(items)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(keys, pool.map(work, keys), strict=True))

    def response(self, question: Question) -> Response:
        """The response, of whatever status. Raises what `no_answer()` names when none comes.

        429 is asked again for OPENING_SECONDS.
        """
        from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

        opening = Retrying(
            retry=retry_if_result(lambda response: response.status_code == HTTPStatus.TOO_MANY_REQUESTS),
            stop=stop_after_delay(OPENING_SECONDS),
            wait=wait_fixed(0.2),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        response: Response = opening(self._asked, question)
        return response

    def _asked(self, question: Question) -> Response:
        """The response to one request. A GET whose connection breaks is sent once more: on a busy machine one
        of some thousands ended in a TLS alert, and with it an `up` that had done its work."""
        import httpx2

        try:
            return self._sent(question)
        except httpx2.TimeoutException:
            raise
        except httpx2.TransportError:
            if question.body is not None:
                raise
            return self._sent(question)

    def _sent(self, question: Question) -> Response:
        method = "GET" if question.body is None else "POST"
        headers = {"accept": question.accept}
        return self._http.request(method, question.path, json=question.body, headers=headers)

    def _answer(self, question: Question) -> Answer:
        try:
            response = self.response(question)
        except connection.no_answer():
            return Answer(code=0, body={})
        try:
            body = response.json()
        except ValueError:  # such as `404 page not found`
            body = {}
        return Answer(code=response.status_code, body=body if isinstance(body, Mapping) else {})
