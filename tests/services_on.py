"""Stack files of tests with companion services of this program: one, or all that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from samples import LEAST, said_by

from openedx_infra.config import ConfigError, load
from openedx_infra.config.services.registry import BUILT_IN
from openedx_infra.settings.merging import merged

CASES = Path(__file__).parent / "cases"
SERVICES = tuple(sorted(BUILT_IN))
"""All services of this program, by their keys."""


def with_services(
    names: Iterable[str] = SERVICES, base: Mapping[str, Any] = LEAST, **keys: Any
) -> dict[str, Any]:
    """A stack file with these services, as `tests/cases/services.ok.NAME.yaml` has each of them, over another
    one. `keys`: what all of their sections have besides, such as `enabled=False`."""
    said: dict[str, Any] = deepcopy(dict(base))
    for name in names:
        file = CASES / f"services.ok.{name}.yaml"
        case = said_by(file) if file.exists() else {}
        section = {**case.get("services", {}).get(name, {}), **keys}
        rest = {key: value for key, value in case.items() if key not in ("services", *base)}
        said = merged(said, rest, {"services": {name: section}})
    return said


def smallest(names: Iterable[str] = SERVICES) -> dict[str, Any]:
    """Sections of these services: nothing but the key, where that is enough; else as in tests/cases."""
    return {name: {} if _is_enough(name) else with_services([name])["services"][name] for name in names}


def _is_enough(name: str) -> bool:
    try:
        load("dev", {**LEAST, "services": {name: {}}})
    except ConfigError:
        return False
    return True
