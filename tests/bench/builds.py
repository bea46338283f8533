"""Times of image builds and sizes of images, on stand-ins for the platform and its MFEs."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console

from tests.bench.report import Figure

TESTS = Path(__file__).parents[1] / "images"
NEEDED = ("runc", "debootstrap", "git")


def on_the_standin() -> list[Figure]:
    """Cold builds, rebuilds and layers; nothing where there can be no builder."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        Console(stderr=True).print(f"builds: not measured, as they need root and {', '.join(NEEDED)}")
        return []
    sys.path.insert(0, str(TESTS))  # where these modules find each other, as under pytest
    rows = import_module("measure").measured()
    return [
        Figure(what=f"build on the stand-in, {what}", value=value, unit=unit) for what, value, unit in rows
    ]
