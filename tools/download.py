"""Downloads of official releases, refused unless their published checksums match."""

from __future__ import annotations

import bz2
import hashlib
import json
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

import httpx2
import tenacity

from tools.model import Platform, Tool
from tools.progress import Tick

CONNECT_SECONDS = 3.0
"""How long a host may take to be reached: one that cannot be costs this once a run, then a build starts."""

READ_SECONDS = 30.0
"""How long a connection may be silent before it counts as broken."""

ATTEMPTS = 2
"""How often a transfer that breaks off is tried."""

_ALGORITHMS = {64: "sha256", 128: "sha512"}
"""Which checksums are trusted, by their length in hexadecimal digits."""


class DownloadError(Exception):
    """A release could not be downloaded; the message says why, and the next source is tried."""


class Downloader:
    """Fetches releases for one run: a host that was not reached once is not tried again."""

    def __init__(self, target: Platform) -> None:
        self._target = target
        self._unreached: dict[str, str] = {}
        timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        # A server must not compress on the way: the checksum is of the file as it lies there.
        headers = {"accept-encoding": "identity"}
        self._client = httpx2.Client(timeout=timeout, headers=headers, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def fetch(self, tool: Tool, into: Path, tick: Tick) -> str:
        """Put a tool's binaries into a folder and return the address they came from.

        Raises DownloadError when there is no release for this platform, when it cannot be reached, when a
        checksum is missing or wrong, and when a binary is missing from it.
        """
        release = tool.release
        if self._target.system not in release.systems:
            raise DownloadError(f"there is no official release for {self._target.system}")
        words = self._target.words()
        url = release.url.format(binary=tool.binaries[0], **words)
        if url.endswith((".tar.gz", ".tgz", ".zip", ".bz2")):
            archive = into / PurePosixPath(url).name
            self._verified(url, release.checksums.format(**words), archive, tick)
            _unpack(archive, tool.binaries, into)
            archive.unlink()
            return url
        for binary in tool.binaries:
            checksums = release.checksums.format(binary=binary, **words)
            self._verified(release.url.format(binary=binary, **words), checksums, into / binary, tick)
            (into / binary).chmod(0o755)
        return url

    def _verified(self, url: str, checksums: str, path: Path, tick: Tick) -> None:
        """Fetch one file; it stays only if its checksum is the published one."""
        name = PurePosixPath(url).name
        published = published_checksum(self._text(checksums), name)
        if published is None:
            raise DownloadError(f"{checksums} publishes no checksum for {name}")
        with self._reached(url):
            got = self._transfer(url, path, _ALGORITHMS[len(published)], tick)
        if got != published:
            path.unlink()
            raise DownloadError(f"refused {url}: its checksum is {got}, published is {published}")

    def _text(self, url: str) -> str:
        with self._reached(url):
            response = self._client.get(url)
        _require_success(url, response)
        return response.text

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type((httpx2.ReadError, httpx2.RemoteProtocolError)),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    def _transfer(self, url: str, path: Path, algorithm: str, tick: Tick) -> str:
        digest = hashlib.new(algorithm)
        with self._client.stream("GET", url) as response, path.open("wb") as file:
            _require_success(url, response)
            size = int(response.headers.get("content-length", 0))
            for part in response.iter_bytes():
                file.write(part)
                digest.update(part)
                tick(f"{file.tell() / 1e6:.0f} of {size / 1e6:.0f} MB")
        return digest.hexdigest()

    @contextmanager
    def _reached(self, url: str) -> Iterator[None]:
        """Turn a broken transfer into a DownloadError, and remember a host that was not reached."""
        host = httpx2.URL(url).host
        if host in self._unreached:
            raise DownloadError(f"{host} cannot be reached ({self._unreached[host]})")
        try:
            yield
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            self._unreached[host] = str(error) or "no answer"
            raise DownloadError(f"{host} cannot be reached ({self._unreached[host]})") from error
        except httpx2.HTTPError as error:
            raise DownloadError(f"the transfer from {host} broke off ({error})") from error


def published_checksum(text: str, name: str) -> str | None:
    """Return a file's checksum out of what was published, in hexadecimal digits, or None.

    Understood are lines of `sha256sum` and `sha512sum`, a lone checksum, and GitHub's description of a
    release. Weaker algorithms are not trusted.
    """
    if text.lstrip().startswith("{"):
        assets = json.loads(text).get("assets", [])
        digests = [asset.get("digest") or "" for asset in assets if asset.get("name") == name]
        checksums = [digest.removeprefix("sha256:") for digest in digests]
    else:
        lines = [line.split() for line in text.splitlines() if line.strip()]
        checksums = [line[0] for line in lines if len(line) == 1 or line[-1].lstrip("*") == name]
    trusted = [checksum.lower() for checksum in checksums if len(checksum) in _ALGORITHMS]
    return trusted[0] if len(trusted) == 1 else None


def _require_success(url: str, response: httpx2.Response) -> None:
    if not response.is_success:
        raise DownloadError(f"{url} answers {response.status_code} {response.reason_phrase}")


def _unpack(archive: Path, binaries: tuple[str, ...], into: Path) -> None:
    """Take the binaries out of an archive, wherever in it they are, and nothing else."""
    for binary in binaries:
        if not _READERS.get(archive.suffix, _from_tar)(archive, binary, into / binary):
            raise DownloadError(f"{archive.name} holds no {binary}")
        (into / binary).chmod(0o755)


def _from_tar(archive: Path, binary: str, target: Path) -> bool:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and PurePosixPath(member.name).name == binary:
                source = tar.extractfile(member)
                assert source is not None
                with source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                return True
    return False


def _from_zip(archive: Path, binary: str, target: Path) -> bool:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            if not member.is_dir() and PurePosixPath(member.filename).name == binary:
                with packed.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                return True
    return False


def _from_bz2(archive: Path, _: str, target: Path) -> bool:
    """It is the binary, packed alone."""
    with bz2.open(archive) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    return True


_READERS = {".zip": _from_zip, ".bz2": _from_bz2}
"""How a binary is taken out, by the end of an archive's name. All others are packed by tar."""
