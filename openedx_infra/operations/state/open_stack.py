"""Opening a stack for Pulumi: its tools, state and passphrase."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from rich.console import Console

from openedx_infra.config import BaseStack
from openedx_infra.operations.stack_files import encryption, local_stack
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import backend
from openedx_infra.operations.state.checks import backend_checks
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.pulumi_cli import Cli
from tools.recipes import DOCKER_BUILD, ENGINE
from tools.toolchain import Toolchain, ensure


def tools(console: Console, stack: BaseStack | None = None) -> Toolchain:
    """Pulumi, its language host and provider, and the plugin that builds, for a stack that builds."""
    plugins = [DOCKER_BUILD] if stack is not None and stack.builds else []
    return ensure([*ENGINE, *plugins], console=console)


def open_stack(
    file: StackFile,
    toolchain: Toolchain,
    on_interrupt: Callable[[int], object] = lambda _: None,
    variables: Mapping[str, str] | None = None,
) -> LiveStack:
    """The stack of a file, whether or not it was ever brought up. No cluster is asked.

    `variables` are added to Pulumi's environment. Raises OperationError when the salt of its
    secrets is lost, or its backend or secrets provider is half configured.
    """
    encryption.require_key(file)
    base = {**os.environ, **(variables or {})}
    backend_checks.require_configured(file, base)
    environment = backend.environment(toolchain.environment(base), local=file.local)
    return LiveStack(
        file.name,
        config_file=local_stack.effective_path(file.name) if file.local else file.path,
        cli=Cli(toolchain.bin_dir / "pulumi", environment, on_interrupt),
        provider=file.content.get("secretsprovider"),
    )
