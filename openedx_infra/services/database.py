"""What MySQL and MongoDB in the cluster have in common: root's password in a file, and the first start.

A first start that was cut short begins again from nothing, as nothing is lost. The official images take a
volume for initialised as soon as the server's first files are there, which is before root has its password:
killed in between, by a node that fails or memory that is short, they come up with a root that nobody can log
in as, for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from openedx_infra.config import Stack
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.kubernetes import probes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services.service import Connection, DatastoreService, DataVolume, File

USER = 999
"""The users `mysql` and `mongodb` of the official images."""

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


def database(
    name: Literal["mysql", "mongodb"],
    stack: Stack,
    connection: Connection,
    *,
    size: Resources,
    data: DataVolume,
    port: int,
    server: Sequence[str],
    env: Mapping[str, str],
    scratch: Sequence[Mount],
    disk_limit: str,
) -> DatastoreService[Connection]:
    """A database server. While it initialises itself it listens to nobody else, so it is ready by TCP when it
    really serves."""
    password = f"{name}_root_password"
    root = File(
        object=f"{name}-root",
        volume="root",
        folder=secrets_folder(name),
        name="password",
        text=str,
        secrets=[password],
    )
    return DatastoreService(
        name=name,
        image=stack.image(name),
        size=size,
        stateful=True,
        command=command(folder=data.path, server=server),
        env=env,
        port=port,
        probes=probes.server(port, start_seconds=900),
        # They write their dirty pages back before they stop: two minutes are enough for some GB.
        grace_seconds=120,
        user=USER,
        folders=[data, root, _initialized(name, data.path), *scratch],
        disk_limit=disk_limit,
        connection=connection,
        administrator="root",
        administrator_secret=password,
    )


def secrets_folder(name: str) -> str:
    """Folder that holds root's password, in a file `password`."""
    return f"/run/secrets/{name}"


def _initialized(name: str, folder: str) -> File:
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
