"""What if a database's first start is cut short? Then its next one begins from nothing, as nothing is lost.

The official images of MySQL and MongoDB take a volume for initialised as soon as the server's first files are
there, which is before root has its password: killed in between, by a node that fails or memory that is short,
they come up with a root that nobody can log in as, for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.volumes import Mount

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


@dataclass(frozen=True, kw_only=True)
class FirstStart:
    """The command of a container, and what it needs beside it."""

    command: Sequence[str]
    mount: Mount


def first_start(
    name: str, instance: Instance, parent: pulumi.Resource, *, folder: str, server: Sequence[str]
) -> FirstStart:
    """Runs the image's entry point for `server`, on the volume at `folder`."""
    done = files.plain(
        f"{name}-initialized",
        instance.scope,
        {"initialized.sh": f"rm -f {folder}/{BEGUN}\n"},
        pulumi.ResourceOptions(parent=parent),
    )
    return FirstStart(
        command=command(folder=folder, server=server),
        mount=volumes.mounted("initialized", SCRIPTS, [done]),
    )


def command(*, folder: str, server: Sequence[str]) -> list[str]:
    """What the container runs."""
    return ["sh", "-ec", _START, "sh", folder, *server]
