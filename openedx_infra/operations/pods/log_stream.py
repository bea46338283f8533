"""The log of one container as a stream of lines with their times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    import httpx2
    from lightkube import Client

CONNECT_SECONDS = 10.0
"""How long the API server and the node may take to answer. A guess; one second is usual."""


class NoLogYet(OperationError):
    """A container has no log: it hasn't started, or never ran before."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which part of a log is wanted."""

    follow: bool = False
    """Whether the stream goes on with what comes."""
    previous: bool = False
    """Whether it is the log of the container before its last restart."""
    since_seconds: int | None = None
    """Only lines of the last so many seconds. None: of any time."""
    tail: int | None = None
    """At most so many lines from the end. None: all."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a log."""

    time: str
    """Time at which the node read it, in RFC 3339 and UTC; earlier times are smaller texts."""
    pod: str
    container: str
    text: str


@dataclass
class LogStream:
    """The log of a container, which can be read on where it stopped."""

    client: Client
    pod: str
    container: str
    last: str = field(default="", init=False)
    """Time of the last line that was read."""

    def lines(self, wanted: Wanted) -> Iterator[Line]:
        """The lines that are wanted and that weren't read before.

        Raises NoLogYet, or OperationError when the cluster doesn't give them.
        """
        import httpx2
        from lightkube.config import client_adapter

        timeout = httpx2.Timeout(CONNECT_SECONDS, read=None if wanted.follow else CONNECT_SECONDS)
        parameters = client_adapter.ConnectionParams(timeout=timeout, trust_env=False)
        path = f"/api/v1/namespaces/{self.client.namespace}/pods/{self.pod}/log"
        try:
            with (
                closing(client_adapter.Client(self.client.config, parameters)) as client,
                client.stream("GET", path, params=self._parameters(wanted)) as response,
            ):
                self._require(response)
                seen = self.last
                for line in response.iter_lines():
                    time, _, text = line.partition(" ")
                    if time > seen:
                        self.last = time
                        yield Line(time=time, pod=self.pod, container=self.container, text=text)
        except httpx2.HTTPError as error:
            raise OperationError(
                f"The log of {self.pod} can't be read: {error or type(error).__name__}"
            ) from error

    def _parameters(self, wanted: Wanted) -> dict[str, str]:
        parameters = {"container": self.container, "timestamps": "true"}
        if wanted.follow:
            parameters["follow"] = "true"
        if wanted.previous:
            parameters["previous"] = "true"
        if self.last:
            return {**parameters, "sinceTime": self.last}
        if wanted.since_seconds is not None:
            parameters["sinceSeconds"] = str(wanted.since_seconds)
        if wanted.tail is not None:
            parameters["tailLines"] = str(wanted.tail)
        return parameters

    def _require(self, response: httpx2.Response) -> None:
        if response.status_code == 200:
            return
        response.read()
        try:
            message = str(json.loads(response.text)["message"])
        except (ValueError, KeyError, TypeError):
            message = response.text.strip() or f"HTTP {response.status_code}"
        kind = NoLogYet if response.status_code == 400 else OperationError
        raise kind(f"The log of {self.pod} can't be read: {message}")
