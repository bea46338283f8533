"""Dumps and loads MongoDB in mongodump's own format: a .bson file for each collection, so that mongorestore
reads it, too.

By PyMongo, as the platform connects: one driver, one way to say TLS, replica sets and DNS names. Documents
pass through as the bytes that they are.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .backup_parameters import Refused, databases_dir, parameters, secret, step

DRIVER = ("replicaSet", "retryWrites", "authMechanism")
"""Options of the driver among what the platform is told, beside all of TLS."""
WAIT_MS = 10_000
"""Patience with a server that does not answer."""
BATCH_BYTES = 8 * 2**20
"""Documents that go to the server at once: MongoDB takes 48 MB in a message, and each document up to 16."""
BATCH_DOCUMENTS = 1000
POINTERS = (".files", "active_versions")
"""Ends of the names of collections that refer to documents in others. They are dumped first: what they refer
to is written before them, so that it is there."""


def dump() -> None:
    """Write all collections of the database to files, and their options and indexes to `collections.json`."""
    folder = databases_dir() / "mongodb"
    folder.mkdir(parents=True, exist_ok=True)
    database = connected()
    infos = sorted(
        database.list_collections(), key=lambda each: (not each["name"].endswith(POINTERS), each["name"])
    )
    dumped = []
    for each in infos:
        if each["name"].startswith("system."):
            continue
        step(f"mongodb: dumping {each['name']}")
        dumped.append(_dumped(database, each, folder))
    text = import_module("bson.json_util").dumps(dumped, indent=1)
    (folder / "collections.json").write_text(text, encoding="utf-8")


def load() -> None:
    """Replace the collections of the database by those in the files; others are dropped."""
    folder = databases_dir() / "mongodb"
    dumped = collections(folder)
    database = connected()
    for name in database.list_collection_names():
        if not name.startswith("system."):
            database.drop_collection(name)
    for each in dumped:
        step(f"mongodb: loading {each['name']}")
        _loaded(database, each, folder)


def counts() -> Mapping[str, int]:
    """Documents of each collection of the database."""
    database = connected()
    names = (each["name"] for each in database.list_collections() if not _is_view(each))
    return {name: database[name].count_documents({}) for name in names if not name.startswith("system.")}


def collections(folder: Path) -> list[dict[str, Any]]:
    """What `dump` wrote of the collections. Raises Refused when it is not there."""
    try:
        text = (folder / "collections.json").read_text(encoding="utf-8")
        dumped: list[dict[str, Any]] = import_module("bson.json_util").loads(text)
    except (OSError, ValueError) as error:
        raise Refused(f"there is no whole dump of MongoDB: {error}") from error
    return dumped


def connected() -> Any:
    """The database, as the platform's user."""
    pymongo = import_module("pymongo")
    config = parameters()["mongodb"]
    options = {name: value for name, value in config.items() if name.startswith("tls") or name in DRIVER}
    if pair := options.pop("tlsCertificateKeyFile", None):
        options["tlsCertificateKeyFile"] = pair[1]  # the file of the key holds the certificate as well
    login = {"authSource": config["authsource"]}
    if "user" in config:  # else the client's certificate is the login
        login |= {"username": config["user"], "password": secret("mongodb_password")}
    client = pymongo.MongoClient(
        config["host"], config.get("port"), serverSelectionTimeoutMS=WAIT_MS, **login, **options
    )
    return client[config["db"]]


def _dumped(database: Any, about: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    name, documents = about["name"], 0
    with (folder / _file(name)).open("wb") as out:
        if not _is_view(about):
            for document in database.get_collection(name, codec_options=_as_bytes()).find():
                out.write(document.raw)
                documents += 1
    indexes = [] if _is_view(about) else [dict(each) for each in database[name].list_indexes()]
    return {
        "name": name,
        "options": dict(about.get("options", {})),
        "indexes": indexes,
        "documents": documents,
    }


def _is_view(about: Mapping[str, Any]) -> bool:
    return "viewOn" in about.get("options", {})


def _as_bytes() -> Any:
    """Has the driver hand documents over without reading them."""
    raw = import_module("bson.raw_bson").RawBSONDocument
    return import_module("bson.codec_options").CodecOptions(document_class=raw)


def _loaded(database: Any, about: Mapping[str, Any], folder: Path) -> None:
    name = about["name"]
    database.create_collection(name, **about["options"])
    if _is_view(about):
        return
    for batch in _batches(folder / _file(name)):
        database[name].insert_many(batch, ordered=True, bypass_document_validation=True)
    for index in about["indexes"]:
        if index["name"] != "_id_":
            options = {key: value for key, value in index.items() if key not in ("key", "v", "ns")}
            database[name].create_index(list(index["key"].items()), **options)


def _batches(path: Path) -> Iterator[list[Any]]:
    raw = import_module("bson.raw_bson").RawBSONDocument
    batch: list[Any] = []
    size = 0
    with path.open("rb") as source:
        while head := source.read(4):
            length = int.from_bytes(head, "little")
            document = head + source.read(length - 4)
            if len(document) != length:
                raise Refused(f"{path.name} has no end")
            batch.append(raw(document))
            size += length
            if size >= BATCH_BYTES or len(batch) >= BATCH_DOCUMENTS:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _file(collection: str) -> str:
    """As mongodump names it: what no file name may hold is written as in an URL."""
    return collection.replace("%", "%25").replace("/", "%2F") + ".bson"
