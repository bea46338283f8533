"""Which versions of a server may open what another version wrote to its volume.

Sources: MySQL's manual (upgrade paths; downgrades only within a series of long-term support), MongoDB's (one
major release after the other; since 7.0 no way back), Valkey's and Redis' versions of their dump files (RDB),
Meilisearch (its own version alone). Read in November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Version = tuple[int, int, int]

_MYSQL_LTS = ((5, 7), (8, 0), (8, 4), (9, 7))
"""Series of MySQL that no upgrade leaves out: long-term support, and the two from before that."""
_MYSQL_BOTH_WAYS = _MYSQL_LTS[2:]
"""Series within which an older release opens what a newer one wrote."""
_MONGODB = ((4, 4), (5, 0), (6, 0), (7, 0), (8, 0))
"""Major releases of MongoDB, none of which an upgrade leaves out."""
_RDB: Mapping[str, tuple[tuple[tuple[int, int], int], ...]] = {
    "redis": (((6, 0), 9), ((7, 0), 10), ((7, 2), 11), ((7, 4), 12)),
    "valkey": (((7, 2), 11), ((9, 0), 80)),
}
"""Versions of the dump file by the first release that writes it."""
_RDB_OF_REDIS_ALONE = range(12, 80)
"""Dump files of Redis that Valkey refuses."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of a volume when a server's image changes."""

    opens: bool
    text: str
    """What happens, or why it doesn't open; in words that end a sentence."""


def verdict(server: str, before: str, now: str) -> Verdict | None:
    """What becomes of the volume of a server (`mysql`, `mongodb`, `broker`, `meilisearch`) when its image
    changes from one reference to another. None: nothing that anybody would notice, or the server keeps no
    format of its own."""
    judge = _JUDGES.get(server)
    if judge is None or before == now:
        return None
    old, new = version(before), version(now)
    if old is None or new is None:
        return Verdict(opens=True, text="opens it or not: nobody can tell by these references")
    return judge(before, old, now, new)


def version(image: str) -> Version | None:
    """The version in an image's tag. None: it has none."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    found = re.match(r"(?:v|RELEASE\.)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?!\d)", tag)
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None


def _mysql(_before: str, old: Version, _now: str, new: Version) -> Verdict | None:
    series, wanted = old[:2], new[:2]
    if series == wanted:
        if new >= old or series in _MYSQL_BOTH_WAYS:
            return None
        return Verdict(opens=False, text=f"doesn't open it: {_named(series)} goes back to no older release")
    if wanted < series:
        return Verdict(
            opens=False, text=f"doesn't open it: no older series opens what {_named(series)} wrote"
        )
    between = [lts for lts in _MYSQL_LTS if series < lts < wanted]
    if between:
        return Verdict(opens=False, text=f"doesn't open it: go to {_named(between[0])} first")
    return Verdict(opens=True, text="converts it at its first start, and there is no way back but a backup")


def _mongodb(_before: str, old: Version, _now: str, new: Version) -> Verdict | None:
    series, wanted = old[:2], new[:2]
    if series == wanted:
        return None
    if wanted < series:
        return Verdict(opens=False, text=f"doesn't open it: nothing older opens what {_named(series)} wrote")
    between = [major for major in _MONGODB if series < major < wanted]
    if between:
        return Verdict(opens=False, text=f"doesn't open it: go to {_named(between[0])} first")
    text = (
        f"opens it if its featureCompatibilityVersion is {_named(series)}, which a server that began as "
        f"{_named(series)} has; afterwards set it to {_named(wanted)}"
    )
    return Verdict(opens=True, text=text)


def _broker(before: str, old: Version, now: str, new: Version) -> Verdict | None:
    wrote, reads = _dump_version(before, old), _dump_version(now, new)
    if wrote is None or reads is None or wrote == reads:
        return None
    if wrote > reads or (_software(now) == "valkey" and wrote in _RDB_OF_REDIS_ALONE):
        return Verdict(opens=False, text="doesn't open it: its dump files are of a format that it can't read")
    return Verdict(opens=True, text="writes its dump files in a newer format, and there is no way back")


def _meilisearch(_before: str, old: Version, _now: str, new: Version) -> Verdict | None:
    if old == new:
        return None
    text = "begins with empty indexes, which set-up fills: search is incomplete until then"
    return Verdict(opens=True, text=text)


def _software(image: str) -> str:
    name = image.partition("@")[0].rpartition("/")[2]
    return next((each for each in _RDB if each in name), "valkey")


def _dump_version(image: str, of: Version) -> int | None:
    found = [rdb for first, rdb in _RDB[_software(image)] if first <= of[:2]]
    return found[-1] if found else None


def _named(series: tuple[int, ...]) -> str:
    return ".".join(map(str, series))


_JUDGES: Mapping[str, Callable[[str, Version, str, Version], Verdict | None]] = {
    "mysql": _mysql,
    "mongodb": _mongodb,
    "broker": _broker,
    "meilisearch": _meilisearch,
}
