"""The verb `import tutor`: writes a stack file and its secrets, and tells what it could not take over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.operations.imports import writing
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor import images, leftovers, plugins, root, servers, site
from openedx_infra.operations.imports.tutor.root import TutorRoot
from openedx_infra.operations.imports.tutor.values import TutorValues
from openedx_infra.operations.imports.writing import Origin
from openedx_infra.releases import RELEASES


@dataclass(frozen=True, kw_only=True)
class Request:
    """What `import tutor` is asked to write."""

    root: Path
    """The Tutor root."""
    plugins: Path | None
    """Folder of single-file plugins; None: where Tutor looks for them."""
    options: Mapping[str, str | None]
    """Answers that the root doesn't have: situation, stack, context and so on, as options of `init`."""
    secrets: bool = True
    """Whether the secrets are written, too, as far as they are known or can be made."""


def import_tutor(request: Request, console: Console) -> Path:
    """Write the stack file of an instance that continues a site of Tutor's; return the file's path.

    The Tutor root is only read. Raises OperationError, with nothing written, when it is none, or an option
    is missing or wrong.
    """
    writing.require_new(request.options)
    tutor = root.read(request.root, request.plugins)
    return writing.write(translated(tutor), origin(tutor), request.options, console, secrets=request.secrets)


def origin(tutor: TutorRoot) -> Origin:
    """The Tutor root in words."""
    return Origin(
        title=f"Tutor {tutor.version} ({tutor.release}) at {tutor.path}",
        name="Tutor",
        unchanged="The Tutor root was only read.",
        remedy="compare its config.yml with a backup: Tutor itself could not work with these",
    )


def translated(tutor: TutorRoot) -> Draft:
    """What becomes of a Tutor root."""
    names = tutor.enabled
    files = plugins.files(tutor.plugins, names)
    of_plugins = {key: value for plugin in files for key, value in plugin.settings.items()}
    values = TutorValues({**of_plugins, **tutor.config})
    draft = Draft()
    site.translate(tutor, values, draft)
    servers.translate(tutor, values, draft)
    release = RELEASES[draft.sections["release"]]
    images.translate(tutor, values, release.images, draft)
    plugins.translate(names, files, values, draft)
    leftovers.translate(values, draft)
    return draft


def show(tutor: TutorRoot, draft: Draft, console: Console) -> None:
    """Print what was taken over, and what is left; no value of any secret."""
    writing.show(draft, origin(tutor), console)
