"""Records what the program of a checkout registers for a stack, and prints it as JSON.

It runs in two processes: in this one for the checkout itself, and as a script, with the base's files first on
Python's path, for the base. It imports the program only within its functions for that reason.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_SECRET_MARK = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a secret."""


def record(name: str, config_file: Path | None = None) -> dict[str, Any]:
    """What is registered, exported and refused for a stack; `problems` alone where its file can't be used.

    Secrets are replaced by marks without a value.
    """
    from openedx_infra.config import ConfigError, Stack
    from openedx_infra.operations.errors import OperationError
    from openedx_infra.operations.offline import check, missing_files
    from openedx_infra.operations.secrets import secrets
    from openedx_infra.operations.stack_files import stack_file

    try:
        file = stack_file.read(name, config_file)
        stack = stack_file.validated(file)
        values = secrets.stand_ins(stack)
        with TemporaryDirectory() as folder:
            usable = missing_files.without(stack, Path(folder)) if isinstance(stack, Stack) else stack
            graph = check.recorded(usable, values)
        refused = check.complaints(stack, graph, values)
    except ConfigError as error:
        return {"problems": list(error.problems)}
    except OperationError as error:
        return {"problems": [str(error)]}
    return {
        "problems": [],
        "resources": [_resource(each) for each in graph.resources],
        "outputs": _bare(graph.outputs),
        "policies": [{"where": each.where, "text": each.text, "rule": each.rule} for each in refused],
        "secrets": dict(file.secrets),
        "objects": [each for each in _bare(graph.objects()) if each["kind"] != "Secret"],
    }


def _resource(each: Any) -> dict[str, Any]:
    return {
        "urn": each.urn,
        "type": each.type,
        "name": each.name,
        "parent": each.parent,
        "custom": each.custom,
        "protect": each.protect,
        "depends_on": list(each.depends_on),
        "ignore_changes": list(each.ignore_changes),
        "trigger": _bare(each.replacement_trigger),
        "props": _named(each),
    }


def _named(each: Any) -> Any:
    """Its inputs; an object that Pulumi names has the name that a recording gives to it."""
    props = _bare(each.props)
    if not each.type.startswith("kubernetes:"):
        return props
    metadata = {**(props.get("metadata") or {})}
    automatic = "name" not in metadata
    metadata.setdefault("name", f"{each.name}-00000000")
    return {**props, "metadata": metadata, **({"__automatic": True} if automatic else {})}


def _bare(value: Any) -> Any:
    """Plain data, with marks of secrets that have no value."""
    if isinstance(value, Mapping):
        if _SECRET_MARK in value:
            return {_SECRET_MARK: ""}
        return {str(key): _bare(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_bare(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Pulumi's protocol has no whole numbers
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


if __name__ == "__main__":
    json.dump({name: record(name) for name in sys.argv[1:]}, sys.stdout)
