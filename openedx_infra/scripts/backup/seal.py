"""The seal of a backup: names, checksums and counts, by which a restore is checked."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import mongodb, rows
from .backup_parameters import (
    Refused,
    databases_dir,
    files_dir,
    kinds_of_files,
    kinds_of_services,
    parameters,
    step,
)

FORMAT = 1
SEAL, PARTS = "seal.json", "parts"
"""The seal, and beside it the kinds of uploaded files, one a line, for shells."""
CHUNK = 2**20


def write() -> None:
    """Count and sum up what was dumped, as the last thing before it is kept."""
    folder, config = databases_dir(), parameters()
    kinds = kinds_of_files()
    for kind in kinds:  # of a bucket without files there is no folder
        (files_dir() / kind).mkdir(parents=True, exist_ok=True)
    sealed = {
        "format": FORMAT,
        "instance": config["instance"],
        "release": config["release"],
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "dumps": {path: about(folder / path) for path in sorted(_dumps(folder))},
        "rows": {
            name: rows.in_dump(_dump(name)) for name in config.get("mysql", {}) if _is_dumped(config, name)
        },
        "documents": _documents(folder) if "mongodb" in config else {},
        "files": {kind: _size(files_dir() / kind) for kind in kinds},
    }
    (folder / PARTS).write_text("".join(f"{kind}\n" for kind in kinds), encoding="utf-8")
    (folder / SEAL).write_text(json.dumps(sealed, indent=1, sort_keys=True), encoding="utf-8")
    step(f"sealed: {summary(sealed)}")


def check() -> None:
    """Raise Refused unless all that was sealed is here, unchanged, of this instance or of SOURCE, and all
    that is wanted was sealed."""
    folder, config = databases_dir(), parameters()
    sealed = read()
    wanted = os.environ.get("SOURCE", config["instance"])
    if sealed["instance"] != wanted:
        raise Refused(f"the backup is of {sealed['instance']}, and this is {wanted}")
    faults = list(_differences(sealed["dumps"], folder))
    for name in (name for name in config.get("mysql", {}) if name not in sealed["rows"]):
        if _of_service(config, name):
            step(f"it is from before {name} was there: that database stays as it is")
        else:
            faults.append(f"it has no database {name}")
    if "mongodb" in config and not (folder / "mongodb" / "collections.json").exists():
        faults.append("it has no MongoDB")
    for name in sorted({*sealed["rows"]} - {*config.get("mysql", {})}):
        step(f"its database {name} stays out: the stack file says nothing of such a one")
    if sealed["files"]:
        faults += list(_missing_files(sealed["files"]))
    elif kinds_of_files():
        step("it is one of the databases alone: uploaded files stay as they are")
    if faults:
        raise Refused(f"the backup is not what it was, or not what is wanted: {'; '.join(faults)}")
    step(f"the backup of {sealed['made']} is whole: {summary(sealed)}")


def _missing_files(sealed: Mapping[str, Any]) -> Iterator[str]:
    for kind in kinds_of_files():
        if kind not in sealed and kind in kinds_of_services():
            step(f"it is from before {kind} was there: those files stay as they are")
        elif kind not in sealed:
            yield f"it has no {kind} files"


def _dump(name: str) -> Path:
    return databases_dir() / "mysql" / f"{name}.sql"


def _of_service(config: Mapping[str, Any], name: str) -> bool:
    """Whether a database is a companion service's."""
    return bool(config["mysql"][name].get("SERVICE"))


def _is_dumped(config: Mapping[str, Any], name: str) -> bool:
    """Whether there is a dump: before a service's first start there is none of its database. A dump of the
    platform's that is missing is a fault, which reading it finds."""
    return not _of_service(config, name) or _dump(name).exists()


def read() -> dict[str, Any]:
    """The seal. Raises Refused when there is none that can be read."""
    try:
        sealed: dict[str, Any] = json.loads((databases_dir() / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"the backup has no seal: {error}") from error
    if sealed.get("format") != FORMAT:
        raise Refused(f"the backup has format {sealed.get('format')}, and this program knows {FORMAT}")
    return sealed


def summary(sealed: Mapping[str, Any]) -> str:
    """What is in a backup, in a line."""
    tables = [count for database in sealed["rows"].values() for count in database.values()]
    files = sum(each["count"] for each in sealed["files"].values())
    documents = sum(sealed["documents"].values())
    return f"{sum(tables)} rows of {len(tables)} tables, {documents} documents, {files} files"


def about(path: Path) -> dict[str, Any]:
    """Size and checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _dumps(folder: Path) -> Iterator[str]:
    for path in [*folder.glob("mysql/*.sql"), *folder.glob("mongodb/*")]:
        yield path.relative_to(folder).as_posix()


def _differences(sealed: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for path, was in sealed.items():
        if not (folder / path).is_file():
            yield f"{path} is missing"
        elif about(folder / path) != was:
            yield f"{path} is another"
    yield from (f"{path} was not sealed" for path in sorted(set(_dumps(folder)) - set(sealed)))


def _documents(folder: Path) -> dict[str, int]:
    dumped = mongodb.collections(folder / "mongodb")
    return {each["name"]: each["documents"] for each in dumped if "viewOn" not in each["options"]}


def _size(folder: Path) -> dict[str, int]:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return {"count": len(sizes), "bytes": sum(sizes)}
