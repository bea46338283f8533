"""The load on an instance: visitors who never stop asking, and tasks that they leave.

A request has failed when it got no answer, another status than it should have, or not the whole content. A
task is lost when the platform said that it took it on, and it never ends.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx2

PER_SECOND = 25
"""Requests in each second, whatever becomes of those before them."""
VISITORS = 11
"""Each with cookies of its own, which it forgets now and then: some come back to a pod, some come anew."""
ROUND = 5
"""What a visitor does before the next one's turn: see `_ask`."""
LONG_TASK_SECONDS = 6.0
"""One task in twenty takes that long: whoever does not wait for it loses it."""
PATIENCE = 30.0
"""Seconds for one answer, as a browser would wait."""


@dataclass(frozen=True)
class Failure:
    """A request that failed, and when."""

    at: float
    what: str
    why: str


@dataclass
class Tally:
    """What came of it."""

    asked: int = 0
    failures: list[Failure] = field(default_factory=list)
    asked_to_wait: int = 0
    """How often the maintenance page answered, which says when to come again."""
    accepted: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    @property
    def outage(self) -> float:
        """Seconds from the first failure to the last."""
        times = [failure.at for failure in self.failures]
        return max(times) - min(times) if times else 0.0

    def reasons(self) -> str:
        """What failed why, the most frequent first."""
        counted = Counter(f"{failure.what}: {failure.why}" for failure in self.failures)
        return "\n".join(f"{times} x {reason}" for reason, times in counted.most_common(12))


@dataclass(frozen=True)
class Hosts:
    """Names by which the entrance tells the sites apart."""

    lms: str
    studio: str
    mfe: str


class Crowd:
    """Asks in a thread of its own while the context lasts. `name` begins the numbers of its tasks."""

    def __init__(self, entrance: str, hosts: Hosts, name: str) -> None:
        self.tally = Tally()
        self._entrance = entrance
        self._hosts = hosts
        self._name = name
        self._leaving = threading.Event()
        self._static: dict[str, str] = {}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._ask_on()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join()

    async def _ask_on(self) -> None:
        async with AsyncExitStack() as stack:
            opened = [httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) for _ in range(VISITORS)]
            clients = [await stack.enter_async_context(client) for client in opened]
            under_way: set[asyncio.Task[None]] = set()
            begin = time.monotonic()
            for number in itertools.count():
                if self._leaving.is_set():
                    break
                client = clients[number // ROUND % VISITORS]
                if number // ROUND // VISITORS % 4 == 0:
                    client.cookies.clear()
                task = asyncio.create_task(self._ask(client, number))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                await asyncio.sleep(max(0.0, begin + (number + 1) / PER_SECOND - time.monotonic()))
            await asyncio.gather(*under_way)

    async def _ask(self, client: httpx2.AsyncClient, number: int) -> None:
        """The next in a fixed round of what visitors want."""
        asks = (self._lms, self._studio, self._mfe, self._file, self._leave_task)
        begin = time.monotonic()
        await asks[number % ROUND](client, number)
        self.tally.slowest = max(self.tally.slowest, time.monotonic() - begin)

    async def _lms(self, client: httpx2.AsyncClient, number: int) -> None:
        await self._page(client, self._hosts.lms)

    async def _studio(self, client: httpx2.AsyncClient, number: int) -> None:
        await self._page(client, self._hosts.studio)

    async def _mfe(self, client: httpx2.AsyncClient, number: int) -> None:
        answer = await self._get(client, self._hosts.mfe, "/learning/", 200)
        if answer is not None and "<title>Learning" not in answer.text:
            self._failed(f"{self._hosts.mfe}/learning/", answer.text[:80])

    async def _file(self, client: httpx2.AsyncClient, number: int) -> None:
        """A file that the page seen last names: it may be of the version before."""
        host = (self._hosts.lms, self._hosts.studio)[number // ROUND % 2]
        if host in self._static:
            await self._get(client, host, self._static[host], 200)

    async def _leave_task(self, client: httpx2.AsyncClient, number: int) -> None:
        host = (self._hosts.lms, self._hosts.studio)[number // ROUND % 2]
        seconds = LONG_TASK_SECONDS if number // ROUND % 21 == 0 else 0.1
        task = f"{self._name}-{number}"
        path = f"/enqueue?number={task}&seconds={seconds}"
        if await self._get(client, host, path, 202) is not None:
            self.tally.accepted.append(task)

    async def _page(self, client: httpx2.AsyncClient, host: str) -> None:
        answer = await self._get(client, host, "/", 200)
        if answer is not None:
            page = answer.json()
            self.tally.versions[page["version"]] += 1
            self._static[host] = page["static"]

    async def _get(
        self, client: httpx2.AsyncClient, host: str, path: str, status: int
    ) -> httpx2.Response | None:
        self.tally.asked += 1
        what = f"{host}{path.partition('?')[0]}"
        try:
            answer = await client.get(f"{self._entrance}{path}", headers={"Host": host})
        except httpx2.HTTPError as error:
            return self._failed(what, type(error).__name__)
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            self.tally.asked_to_wait += 1
            return None
        if answer.status_code != status:
            return self._failed(what, f"{answer.status_code} {answer.text[:60]!r}")
        return answer

    def _failed(self, what: str, why: str) -> None:
        self.tally.failures.append(Failure(time.monotonic(), what, why))
