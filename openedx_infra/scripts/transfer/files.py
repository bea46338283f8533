"""Copies uploaded files that the target lacks or has otherwise, and compares them."""

import tarfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

from . import target
from .storages import Storages
from .target import UNTOUCHED, Refused, step

SLACK_SECONDS = 2.0
"""Difference of times that file systems and archives make."""


def wanted(stream: IO[bytes], kind: str) -> dict[str, Any]:
    """Which files of a list are lacking here, or are of another size, or older; and what the list has in all.

    A line of the list is size, time of change and path, parted by tabs and ended by a zero byte.
    """
    storages = Storages(target.settings())
    answer: dict[str, Any] = {"wanted": [], "count": 0, "bytes": 0, "left_out": 0}
    for size, changed, path in _listed(stream.read()):
        place = storages.place(kind, path)
        if place is None:
            answer["left_out"] += 1
            continue
        answer["count"] += 1
        answer["bytes"] += size
        here = storages.about(place)
        if here is None or here[0] != size or here[1] + SLACK_SECONDS < changed:
            answer["wanted"].append(path)
    return answer


def _listed(text: bytes) -> Iterator[tuple[int, float, str]]:
    for line in text.split(b"\0"):
        if line:
            size, changed, path = line.split(b"\t", 2)
            yield int(size), float(changed), path.decode(errors="surrogateescape")


def put(stream: IO[bytes], kind: str) -> dict[str, Any]:
    """Write the files of a tar archive to where the target keeps them. Raises Refused for one that is cut
    short: what came whole stays, and the next run sends the rest."""
    storages, count = Storages(target.settings()), 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.isfile() else None
                place = storages.place(kind, member.name.removeprefix("./"))
                if source is not None and place is not None:
                    storages.put(place, source, member.mtime)
                    count += 1
    except tarfile.ReadError as error:
        if count or "empty" not in str(error):
            raise Refused(
                f"The stream of {kind} files is cut short: {error}. {UNTOUCHED} Files that came whole stay.\n"
                "  what to do: run the same command: it sends the rest"
            ) from error
    step(f"{count} {kind} files are copied")
    return {"count": count}


def checksums(kind: str, paths: Mapping[str, str]) -> dict[str, Any]:
    """Which of some files differ from their checksums at the source."""
    storages = Storages(target.settings())
    places = {path: storages.place(kind, path) for path in paths}
    compared = {path: storages.checksum(place) for path, place in places.items() if place is not None}
    return {"compared": len(compared), "different": sorted(p for p, s in compared.items() if s != paths[p])}
