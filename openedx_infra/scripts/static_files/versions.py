"""The list of a version's static files: path and checksum of each, verified before it is believed."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

CONTENT = re.compile(r"[0-9a-f]{64}")
"""What is in a file: its SHA-256."""
MOST_FILES = 500_000
"""Files above which nobody's word is taken: the platform has some ten thousands."""


class Unbelievable(Exception):
    """A list of versions that can't be true."""


@dataclass(frozen=True)
class Version:
    """The files of one version, or those of them that could be had."""

    name: str
    """SHA-256 of all that it holds, when it is whole."""
    files: dict[str, str]
    """What is in each file, by its path under /static."""


def named(files: dict[str, str]) -> Version:
    """A whole version."""
    text = "".join(f"{content} {path}\n" for path, content in sorted(files.items()))
    return Version(sha256(text.encode()).hexdigest(), files)


def dumped(versions: list[Version], sizes: dict[str, int]) -> str:
    """Versions as pods tell them each other, the newest first, with the bytes of each content."""
    document = [{"name": version.name, "files": version.files} for version in versions]
    return json.dumps({"versions": document, "sizes": sizes}, sort_keys=True)


def parsed(text: bytes) -> tuple[list[Version], dict[str, int]]:
    """What another pod told: versions, the newest first, and sizes. Raises Unbelievable."""
    try:
        document = json.loads(text)
        sizes = {str(content): _size(content, size) for content, size in document["sizes"].items()}
        versions = [_version(one, sizes) for one in document["versions"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unbelievable(f"{type(error).__name__}: {str(error)[:200]}") from None
    return versions, sizes


def _version(entry: Any, sizes: dict[str, int]) -> Version:
    name, files = entry["name"], entry["files"]
    if not (isinstance(name, str) and CONTENT.fullmatch(name)):
        raise Unbelievable(f"no version is called {str(name)[:80]!r}")
    if len(files) > MOST_FILES:
        raise Unbelievable(f"{len(files)} files")
    for path, content in files.items():
        if content not in sizes:
            raise Unbelievable(f"{path[:80]!r} has no size")
        parts = PurePosixPath(path).parts
        if not parts or path != "/".join(parts) or ".." in parts or "\0" in path:
            raise Unbelievable(f"{path[:80]!r} is no path under /static")
    return Version(name, dict(files))


def _size(content: str, size: Any) -> int:
    if not CONTENT.fullmatch(content):
        raise Unbelievable(f"{content[:80]!r} is no SHA-256")
    if type(size) is not int or size < 0:
        raise Unbelievable(f"a file of {str(size)[:80]} bytes")
    return size
