"""Where a course or library comes from: a folder, an archive or a repository, as a stream."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from openedx_infra.operations.errors import OperationError

DEMO = "https://github.com/openedx/openedx-demo-course"
"""Repository of the demo course, with a branch for each release."""
DEMO_PATH = "demo-course/course"
"""Where the course is in it."""
PACKAGE = "package.toml"
"""What describes the library in its backup."""
_REMOTE = ("https://", "http://", "ssh://", "git://", "git@")


@contextmanager
def opened(source: str, ref: str | None) -> Iterator[BinaryIO]:
    """A tar archive of a folder, an archive or a Git repository, or a library's backup as it is.

    Raises OperationError where none is.
    """
    if source.startswith(_REMOTE):
        with _cloned(source, ref) as folder, _packed(folder) as stream:
            yield stream
        return
    path = Path(source).expanduser()
    if path.is_dir():
        with _packed(path) as stream:
            yield stream
    elif is_backup(source) or (path.is_file() and tarfile.is_tarfile(path)):
        with path.open("rb") as stream:
            yield stream
    elif path.is_file():
        raise OperationError(
            f"{path} is no archive of a course or library.",
            remedy="give a .tar.gz as Studio exports it, a library's backup (.zip), or a folder",
        )
    else:
        raise OperationError(
            f"There is no {path}.",
            remedy="give a folder, a .tar.gz, or the address of a Git repository, such as https://…",
        )


def is_backup(source: str) -> bool:
    """Whether this is the backup of a library, which Studio writes as .zip."""
    path = Path(source).expanduser()
    if not (path.is_file() and zipfile.is_zipfile(path)):
        return False
    with zipfile.ZipFile(path) as archive:
        return PACKAGE in archive.namelist()


@contextmanager
def _cloned(url: str, ref: str | None) -> Iterator[Path]:
    if shutil.which("git") is None:
        raise OperationError("There is no git on this machine.", remedy="install git, or give a folder")
    with tempfile.TemporaryDirectory() as folder:
        branch = ["--branch", ref] if ref else []
        done = subprocess.run(
            ["git", "clone", "--quiet", "--depth", "1", *branch, "--", url, folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OperationError(f"git could not clone {url}: {done.stderr.strip()}")
        yield Path(folder)


@contextmanager
def _packed(folder: Path) -> Iterator[BinaryIO]:
    """A folder as a tar archive, packed while it is read. Git's own files are left out.

    Raises OperationError at the end when a file of it could not be read: what was sent ends there.
    """
    reader, writer = os.pipe()
    errors: list[OSError] = []
    with os.fdopen(reader, "rb") as stream:
        thread = threading.Thread(target=_pack, args=(folder, writer, errors), daemon=True)
        thread.start()
        try:
            yield stream
        finally:
            stream.close()
            thread.join()
    if errors:
        raise OperationError(
            f"{folder} could not be read to its end: {errors[0]}. What was imported may lack some of it.",
            remedy="mend that, then import it again with --replace",
        )


def _pack(folder: Path, writer: int, errors: list[OSError]) -> None:
    try:
        with os.fdopen(writer, "wb") as file, tarfile.open(fileobj=file, mode="w|") as archive:
            archive.add(folder, arcname=".", filter=_content)
    except BrokenPipeError:
        # Who reads has had enough.
        return
    except OSError as error:
        errors.append(error)


def _content(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(member.name).name == ".git" else member
