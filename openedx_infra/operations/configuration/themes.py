"""Comprehensive themes: the site's, those that the stack file builds, and those in a running pod."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rich.console import Console

from openedx_infra.config import ConfigError, Stack
from openedx_infra.config.images.builds import OpenedxBuild, ThemesBuild
from openedx_infra.config.versions import live_version
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import container, process
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.settings.paths import THEMES_DIR


def built(stack: Stack) -> Collection[str]:
    """Names of the themes that the stack file builds into the image, which may have more."""
    image = stack.images.openedx
    return tuple(image.themes) if isinstance(image, OpenedxBuild | ThemesBuild) else ()


def note_unknown(file: StackFile, theme: Any, notes: Console) -> None:
    """Print a note where nobody can know without a pod whether the image has a theme."""
    try:
        stack = stack_file.instance(file, placeholders=True)
    except ConfigError:
        return  # its faults are reported when the key is set
    if isinstance(theme, str) and theme not in built(stack):
        _note(
            notes,
            f"note: nothing here tells whether {live_version(stack).image('openedx')} has a theme {theme}; "
            f"`openedx-infra themes --stack {file.name}` lists those of a running pod.",
        )


def show(file: StackFile, console: Console, notes: Console) -> bool:
    """Print the themes of the image, the site's marked; return whether nothing is wrong with that.

    A running pod of the LMS is asked. Where there is none, the stack file's own themes are listed.
    """
    stack = stack_file.instance(file, placeholders=True)
    theme, certain = stack.site.theme, True
    try:
        names = _in_a_pod(file, stack)
    except OperationError as error:
        certain, names = False, sorted(built(stack))
        _note(notes, f"No pod could be asked, so these are the themes that {file.path.name} builds. {error}")
    for name in names:
        console.print(f"{'*' if name == theme else ' '} {name}", highlight=False, markup=False)
    if theme is None:
        _note(notes, "The site has the platform's default theme: openedx:site.theme is not set.")
    elif theme not in names and certain:
        _note(notes, f"The site's theme, {theme}, is not among them.")
    return theme is None or theme in names or not certain


def _note(notes: Console, text: str) -> None:
    notes.print(text, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _in_a_pod(file: StackFile, stack: Stack) -> list[str]:
    client = target_of(stack, local=file.local).client()
    assert client is not None  # an instance has a cluster
    command = ["find", THEMES_DIR, "-mindepth", "1", "-maxdepth", "1", "-type", "d", "-printf", "%f\\n"]
    output, errors = bytearray(), bytearray()
    pod = container.choose(client, f"lms{live_version(stack).suffix}")
    code = process.run(pod, command, on_stdout=output.extend, on_stderr=errors.extend)
    if code:
        raise OperationError(f"{THEMES_DIR} can't be listed: {errors.decode(errors='replace').strip()}")
    return sorted(output.decode().split())
