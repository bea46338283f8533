"""Patches of plugins: those that are plain settings go into the stack file, all others are listed."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import yaml

from openedx_infra.operations.imports.draft import Draft, Unresolved
from openedx_infra.operations.imports.tutor.plugin_files import Patch, is_text, outline
from openedx_infra.operations.imports.tutor.values import TutorValues

_PYTHON: Mapping[str, str] = {
    "openedx-common-settings": "common",
    "openedx-lms-common-settings": "lms",
    "openedx-lms-production-settings": "lms",
    "openedx-cms-common-settings": "studio",
    "openedx-cms-production-settings": "studio",
}
"""Patches of Python settings that run in production, and the side that each is for."""
_YAML: Mapping[str, str] = {"lms-env": "lms", "cms-env": "studio", "openedx-auth": "common"}
"""Patches of YAML settings."""
_FEATURES = ("common-env-features", "lms-env-features", "cms-env-features")
"""Patches of feature flags, in YAML."""
_DOORS: Mapping[str, str] = {
    r"openedx-(dev-)?dockerfile|mfe-dockerfile": "instructions of an image: openedx:images.*.fragments",
    r"mfe-env-config|mfe-site": "slots of MFEs: openedx:images.mfe, which builds them",
    r"mfe-lms-": "settings of MFEs: openedx:mfes.config",
    r"caddyfile": "rules of the web server: openedx:ingress",
    r"k8s-|kustomization": "Kubernetes objects: openedx:overrides, openedx:extras.manifests",
    r"local-docker|dev-docker": "containers of Docker Compose: openedx:extras.containers",
    r"uwsgi|redis-conf|logrotate": "the configuration of a server, which this program makes: openedx:sizing",
    r"development": "settings of a development environment, which no instance needs",
}
"""Kinds of other patches by their names, and what they are here."""
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def translate(patch: Patch, values: TutorValues, draft: Draft) -> None:
    """Take over one patch, or tell what it is here."""
    where = f"{patch.file}:{patch.line} ({patch.name})"
    try:
        text = values.rendered(patch.text)
    except Unresolved as error:
        draft.leave(where, f"{error}; {_door(patch.name)}")
        return
    if side := _PYTHON.get(patch.name):
        _python(patch, text, side, draft)
    elif side := _YAML.get(patch.name):
        _yaml(where, text, ("settings", side), draft)
    elif patch.name in _FEATURES:
        _yaml(where, text, ("features", "flags"), draft)
    else:
        draft.leave(where, _door(patch.name))


def _door(name: str) -> str:
    if side := _PYTHON.get(name):
        return f"settings: openedx:settings.{side}, or a file of Python by openedx:settings.modules.{side}"
    if side := _YAML.get(name):
        return f"settings: openedx:settings.{side}"
    return next(
        (door for pattern, door in _DOORS.items() if re.search(pattern, name)),
        "nothing here has a place of this name: see docs/commands.md for what replaces it",
    )


def _yaml(where: str, text: str, section: tuple[str, str], draft: Draft) -> None:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, Mapping):
        draft.leave(where, f"is no map in YAML: openedx:{'.'.join(section)}")
        return
    for name, value in content.items():
        draft.set_setting((*section, str(name)), value, f"{where} {name}")


def _python(patch: Patch, text: str, side: str, draft: Draft) -> None:
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        draft.leave(
            f"{patch.file}:{patch.line} ({patch.name})", f"is not Python by itself; {_door(patch.name)}"
        )
        return
    for statement in statements:
        where = f"{patch.file}:{patch.line + statement.lineno - 1}"
        taken = _setting(statement, side)
        if taken:
            path, value = taken
            draft.set_setting(path, value, f"{where} {path[-1]}")
        elif not isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass) and not is_text(statement):
            draft.leave(
                where,
                f"`{outline(statement)}`: put it into a file of Python, and name that in "
                f"openedx:settings.modules.{side}",
            )


def _setting(statement: ast.stmt, side: str) -> tuple[tuple[str, ...], Any] | None:
    """Where a plain assignment stands in a stack file, and its value; None for anything else."""
    if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
        return None
    try:
        value = _plain(ast.literal_eval(statement.value))
    except ValueError:
        return None
    target = statement.targets[0]
    if isinstance(target, ast.Name) and _NAME.fullmatch(target.id):
        return ("settings", side, target.id), value
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        return _entry(target.value.id, target.slice, value)
    return None


def _entry(holder: str, index: ast.expr, value: Any) -> tuple[tuple[str, ...], Any] | None:
    name = index.value if isinstance(index, ast.Constant) else None
    if not isinstance(name, str):
        return None
    if holder == "FEATURES" and isinstance(value, bool):
        return ("features", "flags", name), value
    if holder == "MFE_CONFIG":
        return ("mfes", "config", name), value
    return None


def _plain(value: Any) -> Any:
    """A value as YAML has it. Raises ValueError for what YAML has not."""
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError(value)
