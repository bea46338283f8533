"""Changes stack files: one process at a time, whole or not at all, comments and form as they are."""

from __future__ import annotations

import hashlib
import io
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarfloat import ScalarFloat

from openedx_infra.operations.stack_files.checkout import state
from openedx_infra.operations.stack_files.whole_write import explained, write_whole
from tools.paths import private_dir

_STYLES = ((2, 0), (4, 2))
"""How lists may be indented: `sequence` and `offset` of ruamel."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Within the block, no other process of this checkout changes the file; a second one waits.

    Three `secrets generate` at once said "14 made" each, and the file held 12: whoever decides by what the
    file holds reads it within the block. Blocks for one file may stand within each other.
    """
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]
    with FileLock(private_dir(state() / "locks") / f"{name}.lock", is_singleton=True):
        yield


@contextmanager
def copied(path: Path, name: str | None = None) -> Iterator[Path]:
    """A copy of a file, perhaps with another name, for a program that writes in place.

    After the block, it takes the file's place. Pulumi's CLI truncates the stack file before it writes: a full
    disk left 4,096 bytes of one. When the block fails, the file is as it was. It need not exist before.
    """
    with alone(path), tempfile.TemporaryDirectory(prefix="openedx-infra-") as folder:
        copy = Path(folder) / (name or path.name)
        before = path.read_bytes() if path.exists() else None
        if before is not None:
            with explained(copy):
                copy.write_bytes(before)
        yield copy
        if copy.exists() and (after := copy.read_bytes()) != before:
            write_whole(path, after, mode=0o644)


def fresh(content: Mapping[str, Any]) -> bytes:
    """The bytes of a stack file that nobody wrote by hand: one key to a line, and no line broken."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 4096
    out = io.BytesIO()
    yaml.dump(dict(content), out)
    return out.getvalue()


def edit(path: Path, change: Callable[[Any], object]) -> None:
    """Change what stands under `config:` of a stack file, and leave all else as it is."""
    edit_all(path, lambda content: change(content.setdefault("config", {})))


def edit_all(path: Path, change: Callable[[Any], object]) -> None:
    """Change the content of a stack file, and leave comments and form as they are."""
    with alone(path):
        write_whole(path, edited(path.read_text(encoding="utf-8"), change).encode())


def edited(text: str, change: Callable[[Any], object]) -> str:
    """The text of a stack file after a change of its content, comments and form as they are."""
    yaml = _editor(text)
    content = yaml.load(text) or {}
    change(content)
    return _dumped(yaml, content)


def _editor(text: str) -> YAML:
    """A reader and writer that leaves a text as it is, as far as there is one."""
    editors = [_styled(*style) for style in _STYLES]
    same = (editor for editor in editors if _dumped(editor, editor.load(text)) == text)
    return next(same, editors[0])


class _Representer(RoundTripRepresenter):
    """A writer of numbers that loses none of their digits, as ruamel's does with some large ones."""

    def represent_scalar_float(self, data: Any) -> Any:
        """The number as it was written, or else all of its digits."""
        node = super().represent_scalar_float(data)
        if math.isfinite(data) and float(node.value) != data:
            node.value = repr(float(data))
        return node


_Representer.add_representer(ScalarFloat, _Representer.represent_scalar_float)


def _styled(sequence: int, offset: int) -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=sequence, offset=offset)
    return yaml


def _dumped(yaml: YAML, content: Any) -> str:
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()
