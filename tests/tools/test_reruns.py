"""A failed test on real processes is run once more and listed; one that fails twice fails the run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import skips

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text()

# Each attempt leaves a file, so that the attempt after it knows.
BEGINNING = """
import pytest
from pathlib import Path

def attempt(name):
    counted = Path(__file__).with_name(name)
    counted.write_text(counted.read_text() + "x" if counted.exists() else "x")
    return len(counted.read_text())

@pytest.fixture(scope="module")
def instance():
    return attempt("instance")

"""

LUCKY = """
def test_lucky(instance):
    assert attempt("lucky") == 2, "the machine was busy"
    assert instance == 1, "the fixture was made again"
"""
UNLUCKY = """
def test_wrong(instance):
    attempt("wrong")
    assert False, "it is wrong"
"""
SKIPPED = """
def test_gone(instance):
    assert attempt("gone") == 2
    pytest.skip("the server is gone")
"""
BROKEN_FIXTURE = """
@pytest.fixture(scope="module")
def server():
    attempt("server")
    raise RuntimeError("it doesn't start")

@pytest.mark.parametrize("number", range(8))
def test_asks(server, number): pass
"""


def run_in_ci(
    folder: Path, tests: str, beside: tuple[str, ...] = ("--numprocesses", "2", "--dist", "loadfile")
) -> tuple[int, str]:
    """Run tests as the Makefile runs those of the engine; the exit code and what is printed."""
    (folder / "test_sample.py").write_text(BEGINNING + tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "skips", "-p", "no:cacheprovider", *beside]
    done = subprocess.run(
        [*command, *_options("RERUN_ONCE"), str(folder)],
        cwd=folder,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(Path(skips.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _options(variable: str) -> list[str]:
    found = re.search(rf"^{variable} = (.*)$", MAKEFILE, re.MULTILINE)
    assert found, variable
    return found.group(1).split()


@pytest.mark.parametrize("beside", [(), ("--numprocesses", "2", "--dist", "loadfile")])
def test_one_that_fails_once_passes_and_is_listed_with_its_traceback(
    tmp_path: Path, beside: tuple[str, ...]
) -> None:
    code, printed = run_in_ci(tmp_path, LUCKY, beside)
    assert code == 0, printed
    summary = printed.split("rerun test summary info")[1]
    assert "RERUN test_sample.py::test_lucky" in summary
    assert "the machine was busy" in summary


def test_one_that_fails_twice_fails_the_run(tmp_path: Path) -> None:
    code, printed = run_in_ci(tmp_path, LUCKY + UNLUCKY)
    assert code == 1, printed
    assert "FAILED test_sample.py::test_wrong" in printed
    assert (tmp_path / "wrong").read_text() == "xx"


def test_one_that_is_skipped_the_second_time_fails_the_run(tmp_path: Path) -> None:
    code, printed = run_in_ci(tmp_path, SKIPPED)
    assert code == 1, printed
    assert "test_gone: Skipped: the server is gone" in printed


def test_a_broken_fixture_is_not_made_again_for_each_test(tmp_path: Path) -> None:
    code, printed = run_in_ci(tmp_path, BROKEN_FIXTURE)
    assert code == 1, printed
    assert "8 errors" in printed
    assert len((tmp_path / "server").read_text()) <= 4


def test_only_suites_on_real_processes_run_a_test_again() -> None:
    targets = re.findall(r"^([a-z-]+):[^\n]*\n((?:\t[^\n]*\n)+)", MAKEFILE, re.MULTILINE)
    assert {name for name, recipe in targets if "RERUN_ONCE" in recipe} == {
        "test-engine",
        "test-parts",
        "test-images",
    }
    assert "reruns" not in (Path(__file__).parents[2] / "pyproject.toml").read_text()
