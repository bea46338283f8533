"""Requests to the API server: a GET whose connection breaks is sent once more, and nothing else is."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from openedx_infra.operations.cluster.api import Api, Question

PATH = "/api/v1/nodes"


class Server:
    """Breaks the first connections, as a list of errors says, and answers then."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.asked = list(errors), 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return httpx2.Response(200, json={"path": request.url.path})


def api(server: Server) -> Api:
    transport = httpx2.MockTransport(server)
    return Api(httpx2.Client(transport=transport, base_url="https://cluster.example.org"))


BROKEN = httpx2.ReadError("[SSL: TLSV1_ALERT_DECODE_ERROR] tlsv1 alert decode error")


def test_a_broken_connection_costs_one_more_request() -> None:
    server = Server(BROKEN)
    assert api(server).response(Question(path=PATH)).json() == {"path": PATH}
    assert server.asked == 2


@pytest.mark.parametrize(
    ("errors", "body", "asked"),
    [
        ([BROKEN, BROKEN], None, 2),
        ([BROKEN], {"kind": "SelfSubjectAccessReview"}, 1),
        ([httpx2.ReadTimeout("slow")], None, 1),
    ],
    ids=["broken twice", "a POST may have been done", "a slow server isn't waited for twice"],
)
def test_what_may_not_be_repeated_is_raised(errors: list[Exception], body: Any, asked: int) -> None:
    server = Server(*errors)
    with pytest.raises(httpx2.TransportError):
        api(server).response(Question(path=PATH, body=body))
    assert server.asked == asked
