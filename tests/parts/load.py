"""Visitors under load: many at a time, without a pause, each by a connection of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2


@dataclass
class Load:
    """What came of all requests."""

    whole: int = 0
    failed: list[str] = field(default_factory=list)
    answered_by: Counter[str] = field(default_factory=Counter)
    _stop: bool = False

    async def _visitor(self, url: str) -> None:
        """One visitor: told `Connection: close`, it opens a connection for each request, as an ingress does,
        and never asks a second time."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            while not self._stop:
                try:
                    answer = await client.get(url)
                except httpx2.HTTPError as error:
                    self.failed.append(repr(error))
                    await asyncio.sleep(0.01)
                    continue
                if answer.status_code == 200 and answer.text.startswith("alive "):
                    self.whole += 1
                    self.answered_by[answer.text.split()[1]] += 1
                else:
                    self.failed.append(f"{answer.status_code} {answer.text[:100]}")


@contextmanager
def constant_load(url: str, visitors: int) -> Iterator[Load]:
    """Visitors until the end of the block, in a thread of their own."""
    load = Load()

    async def come() -> None:
        await asyncio.gather(*(load._visitor(url) for _ in range(visitors)))

    thread = threading.Thread(target=lambda: asyncio.run(come()), daemon=True)
    thread.start()
    try:
        yield load
    finally:
        load._stop = True
        thread.join(60)
