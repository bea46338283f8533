"""What verbs of a development instance share: their stack, and the client for its namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openedx_infra.operations.cli.options import ConfigFile

if TYPE_CHECKING:
    from lightkube import Client

    from openedx_infra.config import Stack


def opened(stack: str, config_file: ConfigFile) -> tuple[Client, Stack]:
    """A client for a development instance's namespace, and its configuration.

    Raises OperationError for a stack without the section `openedx:development`.
    """
    from openedx_infra.operations.cluster.target import target_of
    from openedx_infra.operations.development.instance import require
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    config = instance(file, placeholders=True)
    require(config)
    client = target_of(config, local=file.local).client()
    assert client is not None  # an instance has a cluster
    return client, config
