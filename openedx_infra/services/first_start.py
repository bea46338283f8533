"""First start of MySQL and MongoDB: one that was cut short begins again from nothing, as nothing is lost.

The official images take a volume for initialised as soon as the server's first files are there, which is
before root has its password: killed in between, by a node that fails or memory that is short, they come up
with a root that nobody can log in as, for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from openedx_infra.services.service import File

BEGUN = ".initializing"
"""File on the volume while the first start is under way."""
SCRIPTS = "/docker-entrypoint-initdb.d"
"""Folder of what both images run when root has its password, and before they serve."""

# It removes files only where it put the mark itself, which it does on an empty volume alone: nothing is
# removed from one that somebody filled otherwise, such as by a copy whose folders have other names.
_START = f"""\
folder=$1
shift
if [ -e "$folder/{BEGUN}" ]; then
    echo "The first start was cut short before root had a password: beginning again."
    for entry in "$folder"/*; do
        [ "$entry" = "$folder/lost+found" ] || rm -rf "$entry"
    done
fi
empty=yes
for entry in "$folder"/* "$folder"/.[!.]*; do
    case $entry in */lost+found) ;; *) [ ! -e "$entry" ] || empty= ;; esac
done
[ -z "$empty" ] || touch "$folder/{BEGUN}"
exec docker-entrypoint.sh "$@"
"""


def initialized(name: str, folder: str) -> File:
    """Script that the image runs once root has its password: it takes the mark from the volume at
    `folder`."""
    return File(
        object=f"{name}-initialized",
        volume="initialized",
        folder=SCRIPTS,
        name="initialized.sh",
        text=f"rm -f {folder}/{BEGUN}\n",
    )


def command(*, folder: str, server: Sequence[str]) -> list[str]:
    """Runs the image's entry point for `server`, on the volume at `folder`."""
    return ["sh", "-ec", _START, "sh", folder, *server]
