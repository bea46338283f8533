"""Reads what `mongodump --archive` writes: documents as the bytes that they are, with indexes and an end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import IO, Any

from .target import UNTOUCHED, Refused

MAGIC = 0x8199E26D
TERMINATOR = 0xFFFFFFFF
BATCH_BYTES = 8 * 2**20
"""Documents that go to the server at once: MongoDB takes 48 MB in a message, and each document up to 16."""
BATCH_DOCUMENTS = 1000


@dataclass(frozen=True)
class Block:
    """Documents of one collection, or its end."""

    database: str
    collection: str
    ended: bool
    documents: list[bytes] = field(default_factory=list)


class Archive:
    """One archive."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Raises Refused for what is none."""
        self._stream = stream
        self._decode = import_module("bson").decode
        if int.from_bytes(stream.read(4), "little") != MAGIC:
            raise Refused(
                f"The dump of MongoDB is no archive of mongodump's. {UNTOUCHED}\n  what to do: make "
                "it by `mongodump --archive`, packed by gzip or not"
            )
        loads = import_module("bson.json_util").loads
        self._document()  # versions of server and tool
        self.collections: dict[tuple[str, str], Mapping[str, Any]] = {}
        """Options and indexes, by database and collection."""
        while (about := self._document()) is not None:
            found = self._decode(about)
            metadata = loads(found.get("metadata") or "{}")
            self.collections[found["db"], found["collection"]] = metadata

    def blocks(self) -> Iterator[Block]:
        """Everything in the order in which it stands. Raises Refused for an archive that is cut short."""
        open_ones = set(self.collections)
        while (head := self._document(may_end=True)) is not None:
            about = self._decode(head)
            name = about["db"], about["collection"]
            documents, size = [], 0
            while (document := self._document()) is not None:
                documents.append(document)
                size += len(document)
                if len(documents) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
                    yield Block(*name, ended=False, documents=documents)
                    documents, size = [], 0
            yield Block(*name, ended=bool(about.get("EOF")), documents=documents)
            if about.get("EOF"):
                open_ones.discard(name)
        if open_ones:
            names = ", ".join(sorted(f"{database}.{name}" for database, name in open_ones))
            raise Refused(cut(f"these have no end: {names}"))

    def _document(self, *, may_end: bool = False) -> bytes | None:
        """The next document; None at a terminator, and at the end of the stream where it may end."""
        head = self._stream.read(4)
        if not head and may_end:
            return None
        size = int.from_bytes(head, "little")
        if len(head) == 4 and size == TERMINATOR:
            return None
        rest = self._stream.read(size - 4) if len(head) == 4 and size > 4 else b""
        if len(head) != 4 or len(rest) != size - 4:
            raise Refused(cut("it ends within a document"))
        return head + rest


def cut(why: str) -> str:
    """What to do about an archive without an end."""
    return (
        f"The dump of MongoDB is cut short: {why}. {UNTOUCHED} Collections that came whole "
        "are kept for the next run.\n  what to do: look for the error of mongodump, dump again, and run "
        "the same command"
    )
