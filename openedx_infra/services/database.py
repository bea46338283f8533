"""What MySQL and MongoDB in the cluster have in common: root's password in a file, and a first start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from openedx_infra.config import Stack
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.kubernetes import probes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services import first_start
from openedx_infra.services.service import Connection, DatastoreService, DataVolume, File

USER = 999
"""The users `mysql` and `mongodb` of the official images."""


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
        command=first_start.command(folder=data.path, server=server),
        env=env,
        port=port,
        probes=probes.server(port, start_seconds=900),
        # They write their dirty pages back before they stop: two minutes are enough for some GB.
        grace_seconds=120,
        user=USER,
        folders=[data, root, first_start.initialized(name, data.path), *scratch],
        disk_limit=disk_limit,
        connection=connection,
        administrator="root",
        administrator_secret=password,
    )


def secrets_folder(name: str) -> str:
    """Folder that holds root's password, in a file `password`."""
    return f"/run/secrets/{name}"
