"""The development instance that a verb is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openedx_infra.config import Stack
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile

if TYPE_CHECKING:
    from lightkube import Client


@dataclass(frozen=True, kw_only=True)
class DevelopmentInstance:
    """A development instance, as its stack file was when the verb began: the file is read once."""

    file: StackFile
    stack: Stack

    def client(self) -> Client:
        """A client for its namespace."""
        address = connection.address_of(self.stack, local=self.file.local)
        return connection.connect(address, self.stack.namespace)


def development_instance(request: Request) -> DevelopmentInstance:
    """Read the stack file. Raises OperationError where it is of no development instance, whose data is worth
    more than a command's word."""
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file, placeholders=True)
    if stack.development is None:
        raise OperationError(
            f"Stack {request.name} is no development instance: {file.path.name} does not set "
            "openedx:development. Nothing was changed.",
            remedy="name a development instance by --stack; data of other instances is saved by "
            "`openedx-infra backup`, and put back by `restore`",
        )
    return DevelopmentInstance(file=file, stack=stack)
