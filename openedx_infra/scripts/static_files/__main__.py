"""`python -m static_files COMMAND`: fills the volume of a pod, with one command for each container.

`begin`: from the image that the container runs. `add`: from another image, beside what is there. `inherit`:
what other pods have of versions before these.

Environment: SOURCE, the folder of static files in the image; FOLDER, the volume; PEERS, the address where
other pods hand on what they have; VERSIONS, how many to keep; LIMIT_BYTES, what all may take; PATIENCE,
seconds for what others have. Only the image's own files are a must: whatever others have or lack, visitors
get these.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .peers import Peers
from .shelf import Shelf, Wrong

SHOWN = 3
"""Faults that are told of many."""


def begin(shelf: Shelf) -> None:
    """Take over the files of this image, and forget all others."""
    shelf.clear()
    _collect(shelf)


def add(shelf: Shelf) -> None:
    """Take over the files of this image, too: those that are there go before."""
    shelf.load()
    _collect(shelf)


def _collect(shelf: Shelf) -> None:
    source, limit = Path(os.environ["SOURCE"]), int(os.environ["LIMIT_BYTES"])
    version = shelf.collect(source)
    if not version.files:
        raise Wrong(f"there is no file in {source}")
    note(f"{len(version.files)} files of version {version.name[:12]}")
    if shelf.bytes > limit:
        raise Wrong(f"{shelf.bytes} bytes, and room for {limit}: raise openedx:sizing.static.disk")


def inherit(shelf: Shelf) -> None:
    """Add what other pods have of other versions, the newest first, as long as there is room."""
    shelf.load()
    peers = Peers(os.environ["PEERS"], time.monotonic() + float(os.environ["PATIENCE"]))
    keep, limit = int(os.environ["VERSIONS"]), int(os.environ["LIMIT_BYTES"])
    versions, sizes, faults = peers.known()
    _tell("asking other pods", faults)
    present = {version.name for version in shelf.versions}
    for version in [one for one in versions if one.name not in present][: max(0, keep - len(present))]:
        missing = {one: sizes[one] for one in version.files.values() if one not in shelf.sizes}
        if shelf.bytes + sum(missing.values()) > limit:
            note(f"no room for version {version.name[:12]} and what is older: openedx:sizing.static.disk")
            break
        _tell(f"fetching version {version.name[:12]}", peers.fetch(sorted(missing.items()), shelf))
        had = shelf.add(version)
        note(
            f"{len(had.files)} of {len(version.files)} files of version {version.name[:12]}, from other pods"
        )


def _tell(what: str, faults: list[str]) -> None:
    for fault in faults[:SHOWN]:
        note(f"{what}: {fault}")
    if len(faults) > SHOWN:
        note(f"{what}: {len(faults)} faults in all")


def note(text: str) -> None:
    """A line of the pod's log."""
    print(f"static files: {text}", flush=True)


COMMANDS: dict[str, Callable[[Shelf], None]] = {"begin": begin, "add": add, "inherit": inherit}


def main() -> int:
    """Run a command."""
    began = time.monotonic()
    shelf = Shelf(Path(os.environ["FOLDER"]))
    try:
        COMMANDS[sys.argv[1]](shelf)
    except Wrong as error:
        print(f"static files: {error}", file=sys.stderr)
        return 1
    shelf.close()
    note(f"{len(shelf.versions)} versions, {shelf.bytes} bytes, {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
