"""Actions that `import data` asks for. Behind the request, standard input has the stream of a dump."""

import gzip
import io
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any, cast

from . import files, mongodb, mysql, switch
from .target import UNTOUCHED, Refused

__all__ = ["ACTIONS", "Refused"]

GZIP = b"\x1f\x8b"


def _stream() -> IO[bytes]:
    """Standard input, unpacked where it is packed by gzip."""
    source = cast(io.BufferedReader, sys.stdin.buffer)
    if source.peek(2)[:2] == GZIP:
        return cast(IO[bytes], gzip.GzipFile(fileobj=source))
    return source


def _unpacked(load: Callable[..., dict[str, Any]], **request: Any) -> dict[str, Any]:
    try:
        return load(_stream(), **request)
    except (EOFError, gzip.BadGzipFile) as error:
        raise Refused(
            f"The dump is cut short: {error}. {UNTOUCHED}\n  what to do: look for the error of the "
            "program that wrote it, dump again, and run the same command"
        ) from error


def load_mysql(
    databases: Mapping[str, str], identity: str, identities: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Load a dump of MySQL."""
    return _unpacked(mysql.load, databases=databases, identity=identity, identities=identities or {})


def load_mongodb(databases: list[str], identity: str) -> dict[str, Any]:
    """Load an archive of MongoDB."""
    return _unpacked(mongodb.load, databases=databases, identity=identity)


def files_wanted(kind: str) -> dict[str, Any]:
    """Which files of a list are to be sent."""
    return files.wanted(_stream(), kind)


def files_put(kind: str) -> dict[str, Any]:
    """Take a tar archive of files."""
    return files.put(_stream(), kind)


ACTIONS: Mapping[str, Callable[..., Any]] = {
    "look": switch.look,
    "load_mysql": load_mysql,
    "load_mongodb": load_mongodb,
    "files_wanted": files_wanted,
    "files_put": files_put,
    "files_checksums": files.checksums,
    "migrations_staged": switch.migrations_staged,
    "summary": switch.summary,
    "switch": switch.switch,
    "clear": switch.clear,
    "prune": switch.prune,
}
