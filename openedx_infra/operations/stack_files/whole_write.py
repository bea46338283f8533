"""Writes files whole or not at all: a full disk or a killed process leaves the old content."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from openedx_infra.operations.errors import OperationError

_REASONS = {
    errno.ENOSPC: ("the disk is full", "make room on it"),
    errno.EDQUOT: ("the disk quota is used up", "make room within it"),
    errno.EROFS: ("the file system is read-only", "make it writable"),
    errno.EACCES: ("you may not write there", "change the owner or the mode of the file and its folder"),
    errno.EPERM: ("you may not write there", "change the owner or the mode of the file and its folder"),
    errno.ENOENT: ("it doesn't exist and can't be made there", "choose a folder that can be written"),
    errno.ENOTDIR: ("a part of it is a file and no folder", "choose a folder that can be written"),
}


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace the content of a file, or leave it as it was.

    The content goes to a temporary file in the same folder, to the disk, and takes the file's name. `mode` is
    that of a new file (default 0600); an existing one keeps its own. A symbolic link stays one. Raises
    OperationError when the disk refuses; then nothing was changed.
    """
    path = path.resolve()
    with explained(path):
        mode = path.stat().st_mode & 0o7777 if path.exists() else (0o600 if mode is None else mode)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.chmod(mode)
            fresh.replace(path)
        except BaseException:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Within the block, a disk that refuses to write `path` becomes an OperationError for people."""
    try:
        yield
    except OSError as error:
        raise refused(path, error) from error


def unusable(error: OSError) -> OperationError:
    """The error for people when a file or folder of this machine can't be used, whatever it is for."""
    reason, remedy = _reason(error)
    return OperationError(
        f"{error.filename} can't be used: {reason}.",
        remedy=f"{remedy}; OPENEDX_INFRA_STATE and OPENEDX_INFRA_CACHE name folders for state and tools",
    )


def _reason(error: OSError) -> tuple[str, str]:
    return _REASONS.get(
        error.errno or 0, (error.strerror or str(error), "look at the disk and at the folder's mode")
    )


def refused(path: Path, error: OSError) -> OperationError:
    """The error for people when the disk refuses to write a file that is written whole or not at all."""
    reason, remedy = _reason(error)
    return OperationError(
        f"{path} can't be written: {reason}. The file is as it was.", remedy=f"{remedy}, then run this again"
    )


def _flush_folder(folder: Path) -> None:
    """Bring the new name to the disk, too: after a power cut the folder could still have the old one."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
