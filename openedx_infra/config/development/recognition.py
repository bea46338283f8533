"""What a mounted folder is, by its content: edx-platform, a frontend, a Python package, themes, a service."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["platform", "frontend", "package", "themes", "service"]
"""What a mount can be."""

_FRONTEND_LIBRARIES = ("@edx/frontend-platform", "@openedx/frontend-base")
"""Libraries that each MFE of Open edX depends on, and nothing else does."""
_FRONTEND_NAME = re.compile(r"(?:@[a-z0-9_.-]+/)?frontend-(?:app|component|template)-([a-z0-9-]+)")

_SERVICES: Mapping[str, tuple[str, ...]] = {
    "discovery": ("manage.py", "course_discovery"),
    "credentials": ("manage.py", "credentials/settings"),
    "notes": ("manage.py", "notesapi", "notesserver"),
    "xqueue": ("manage.py", "xqueue", "submission_queue"),
    "codejail": ("manage.py", "codejail_service"),
}
"""Files and folders by which a companion service's repository is recognized, by the service's name (the
repositories openedx/course-discovery, credentials, edx-notes-api, xqueue and codejail-service)."""

_SITE_FOLDERS = ("lms", "cms", "studio")
_THEME_FOLDERS = ("templates", "static")


class MountFault(ValueError):
    """A folder that can't be mounted. The message goes on after its path: the rule, and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Recognized:
    """A mounted folder, and what it is."""

    kind: Kind
    folder: Path
    """The folder on this machine."""
    name: str
    """Name by which it is known: of a frontend `learning`, of a package its distribution, of a service its
    key in `openedx:services`; of anything else the folder's own."""
    themes: tuple[str, ...] = ()
    """Of themes: the names of their folders, or `.` where the folder is a theme itself."""


def recognize(folder: Path) -> Recognized:
    """What a folder is. Raises MountFault where it isn't there, or is nothing that can be mounted."""
    if not folder.is_dir():
        raise MountFault("is no folder: make it, or correct its path")
    try:
        found = next((each for look in _LOOKS if (each := look(folder))), None)
    except OSError as error:
        raise MountFault(f"can't be read ({error.strerror}): make it readable") from error
    if found is None:
        raise MountFault(
            "is nothing that can be mounted: it has neither manage.py, lms, cms and openedx (edx-platform), "
            "nor a package.json of a micro-frontend, nor pyproject.toml, setup.py or setup.cfg (a Python "
            "package), nor folders lms or cms with templates or static files (themes)"
        )
    return found


def _platform(folder: Path) -> Recognized | None:
    names = ("manage.py", "lms", "cms", "openedx")
    if all((folder / name).exists() for name in names):
        return Recognized(kind="platform", folder=folder, name=folder.name)
    return None


def _frontend(folder: Path) -> Recognized | None:
    file = folder / "package.json"
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MountFault(f"has a package.json that is no JSON ({error}): correct it") from error
    if not isinstance(content, dict):
        return None
    name = str(content.get("name", ""))
    libraries = {**_map(content, "dependencies"), **_map(content, "peerDependencies")}
    match = _FRONTEND_NAME.fullmatch(name)
    if match is None and not any(library in libraries for library in _FRONTEND_LIBRARIES):
        return None
    return Recognized(kind="frontend", folder=folder, name=match[1] if match else name.rpartition("/")[2])


def _service(folder: Path) -> Recognized | None:
    for name, needed in _SERVICES.items():
        if all((folder / each).exists() for each in needed):
            return Recognized(kind="service", folder=folder, name=name)
    return None


def _package(folder: Path) -> Recognized | None:
    files = [name for name in ("pyproject.toml", "setup.py", "setup.cfg") if (folder / name).is_file()]
    if not files:
        return None
    names = (_project_name(folder) if name == "pyproject.toml" else None for name in files)
    name = next((each for each in names if each), None) or _configured_name(folder) or folder.name
    return Recognized(kind="package", folder=folder, name=name)


def _project_name(folder: Path) -> str | None:
    try:
        content = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MountFault(f"has a pyproject.toml that is no TOML ({error}): correct it") from error
    name = _map(content, "project").get("name") or _map(_map(content, "tool"), "poetry").get("name")
    return name if isinstance(name, str) else None


def _configured_name(folder: Path) -> str | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(folder / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise MountFault(f"has a setup.cfg that can't be read ({error}): correct it") from error
    return parser.get("metadata", "name", fallback=None)


def _themes(folder: Path) -> Recognized | None:
    if _is_theme(folder):
        return Recognized(kind="themes", folder=folder, name=folder.name, themes=(".",))
    themes = tuple(sorted(each.name for each in _folders(folder) if _is_theme(each)))
    return Recognized(kind="themes", folder=folder, name=folder.name, themes=themes) if themes else None


def _is_theme(folder: Path) -> bool:
    return any((folder / site / part).is_dir() for site in _SITE_FOLDERS for part in _THEME_FOLDERS)


def _folders(folder: Path) -> Iterator[Path]:
    return (each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _map(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, Mapping) else {}


_LOOKS: tuple[Callable[[Path], Recognized | None], ...] = (_platform, _frontend, _service, _themes, _package)
"""In this order: edx-platform is a Python package, too, as services are, and has a package.json."""
