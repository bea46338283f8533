"""Our image has the programs that the platform runs beside itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from facts import PROGRAMS

DOCKERFILE = Path(__file__).parents[2] / "images/openedx/Dockerfile"


def installed() -> set[str]:
    """Debian packages of the stage that the final image begins with."""
    stage = DOCKERFILE.read_text(encoding="utf-8").partition(" AS system\n")[2].partition("\nFROM ")[0]
    return set(re.split(r"\s+", stage.partition("--no-install-recommends")[2].partition("\nENV")[0]))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_image_has_a_program_or_the_table_gives_the_reason(program: str) -> None:
    fact = PROGRAMS[program]
    assert ("package" in fact) != ("left_out" in fact)
    assert fact.get("package") is None or fact["package"] in installed()


def test_the_final_image_begins_with_that_stage() -> None:
    assert "\nFROM system AS production\n" in DOCKERFILE.read_text(encoding="utf-8")
    assert "tzdata" in installed()
