"""Folders outside of the checkout: the cache, which all checkouts share, and the state of each."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

APPLICATION = "openedx-infra"

CACHE_VARIABLE = "OPENEDX_INFRA_CACHE"
"""Environment variable that moves the cache (tools); whatever is in it can be made again."""

STATE_VARIABLE = "OPENEDX_INFRA_STATE"
"""Environment variable that moves the state (clusters, local stacks); it is lost for good when deleted."""


def cache_dir() -> Path:
    """Return the folder of what can be made again, shared by every checkout; it need not exist yet."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen).absolute() if chosen else Path(platformdirs.user_cache_dir(APPLICATION))


def state_dir(checkout: Path) -> Path:
    """Return the folder of one checkout's own data, made on the way and readable by its owner alone.

    It is named by a hash of the checkout's real path: two checkouts never share one, and a
    symbolic link to a checkout leads to the same.
    """
    chosen = os.environ.get(STATE_VARIABLE)
    root = Path(chosen).absolute() if chosen else Path(platformdirs.user_state_dir(APPLICATION))
    name = hashlib.sha256(os.fsencode(checkout.resolve())).hexdigest()[:12]
    return private_dir(root / name)


def private_dir(path: Path) -> Path:
    """Make a folder that only its owner can enter, or narrow an existing one to that; return it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path
