"""Reads a Tutor root: its settings, version, plugins and patches. Nothing in it is changed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.operations.errors import OperationError

RELEASES: Mapping[int, str] = {19: "sumac", 20: "teak", 21: "ulmo", 22: "verawood"}
"""Named release of each major version of Tutor whose root can be read."""


@dataclass(frozen=True, kw_only=True)
class TutorRoot:
    """What a Tutor root says."""

    path: Path
    config: Mapping[str, Any]
    """Content of config.yml."""
    version: str
    """Version of Tutor that wrote its environment, such as `22.0.3`."""
    plugins: Path
    """Folder of plugins that are single files."""

    @property
    def enabled(self) -> list[str]:
        """Names of the enabled plugins."""
        names = self.config.get("PLUGINS")
        return [str(name) for name in names] if isinstance(names, list) else []

    @property
    def major(self) -> int:
        """First number of the version."""
        return int(self.version.partition(".")[0])

    @property
    def release(self) -> str:
        """Named release of Open edX that this version deploys, unless its settings name another."""
        return RELEASES[self.major]


def read(path: Path, plugins: Path | None = None) -> TutorRoot:
    """Read the root of a Tutor installation (`tutor config printroot`).

    `plugins`: folder of single-file plugins (`tutor plugins printroot`); None: where Tutor looks for them.
    Raises OperationError when it is none, or of a version that isn't known here.
    """
    file = path / "config.yml"
    if not file.is_file():
        raise OperationError(
            f"{path} is no root of Tutor: it has no config.yml.",
            remedy="name the folder that `tutor config printroot` prints",
        )
    return TutorRoot(
        path=path,
        config=_config(file),
        version=_version(path / "env" / "version"),
        plugins=plugins or _default_plugins(),
    )


def _config(file: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperationError(
            f"{file} can't be read: {error.strerror or error}.", remedy="look at its owner and mode"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OperationError(
            f"{file} is not YAML, so Tutor can't read it either: {' '.join(str(error).split())}.",
            remedy="mend it, or take it from a backup",
        ) from error
    if not isinstance(config, Mapping):
        raise OperationError(f"{file} is no map of settings.", remedy="take it from a backup")
    return {str(name): value for name, value in config.items()}


def _version(file: Path) -> str:
    text = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    if not re.fullmatch(r"\d+\.\d+\.\d+\S*", text):
        raise OperationError(
            f"{file} does not tell the version of Tutor.",
            remedy="run `tutor config save` with the Tutor that runs the site, which writes it",
        )
    if int(text.partition(".")[0]) not in RELEASES:
        known = ", ".join(f"{number} ({name})" for number, name in RELEASES.items())
        raise OperationError(
            f"Its environment is of Tutor {text}; this command reads those of {known}.",
            remedy="upgrade the site with Tutor to one of these first",
        )
    return text


def _default_plugins() -> Path:
    """Where Tutor looks for single-file plugins: TUTOR_PLUGINS_ROOT, or a folder of the user's."""
    if named := os.environ.get("TUTOR_PLUGINS_ROOT"):
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "tutor-plugins"
