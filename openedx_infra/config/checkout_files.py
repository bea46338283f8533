"""Text files of the checkout that a stack file names."""

from __future__ import annotations

from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
"""The folder of Pulumi.yaml, where paths begin that aren't absolute."""


class FileFault(ValueError):
    """A file that a stack file names can't be used. The message names the file, the rule and the remedy."""


def read_text(path: str) -> str:
    """The text of a file. Raises FileFault where there is none, or where it is no UTF-8."""
    file = PROJECT_FOLDER / path
    if not file.is_file():
        raise FileFault(f"there is no file {path}: make it, or correct its path")
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise FileFault(f"{path} can't be read ({error.strerror}): make it readable") from error
    except UnicodeDecodeError:
        raise FileFault(f"{path} is no text in UTF-8: save it as UTF-8") from None
