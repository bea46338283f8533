"""The development instance that a verb is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openedx_infra.config import Stack
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.development.instance import require
from openedx_infra.operations.engine.session import Request
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
    """Read the stack file. Raises OperationError where it is of no development instance: data of others is
    worth more than a command's word."""
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file, placeholders=True)
    require(stack)
    return DevelopmentInstance(file=file, stack=stack)
