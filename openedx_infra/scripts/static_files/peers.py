"""Fetches the static files of earlier versions from the pods that serve them now.

Whoever answers at the address of the Service may be another pod each time, may have less than others, and
may go away in the middle. So each content is asked for again until it came whole, or until time is up; and
nobody's word is taken for what a content is.
"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import local
from urllib.parse import urlsplit

from .shelf import Shelf, Wrong
from .versions import Unbelievable, Version, parsed

LISTS = 3
"""Times to ask what there is, as pods may differ."""
ATTEMPTS = 20
"""Times to ask for one content."""
CONNECTIONS = 8
"""Contents that are fetched at a time."""
SILENCE = 10.0
"""Seconds without a byte after which another pod is asked."""
PAUSE = 0.5
"""Seconds between two attempts at one content."""
LONGEST_LIST = 256 * 2**20
"""Bytes of a list of versions above which it is not read: ten thousand files take two or three million."""


class Late(OSError):
    """Time is up."""


class Answer:
    """The body of an answer, as long as there is time."""

    def __init__(self, response: HTTPResponse, until: float) -> None:
        self._response, self._until = response, until

    def read(self, size: int, /) -> bytes:
        """What came, at most so many bytes; none at the end. Raises Late."""
        if time.monotonic() > self._until:
            raise Late("no time left")
        chunk = self._response.read1(size)
        if not chunk:
            self._response.close()  # or its connection would take no other request
        return chunk

    def whole(self) -> bytes:
        """All of it. Raises Unbelievable when it doesn't end."""
        body = bytearray()
        while chunk := self.read(2**20):
            body += chunk
            if len(body) > LONGEST_LIST:
                raise Unbelievable(f"more than {LONGEST_LIST} bytes")
        return bytes(body)


class Peers:
    """The pods behind an address, until a moment of `time.monotonic()`."""

    def __init__(self, url: str, until: float) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 80, parts.path.rstrip("/")
        self._until = until
        self._mine = local()

    def known(self) -> tuple[list[Version], dict[str, int], list[str]]:
        """The longest list of versions that came, the newest first; their sizes; and what went wrong."""
        best: tuple[list[Version], dict[str, int]] = ([], {})
        faults = []
        for _ in range(LISTS):
            try:
                answer = parsed(self._ask("versions.json").whole())
            except (OSError, HTTPException, Unbelievable) as error:
                faults.append(f"{type(error).__name__}: {error}")
            else:
                best = max(best, answer, key=lambda one: sum(len(version.files) for version in one[0]))
            self._hang_up()
        return *best, faults

    def fetch(self, contents: Iterable[tuple[str, int]], shelf: Shelf) -> list[str]:
        """Bring contents of these sizes to the shelf, several at a time. Returns why some can't be had."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            faults = pool.map(lambda one: self._bring(one[0], one[1], shelf), contents)
            return [fault for fault in faults if fault]

    def _bring(self, content: str, size: int, shelf: Shelf) -> str | None:
        """What went wrong at last with a content; None when it is here."""
        fault = "no time left"
        for _ in range(ATTEMPTS):
            if time.monotonic() > self._until:
                break
            try:
                shelf.keep(self._ask(f"contents/{content}"), expected=content, most=size)
                return None
            except (OSError, HTTPException, Wrong) as error:
                fault = f"{type(error).__name__}: {error}"
                self._hang_up()
                time.sleep(PAUSE)
        return f"{content[:12]}: {fault}"

    def _ask(self, path: str) -> Answer:
        """The answer of whoever is there; OSError when it is not 200."""
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = HTTPConnection(self._host, self._port, timeout=SILENCE)
            self._mine.connection = connection
        connection.request("GET", f"{self._path}/{path}")
        response = connection.getresponse()
        if response.status != 200:
            raise OSError(f"{response.status} {response.reason}")
        return Answer(response, self._until)

    def _hang_up(self) -> None:
        """The next request is to find another pod."""
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is not None:
            connection.close()
            self._mine.connection = None
