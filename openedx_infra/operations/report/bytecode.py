"""Gives a folder of an earlier version what Python has compiled of the same files in this one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path

FOLDERS = ("openedx_infra", "stacks", "policies", "images", "tools")


def share(folder: Path, checkout: Path, folders: Sequence[str] = FOLDERS) -> int:
    """Copy the compiled form of each module that is the same in both, and return how many there were.

    To compile the program takes ten seconds of CPU, and most changes touch few of its modules. Python takes a
    compiled form for a source of the same time and size.
    """
    count = 0
    for source in (path for name in folders for path in (folder / name).rglob("*.py")):
        ours = checkout / source.relative_to(folder)
        compiled = Path(cache_from_source(str(ours)))
        if compiled.is_file() and ours.is_file() and ours.read_bytes() == source.read_bytes():
            times = ours.stat()
            os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
            target = Path(cache_from_source(str(source)))
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(compiled, target)
            count += 1
    return count
