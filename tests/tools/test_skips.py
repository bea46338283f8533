"""A test that is skipped fails a run in CI, and no other run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import skips

RUN_ONE_THAT_PASSES_AND_ONE_THAT_IS_SKIPPED = """
import pytest
def test_fine(): pass
def test_left_out(): pytest.skip("there is no cluster")
"""


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skipped_test_fails_a_run_in_ci_alone(tmp_path: Path, ci: str, code: int) -> None:
    (tmp_path / "test_sample.py").write_text(RUN_ONE_THAT_PASSES_AND_ONE_THAT_IS_SKIPPED)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "skips", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(Path(skips.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("test_left_out: Skipped: there is no cluster" in done.stdout) == bool(ci)
