"""Folders that must be there before pods can mount something over them."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.config.development.frontends import source_frontends
from openedx_infra.operations.errors import OperationError

NODE_MODULES = "node_modules"


def make(stack: Stack) -> None:
    """Make `node_modules` in the folder of each mounted micro-frontend that lacks it: packages are mounted
    there, from a volume. Git ignores it in all of them.

    The node would make it otherwise, as root, or fail to. Raises OperationError where that isn't allowed.
    """
    section = stack.development
    if section is None:
        return
    for frontend in source_frontends(stack):
        folder = section.mounts[frontend.mount].folder_of(stack.name, frontend.mount) / NODE_MODULES
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OperationError(
                f"{folder} can't be made ({error.strerror}), and packages are mounted there.",
                remedy=f"run `mkdir {folder}` as whoever owns the folder",
            ) from error
