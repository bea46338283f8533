"""Facts of releases (tests/data/releases): what the platform reads and takes, and what follows for calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "releases"
COMMANDS: dict[str, Any] = json.loads((FOLDER / "commands.json").read_text(encoding="utf-8"))
PRODUCTION: dict[str, Any] = json.loads((FOLDER / "production.json").read_text(encoding="utf-8"))
MFE_CONFIG: dict[str, Any] = json.loads((FOLDER / "mfe_config.json").read_text(encoding="utf-8"))
WAFFLE: dict[str, Any] = json.loads((FOLDER / "waffle.json").read_text(encoding="utf-8"))
PLUGINS: dict[str, Any] = json.loads((FOLDER / "plugins.json").read_text(encoding="utf-8"))
RETIREMENT: dict[str, Any] = json.loads((FOLDER / "retirement.json").read_text(encoding="utf-8"))
MODELS: dict[str, Any] = json.loads((FOLDER / "models.json").read_text(encoding="utf-8"))
PROGRAMS: dict[str, Any] = json.loads((FOLDER / "programs.json").read_text(encoding="utf-8"))
OF_DJANGO = ("--verbosity=", "-v=", "--settings=", "--traceback", "--no-color", "--force-color")
"""Options of every management command."""


@cache
def readers() -> dict[str, tuple[str, ...]]:
    """Releases that read a setting, by its name."""
    lines = (FOLDER / "settings.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    assert all(where for _, _, where in rows)
    return {name: tuple(releases.split(",")) for name, releases, _ in rows}


def fault(release: str, site: str, command: str, arguments: Sequence[str]) -> str | None:
    """Why a release refuses a call of a management command (`lms` or `cms`); None: it takes it."""
    if command not in COMMANDS:
        return f"there is no command {command}"
    fact = COMMANDS[command]
    if site not in fact["sites"]:
        return f"{site} has no command {command}"
    taken = fact.get("every") or fact["releases"].get(release)
    if taken is None:
        return f"{release} has no command {command}"
    options = {*taken.get("options", ()), *OF_DJANGO}
    least, most = taken.get("positional", [0, 0])
    plain, waiting = 0, False
    for argument in arguments:
        name, given, _ = argument.partition("=")
        if waiting:
            waiting = False
        elif not argument.startswith("-"):
            plain += 1
        elif f"{name}=" in options:
            waiting = not given
        elif given or name not in options:
            return f"{command} of {release} has no option {argument}"
    if plain < least or (most is not None and plain > most):
        return f"{command} of {release} takes {least} to {most} arguments, not {plain}"
    return None
