"""The verb `import native`: writes a stack file and its secrets, and tells what it could not take over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.imports import writing
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.native import installation, keys, servers, settings, site, variables
from openedx_infra.operations.imports.native.installation import Installation
from openedx_infra.operations.imports.native.servers import History
from openedx_infra.operations.imports.writing import Origin

_HISTORIES: tuple[History, ...] = ("keep", "fold")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What `import native` is asked to write."""

    lms: Path
    """Settings of the LMS, `/edx/etc/lms.yml`."""
    studio: Path
    """Settings of Studio, `/edx/etc/studio.yml`."""
    variables: Path | None
    """Variables that Ansible was given; None: they aren't looked at."""
    history: str
    """What becomes of the second database: `keep` or `fold`."""
    options: Mapping[str, str | None]
    """Answers that the files don't have: situation, stack, context and so on, as options of `init`."""
    secrets: bool = True
    """Whether the secrets are written, too, as far as they are known or can be made."""


def import_native(request: Request, console: Console) -> Path:
    """Write the stack file of an instance that continues a site of Ansible's; return the file's path.

    The files are only read. Raises OperationError, with nothing written, when they are none, or an option is
    missing or wrong.
    """
    writing.require_new(request.options)
    history = next((each for each in _HISTORIES if each == request.history), None)
    if history is None:
        raise OperationError(
            f"--history: {request.history!r} is not known here.", remedy=f"write {' or '.join(_HISTORIES)}"
        )
    old = installation.read(request.lms, request.studio, request.variables)
    return writing.write(
        translated(old, history), origin(old), request.options, console, secrets=request.secrets
    )


def origin(old: Installation) -> Origin:
    """The installation in words."""
    return Origin(
        title=f"Installation by Ansible: {old.lms.path}, {old.studio.path}",
        name="setting",
        unchanged="The old site's files were only read.",
        remedy="compare the files with those on the old machine: the site could not work with these",
    )


def translated(old: Installation, history: History) -> Draft:
    """What becomes of an installation."""
    draft = Draft()
    site.translate(old, draft)
    keys.translate(old, draft)
    servers.translate(old, history, draft)
    settings.translate(old, draft)
    variables.translate(old, draft)
    return draft
