"""The verb outputs: what a stack exports, as a table or as JSON."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.state.open_stack import open_stack, tools

__all__ = ["Request", "no_outputs", "read", "show"]


def show(request: Request, console: Console, *, json: bool, show_secrets: bool) -> None:
    """Print the outputs of the last `up`. Raises OperationError when there are none."""
    outputs = read(request, Console(stderr=True), show_secrets=show_secrets)
    if json:
        print(json_format.dumps(outputs, indent=2))
        return
    if not outputs:
        raise no_outputs(request)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Output", no_wrap=True)
    table.add_column("Value", overflow="fold")
    for name, value in in_order(outputs):
        table.add_row(name, Text(_text(value)))
    console.print(table, highlight=False)


def read(request: Request, console: Console, *, show_secrets: bool = False) -> dict[str, Any]:
    """The outputs of the last `up`, secrets masked unless asked for; empty when there are none."""
    file = stack_file.read(request.name, request.config_file)
    return open_stack(file, tools(console)).outputs(show_secrets=show_secrets)


def no_outputs(request: Request) -> OperationError:
    """The error for a stack without outputs."""
    return OperationError(
        f"Stack {request.name} has no outputs.", remedy=f"run `openedx-infra up --stack {request.name}`"
    )


def in_order(outputs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Outputs as people look for them: addresses first, then short ones, the configuration last.

    The order is by lines; of as many, by name.
    """
    items = sorted(outputs.items(), key=lambda item: (_text(item[1]).count("\n"), item[0]))
    return sorted(items, key=lambda item: not item[0].endswith("_url"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_format.dumps(value, indent=2, ensure_ascii=False)
