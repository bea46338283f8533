"""Reads lms.yml, studio.yml and the variables of an installation by Ansible. Nothing in it is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.operations.errors import OperationError

_NEEDED = ("LMS_BASE", "DATABASES", "SECRET_KEY")
"""Settings without which a file is none of edx-platform's."""


@dataclass(kw_only=True)
class SettingsFile:
    """One file of settings. Remembers which were asked for, so that none is forgotten."""

    path: Path
    content: Mapping[str, Any]
    read: set[str] = field(default_factory=set)
    """Names that were asked for."""

    def __contains__(self, name: str) -> bool:
        """Whether the file has the setting, and a value for it."""
        return self.content.get(name) not in (None, "")

    def get(self, name: str) -> Any:
        """The value of a setting; None where there is none."""
        self.read.add(name)
        return self.content.get(name)

    def text(self, name: str) -> str:
        """The same as text; empty where there is none."""
        value = self.get(name)
        return "" if value is None else str(value).strip()

    def part(self, name: str) -> Mapping[str, Any]:
        """A setting that is a map; an empty one where it is something else."""
        value = self.get(name)
        return value if isinstance(value, Mapping) else {}

    def flag(self, name: str) -> bool:
        """Whether a switch is on. Ansible writes some as texts."""
        return is_on(self.get(name))

    def where(self, name: str) -> str:
        """A setting with its file, as messages name it."""
        return f"{self.path.name}: {name}"

    def unread(self) -> Sequence[str]:
        """Settings that nothing asked for, sorted."""
        return sorted(set(self.content) - self.read)


def is_on(value: Any) -> bool:
    """Whether a value that is a switch, or the text of one, is on."""
    return value.strip().lower() in ("on", "true", "yes", "1") if isinstance(value, str) else bool(value)


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What an installation by Ansible says."""

    lms: SettingsFile
    studio: SettingsFile
    variables: SettingsFile
    """What the operator gave to Ansible (server-vars.yml); empty where it was not named."""


def read(lms: Path, studio: Path, variables: Path | None = None) -> Installation:
    """Read the files of an installation. Raises OperationError for what is none of them."""
    files = [SettingsFile(path=path, content=_content(path)) for path in (lms, studio)]
    for file in files:
        if missing := [name for name in _NEEDED if name not in file]:
            raise OperationError(
                f"{file.path} is no file of settings of edx-platform: it has no {', '.join(missing)}.",
                remedy="name /edx/etc/lms.yml by --lms and /edx/etc/studio.yml by --studio, as Ansible wrote "
                "them; releases before Juniper have lms.env.json and lms.auth.json instead: see "
                "docs/move-from-native.md",
            )
    of_ansible = SettingsFile(path=variables or Path("server-vars.yml"), content={})
    if variables is not None:
        of_ansible.content = _content(variables)
    return Installation(lms=files[0], studio=files[1], variables=of_ansible)


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperationError(
            f"{path} can't be read: {error.strerror or error}.",
            remedy="copy it from the old machine, where root owns it, to a place of yours; it holds secrets",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OperationError(
            f"{path} is not YAML: {' '.join(str(error).split())}.",
            remedy="copy it from the old machine again; `ansible-vault view` decrypts a vault of Ansible",
        ) from error
    if not isinstance(content, Mapping):
        raise OperationError(f"{path} is no map of settings.", remedy="copy it from the old machine again")
    return {str(name): value for name, value in content.items()}
