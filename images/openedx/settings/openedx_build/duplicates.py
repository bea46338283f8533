"""Make files of the same content one file: each static file lies there under its own name and a hashed one.

Run as `python -m openedx_build.duplicates FOLDER`. Hard links, as those stay whole in a layer of an image.
"""

import hashlib
import sys
from pathlib import Path


def main(folder):
    """Link what is the same, and say how much that saves."""
    first = {}
    saved = 0
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()):
        content = hashlib.sha256(path.read_bytes()).digest()
        original = first.setdefault(content, path)
        if not original.samefile(path):
            saved += path.stat().st_size
            path.unlink()
            path.hardlink_to(original)
    print(f"{saved / 1e6:.1f} MB are the same as other files")


main(sys.argv[1])
