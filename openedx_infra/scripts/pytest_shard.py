"""A plugin of pytest that runs one shard: every so-many-th file, by a checksum of its path.

Files, and not tests: those of other shards are not even imported. Environment: SHARD, such as `2/8`.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

SHARED = ("__init__.py", "conftest.py")
"""Files that tests beside them need: they are collected in every shard."""


def pytest_ignore_collect(collection_path: Path, config: Any) -> bool | None:
    """Pytest's hook: True for a file of another shard, None for others to decide."""
    shard = os.environ.get("SHARD")
    if not shard or not collection_path.is_file() or collection_path.name in SHARED:
        return None
    number, count = (int(part) for part in shard.split("/"))
    path = os.path.relpath(collection_path, config.rootpath)
    return True if zlib.crc32(path.encode()) % count != number - 1 else None
