"""Reads the value of a secret: from a file, a pipe, or a terminal that shows nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from openedx_infra.operations.errors import OperationError

MOST_BYTES = 65_536
"""Pulumi hands all configuration to the program in one environment variable, for which Linux has 128 KiB."""


def read(name: str, file: Path | None, ask: Callable[[str], str]) -> str:
    """The value of a secret: the content of `file`, else standard input, else what `ask` gets on a terminal.

    One line loses its line break, as a password has none; several lines stay as they are. Raises
    OperationError for a value that can't be kept.
    """
    if file is None and sys.stdin.isatty():
        return _checked(name, ask(f"Value of {name}"))
    try:
        raw = file.read_bytes() if file else sys.stdin.buffer.read(MOST_BYTES + 1)
    except OSError as error:
        raise OperationError(f"{file or 'Standard input'} can't be read: {error.strerror}.") from error
    if len(raw) > MOST_BYTES:
        raise OperationError(
            f"The value has more than {MOST_BYTES} bytes, which is more than a secret may have.",
            remedy="put what is no secret of it elsewhere",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise OperationError(
            "The value is no text in UTF-8.",
            remedy=f"encode it: `base64 -w0 FILE | openedx-infra secrets set {name}`, and decode it where it "
            "is read",
        ) from None
    return _checked(name, text)


def _checked(name: str, text: str) -> str:
    value = text.rstrip("\r\n") if len(text.splitlines()) <= 1 else text
    if not value.strip():
        raise OperationError(f"The value of {name} is empty, so nothing was set.")
    if "\0" in value:
        raise OperationError(f"The value of {name} has a zero byte, which no file with settings can have.")
    return value
