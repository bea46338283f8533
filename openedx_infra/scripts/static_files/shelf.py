"""The volume of static files: each content once, visible only when it is whole.

`contents/<SHA-256>` is each content once; `served/static/<path>` are hard links to them; `versions.json`
says which version has what. A content gets its name when it is whole and right, so that nothing half is ever
served or handed on.
"""

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from .versions import Unbelievable, Version, dumped, named, parsed

CHUNK = 2**20


class Wrong(Exception):
    """A content is not what it should be."""


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class Shelf:
    """The volume of one pod."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents, self._served = folder / "contents", folder / "served" / "static"
        self._list = folder / "versions.json"
        self.versions: list[Version] = []
        """What is here, the newest first."""
        self.sizes: dict[str, int] = {}
        """Bytes of each content that is here."""

    def clear(self) -> None:
        """Begin anew: what a crash of the node left may be anything."""
        for path in self._folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self._contents.mkdir()
        self._served.mkdir(parents=True)

    def load(self) -> None:
        """Go on where the container before this one ended. Raises Wrong when there was none."""
        try:
            self.versions, self.sizes = parsed(self._list.read_bytes())
        except (OSError, Unbelievable) as error:
            raise Wrong(f"{self._list}: {error}") from None

    @property
    def bytes(self) -> int:
        """Bytes of all contents."""
        return sum(self.sizes.values())

    def collect(self, source: Path) -> Version:
        """Take over the files of an image, as a version that is older than those that are here."""
        contents = {}
        for folder, _, names in os.walk(source):
            for path in (Path(folder, name) for name in names):
                if path.is_file():  # not so a link that leads nowhere
                    with path.open("rb") as stream:
                        contents[path.relative_to(source).as_posix()] = self.keep(stream)
        return self.add(named(contents))

    def keep(self, stream: Source, *, expected: str | None = None, most: int | None = None) -> str:
        """Keep a content and return its SHA-256.

        Raises Wrong when another one was `expected`, or at more bytes than `most`.
        """
        unfinished = self._folder / f"unfinished-{id(stream)}"
        try:
            content, size = _copied(stream, unfinished, most)
            if expected not in (None, content):
                raise Wrong(f"{size} bytes of something else")
            if content not in self.sizes:
                # Caddy makes its ETag of time and size: from the content, it is the same in all pods.
                stamp = int(content[:7], 16) + 2
                os.utime(unfinished, (stamp, stamp))
                unfinished.chmod(0o644)
                unfinished.replace(self._contents / content)
        finally:
            unfinished.unlink(missing_ok=True)
        self.sizes[content] = size
        return content

    def add(self, version: Version) -> Version:
        """Serve what a version has and no newer one does. Returns it with the files whose content is here."""
        here = {path: content for path, content in version.files.items() if content in self.sizes}
        here = {path: content for path, content in here.items() if self._show(path, content)}
        served = Version(version.name, here)
        self.versions.append(served)
        return served

    def _show(self, path: str, content: str) -> bool:
        """Whether something can be served under a path: not where a newer version has a folder or a file in
        its way."""
        place = self._served / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.hardlink_to(self._contents / content)
        except OSError:
            return False
        return place.is_file()

    def close(self) -> None:
        """Say what is here, for the next container and for other pods."""
        unfinished = self._folder / "unfinished"
        unfinished.write_text(dumped(self.versions, self.sizes), encoding="utf-8")
        unfinished.replace(self._list)


def _copied(stream: Source, place: Path, most: int | None) -> tuple[str, int]:
    digest, size = sha256(), 0
    with place.open("wb") as copy:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if most is not None and size > most:
                raise Wrong(f"more than {most} bytes")
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest(), size
