"""Loads an archive of MongoDB into collections beside those in use, and puts them in their place."""

from collections.abc import Collection
from importlib import import_module
from typing import IO, Any

from . import target
from .archive import BATCH_BYTES, Archive, Block
from .record import Record
from .target import UNTOUCHED, Refused, step

STAGED = "_import_"
"""Beginning of the names of collections that are not yet in use."""
DISCUSSIONS = "cs_comments_service"
"""Beginning of the names of the database of discussions."""
LEFT_OUT = ("system.", STAGED)


def load(stream: IO[bytes], databases: Collection[str], identity: str) -> dict[str, Any]:
    """Load the named databases of an archive, discussions among them, beside what is in use.

    A collection of an earlier run that came whole from the same source is passed over. Raises Refused for an
    archive that is none, or is cut short.
    """
    record, database = Record(), target.mongodb()
    archive = Archive(stream)
    done = record.done("collection")
    loading = _Loading(record, database, archive, identity)
    answer: dict[str, Any] = {"collections": 0, "passed_over": 0, "left_out": [], "seen": []}
    for key in archive.collections:
        if not _wanted(key[0], databases) or key[1].startswith(LEFT_OUT):
            answer["left_out"].append(".".join(key))
            continue
        answer["seen"].append(key[1])
        if done.get(key[1], ("", None))[0] == identity:
            answer["passed_over"] += 1
        else:
            loading.begin(key)
            answer["collections"] += 1
    for block in archive.blocks():
        loading.take(block)
    step(f"{answer['collections']} collections are loaded, {answer['passed_over']} were there")
    return answer


def _wanted(database: str, named: Collection[str]) -> bool:
    return database in named or database.startswith(DISCUSSIONS)


class _Loading:
    """Collections on their way."""

    def __init__(self, record: Record, database: Any, archive: Archive, identity: str) -> None:
        self._record, self._database, self._archive, self._identity = record, database, archive, identity
        self._raw = import_module("bson.raw_bson").RawBSONDocument
        self._counts: dict[tuple[str, str], int] = {}

    def begin(self, key: tuple[str, str]) -> None:
        """Begin a collection anew."""
        if any(other[1] == key[1] for other in self._counts):
            raise Refused(
                f"Two databases of the dump have a collection {key[1]}. {UNTOUCHED}\n"
                "  what to do: name the database of courses by --mongodb-database, and dump no other"
            )
        self._record.forget("collection", key[1])
        self._database.drop_collection(STAGED + key[1])
        self._database.create_collection(STAGED + key[1])
        self._counts[key] = 0

    def take(self, block: Block) -> None:
        """Keep the documents of a block, and finish a collection that has ended."""
        key = block.database, block.collection
        if key not in self._counts:
            return
        collection = self._database[STAGED + block.collection]
        if block.documents:
            documents = [self._raw(each) for each in block.documents]
            collection.insert_many(documents, ordered=True, bypass_document_validation=True)
            self._counts[key] += len(documents)
        if block.ended:
            self._finish(key, collection)

    def _finish(self, key: tuple[str, str], collection: Any) -> None:
        for index in self._archive.collections[key].get("indexes", ()):
            if index["name"] != "_id_":
                options = {name: index[name] for name in index if name not in ("key", "v", "ns")}
                collection.create_index(list(index["key"].items()), **options)
        here, there = collection.count_documents({}), self._counts[key]
        if here != there:
            raise Refused(
                f"Collection {key[1]} is not what came: {here} documents here, {there} there. "
                f"{UNTOUCHED}\n  what to do: dump it again, and run the same command"
            )
        self._record.put("collection", key[1], self._identity, {"documents": there, "database": key[0]})


def unfinished(done: Collection[str]) -> list[str]:
    """Collections that were begun, and have no end."""
    return [name for name in _staged(target.mongodb()) if name not in done]


def switch(done: Collection[str]) -> int:
    """Put every loaded collection into its place; return their number. What a kill leaves half done begins
    anew the next time: the loaded one goes last."""
    database = target.mongodb()
    staged = [name for name in _staged(database) if name in done]
    for name in staged:
        database.drop_collection(name)
        try:
            database[STAGED + name].rename(name)
        except import_module("pymongo.errors").OperationFailure:
            _copied(database, STAGED + name, name)
    return len(staged)


def _copied(database: Any, staged: str, name: str) -> None:
    """What renaming does, on servers of MongoDB's protocol that can't rename."""
    raw = import_module("bson.raw_bson").RawBSONDocument
    options = import_module("bson.codec_options").CodecOptions(document_class=raw)
    final, size, batch = database.create_collection(name), 0, []
    for document in database.get_collection(staged, codec_options=options).find():
        batch.append(document)
        size += len(document.raw)
        if size >= BATCH_BYTES:
            final.insert_many(batch)
            size, batch = 0, []
    if batch:
        final.insert_many(batch)
    for index in database[staged].list_indexes():
        if index["name"] != "_id_":
            kept = {key: value for key, value in index.items() if key not in ("key", "v", "ns")}
            final.create_index(list(index["key"].items()), **kept)
    database.drop_collection(staged)


def prune(keep: Collection[str]) -> list[str]:
    """Drop what was loaded and is not in use, but for some collections; return their names."""
    database = target.mongodb()
    gone = [name for name in _staged(database) if name not in keep]
    for name in gone:
        database.drop_collection(STAGED + name)
    return gone


def _staged(database: Any) -> list[str]:
    names = database.list_collection_names()
    return sorted(name.removeprefix(STAGED) for name in names if name.startswith(STAGED))
