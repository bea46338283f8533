"""Packages of npm that a micro-frontend needs: installed in a volume, and again when their list changes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

LISTS = ("package.json", "package-lock.json", ".npmrc")
"""Files of the source that decide which packages there are, and where they come from."""
LOCK = "package-lock.json"
MARK = "installed"
"""File of the volume with the digest of the lists whose packages it holds."""


def digest(folder: Path) -> str:
    """A digest of the lists in a folder; of one that is missing, too."""
    sums = hashlib.sha256()
    for name in LISTS:
        path = folder / name
        text = path.read_bytes() if path.is_file() else b"missing"
        sums.update(f"{name} {len(text)} ".encode() + text)
    return sums.hexdigest()


def installed(source: Path, modules: Path) -> bool:
    """Whether the volume holds the packages of the source as it is."""
    mark = modules / MARK
    return mark.is_file() and mark.read_text() == digest(source)


def install(source: Path, modules: Path) -> bool:
    """Install the packages by `npm clean-install` beside copies of the lists. Returns whether it worked.

    Not in the source itself: npm would run the source's own scripts there, such as those of Git hooks.
    """
    if not (source / LOCK).is_file():
        print(f"{LOCK} is missing in the source: run `npm install` there once, and keep the file", flush=True)
        return False
    (modules / MARK).unlink(missing_ok=True)
    wanted = digest(source)
    for name in LISTS:
        (modules / name).unlink(missing_ok=True)
        if (source / name).is_file():
            shutil.copyfile(source / name, modules / name)
    print("npm clean-install: the packages are new, or their list has changed", flush=True)
    done = subprocess.run(["npm", "clean-install", "--no-audit", "--no-fund"], cwd=modules, check=False)
    if done.returncode == 0:
        (modules / MARK).write_text(wanted)
    return done.returncode == 0
