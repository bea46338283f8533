"""Tests that `make test` leaves out for their length are run by `make test-long`, in every folder."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_with_long_tests_is_run() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    slow = set(re.findall(r"\w+", re.search(r"^SLOW := (.*)$", makefile, re.MULTILINE)[1])) - {"or"}
    recipe = re.search(r"^test-long:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    whole = (line for line in recipe.splitlines() if line.rstrip(" $()SIDE_BY").endswith("-m long"))
    run = set(re.findall(r"tests/(\w+)", " ".join(whole)))
    marked = {
        path.relative_to(ROOT / "tests").parts[0]
        for path in (ROOT / "tests").rglob("test_*.py")
        if "mark.long" in path.read_text(encoding="utf-8")
    }
    assert "'long and not ($(SLOW))'" in recipe, "all that is not slow"
    assert marked & slow - {"containers"} <= run, "containers are run as a whole"
    assert run <= slow
