"""Whether a stack is a development instance."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.config.development.section import Development
from openedx_infra.operations.errors import OperationError


def require(stack: Stack) -> Development:
    """The section `openedx:development` of a stack. Raises OperationError for a stack that has none."""
    if stack.development is None:
        raise OperationError(
            f"Stack {stack.name} is no development instance: it has no section openedx:development.",
            remedy="name a development instance by --stack, or add the section to one on this machine and "
            "run `openedx-infra up`",
        )
    return stack.development
