"""Temporary stack files, by which a verb brings up something else than the stack file says.

By a temporary stack file. Verbs hand its path to others as `Request.config_file`; what they say to the
operator still names the operator's own. The stack must be known to Pulumi before: a new one's salt would be
written to the temporary file, and go with it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.operations.stack_files import editing
from openedx_infra.operations.stack_files.stack_file import StackFile


@contextmanager
def overlaid(file: StackFile, values: Mapping[str, Any]) -> Iterator[Path]:
    """The path of a stack file like `file`, with some of the program's keys laid over.

    `values` are by the keys' names without their namespace, such as `{"maintenance": {"page": True}}`. Maps
    are laid over maps key by key; everything else takes the place of what stood there. The file is gone when
    the context ends.
    """
    config = {**file.config}
    for name, value in values.items():
        key = f"{PROJECT}:{name}"
        config[key] = _laid_over(config.get(key), value)
    with _written(file, config) as path:
        yield path


@contextmanager
def instead(file: StackFile, config: Mapping[str, Any]) -> Iterator[Path]:
    """The path of a stack file with another configuration, by full keys such as `openedx:site`, and with the
    secrets that `file` has now, those of providers among them."""
    secrets = {key: value for key, value in file.config.items() if _is_secret(key, value)}
    with _written(file, {**config, **secrets}) as path:
        yield path


def _is_secret(key: str, value: Any) -> bool:
    return key == f"{PROJECT}:{SECRETS_KEY}" or (isinstance(value, Mapping) and list(value) == ["secure"])


def _laid_over(base: Any, value: Any) -> Any:
    if not (isinstance(base, Mapping) and isinstance(value, Mapping)):
        return value
    return {**base, **{key: _laid_over(base.get(key), inner) for key, inner in value.items()}}


@contextmanager
def _written(file: StackFile, config: Mapping[str, Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="openedx-infra-") as folder:
        path = Path(folder) / f"Pulumi.{file.name}.yaml"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(editing.fresh({**file.content, "config": dict(config)}))
        yield path
