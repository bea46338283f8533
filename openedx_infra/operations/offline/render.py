"""What would the cluster be sent? The Kubernetes objects of a stack as YAML, one file for each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString

from openedx_infra.config import BaseStack
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.state.open_stack import open_stack, tools


def render(
    name: str, config_file: Path | None, output: Path, *, show_secrets: bool, console: Console
) -> list[Path]:
    """Write the objects of a stack into a folder and return the files. Only `show_secrets` needs Pulumi."""
    file = stack_file.read(name, config_file)
    stack = stack_file.validated(file, secrets=show_secrets and not file.local)
    values = secrets.reveal(open_stack(file, tools(console))) if show_secrets else secrets.stand_ins(stack)
    return write(stack, values, output, show_secrets=show_secrets)


def write(stack: BaseStack, values: dict[str, str], output: Path, *, show_secrets: bool) -> list[Path]:
    """Write the objects of a stack into a folder and return the files.

    `values` are the secrets; without `show_secrets` they are redacted. Files of an earlier rendering that are
    no longer among them are deleted. Raises OperationError when the folder holds anything else.
    """
    earlier = _earlier(output)
    graph = recorded(stack, values)
    output.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for item in graph.objects(reveal_secrets=show_secrets):
        path = output / file_name(item)
        if path in written:  # a scratch namespace has some objects of the same names
            path = path.with_suffix(f".{item['metadata']['namespace']}.yaml")
        mode = 0o600 if show_secrets and item["kind"] == "Secret" else 0o644
        path.touch(mode)
        path.chmod(mode)
        with path.open("w", encoding="utf-8") as out:
            out.write(_MARK)
            _yaml().dump(_readable(item), out)
        written.append(path)
    for path in earlier - set(written):
        path.unlink()
    return written


def file_name(item: Mapping[str, Any]) -> str:
    """The file of an object: its kind and its name, such as `deployment-lms.yaml`."""
    return f"{item['kind'].lower()}-{item['metadata']['name']}.yaml"


def _earlier(output: Path) -> set[Path]:
    if not output.exists():
        return set()
    if not output.is_dir():
        raise OperationError(f"{output} is no folder.", remedy="name a new folder by --output")
    found = set(output.iterdir())
    foreign = sorted(path.name for path in found if not _is_ours(path))
    if foreign:
        raise OperationError(
            f"{output} holds what no rendering wrote: {', '.join(foreign[:3])}. Nothing was written.",
            remedy="name a new or empty folder by --output",
        )
    return found


def _is_ours(path: Path) -> bool:
    return path.is_file() and path.suffix == ".yaml" and path.read_text(errors="replace").startswith(_MARK)


_MARK = "# Rendered by openedx-infra.\n"
"""First line of every file: what bears it may be overwritten and deleted."""


def _yaml() -> YAML:
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096  # long lines stay whole: a folded command is hard to read
    return yaml


_ONCE_TRUE = {"y", "n", "yes", "no", "on", "off"}
"""Words that YAML 1.1 took for true and false, and that kubectl and other Go programs still do."""


def _readable(value: Any) -> Any:
    """The same value, with texts of several lines as blocks, whole numbers without a point, and quotes around
    words that some would not take for words."""
    if isinstance(value, Mapping):
        return {key: _readable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(inner) for inner in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    if isinstance(value, str) and value.lower() in _ONCE_TRUE:
        return SingleQuotedScalarString(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
