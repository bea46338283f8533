"""Git takes nothing that commands leave in the checkout."""

from __future__ import annotations

import subprocess

import pytest

from openedx_infra.operations.stack_files.checkout import CHECKOUT


@pytest.mark.parametrize(
    "name", ["support-campus.zip", ".Pulumi.campus.yaml.x1y2z3", "build/campus/lms.yaml"]
)
def test_what_commands_leave_is_ignored(name: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=CHECKOUT, check=False)
    assert ignored.returncode == 0


@pytest.mark.parametrize("name", ["Pulumi.campus.yaml", "support.md", "docs/support-contract.md"])
def test_what_people_write_is_taken(name: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=CHECKOUT, check=False)
    assert ignored.returncode == 1
