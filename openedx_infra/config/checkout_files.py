"""The folder of the project, and its text files that a stack file names."""

from __future__ import annotations

from pathlib import Path

_SOURCES = Path(__file__).resolve().parents[2]


def project_folder(here: Path, sources: Path = _SOURCES) -> Path:
    """The folder of Pulumi.yaml and the stack files: the checkout, when the program runs from one.

    An installed program takes the nearest folder above `here` whose Pulumi.yaml is a project of this program,
    or `here` itself where `init` is yet to make one.
    """
    if _is_project(sources):
        return sources
    return next((folder for folder in (here, *here.parents) if _is_project(folder)), here)


def _is_project(folder: Path) -> bool:
    try:
        lines = (folder / "Pulumi.yaml").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return "name: openedx" in lines


PROJECT_FOLDER = project_folder(Path.cwd())
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
