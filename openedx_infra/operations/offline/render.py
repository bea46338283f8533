"""`render`: the Kubernetes objects of a stack as YAML, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

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
            out.write(as_yaml(item))
        written.append(path)
    for path in earlier - set(written):
        path.unlink()
    return written


def as_yaml(item: Mapping[str, Any]) -> str:
    """An object as YAML for people: texts of several lines as blocks."""
    text: str = yaml.dump(dict(item), None, _Dumper, sort_keys=False, allow_unicode=True, width=4096)
    return text.replace(_TAB, "\t")


def file_name(item: Mapping[str, Any]) -> str:
    """The file of an object: its kind and its name, such as `deployment-lms.yaml`."""
    return f"{item['kind'].lower()}-{item['metadata']['name']}.yaml"


def _earlier(output: Path) -> set[Path]:
    if not output.exists():
        return set()
    if not output.is_dir():
        raise OperationError(f"{output} is no folder.", remedy="name a new folder by --output")
    files = set(output.iterdir())
    foreign = sorted(path.name for path in files if not _is_ours(path))
    if foreign:
        raise OperationError(
            f"{output} holds what no rendering wrote: {', '.join(foreign[:3])}. Nothing was written.",
            remedy="name a new or empty folder by --output",
        )
    return files


def _is_ours(path: Path) -> bool:
    return path.is_file() and path.suffix == ".yaml" and path.read_text(errors="replace").startswith(_MARK)


_MARK = "# Rendered by openedx-infra.\n"
"""First line of every file: what bears it may be overwritten and deleted."""


class _Dumper(yaml.CSafeDumper):
    """Texts of several lines as blocks, whole numbers without a point, and quotes around what some readers
    would not take for text. Long lines stay whole: a folded command is hard to read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_ONCE_TRUE = {"y", "n", "yes", "no", "on", "off"}
"""Words that YAML 1.1 took for true and false, and that kubectl and other Go programs still do."""


_TAB = "\ue000"
"""Stands for a tab in a block, where libyaml would put the whole text into quotes for it."""


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else "'" if value.lower() in _ONCE_TRUE else None
    if style == "|":
        value = value.replace("\t", _TAB)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _number(dumper: yaml.CSafeDumper, value: float) -> yaml.ScalarNode:
    return dumper.represent_int(int(value)) if value.is_integer() else dumper.represent_float(value)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)
