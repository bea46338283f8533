"""Does `report` compare a branch with its base, offline, and end with the documented exit code?"""

from __future__ import annotations

import json
import os
import py_compile
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from checkout_copy import Copy

from openedx_infra.operations.report.bytecode import share
from openedx_infra.operations.report.repository import Repository
from openedx_infra.operations.report.touched import touched

RUN = "from openedx_infra.operations.cli.app import main; main()"
FILE = "Pulumi.campus.yaml"
STACK = """config:
  openedx:site: {name: Campus, lms_host: learn.example.org}
  openedx:datastores: {protect: false}
"""


@dataclass(frozen=True)
class Clone:
    """A copy of the program under Git."""

    copy: Copy

    def git(self, *arguments: str) -> None:
        name = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *name, *arguments], cwd=self.copy.root, check=True, capture_output=True)

    def report(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code of `report`, and what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", RUN, "report", "--base", "main", "--source", "recorded", *arguments],
            cwd=self.copy.root,
            env={**os.environ, "PYTHONPATH": str(self.copy.root)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    found = Clone(Copy.into(tmp_path_factory.mktemp("clone")))
    found.copy.write(FILE, STACK)
    found.copy.write(".gitignore", "__pycache__/\n")
    found.git("init", "--initial-branch", "main")
    found.git("add", ".")
    found.git("commit", "--message", "base")
    found.git("checkout", "-b", "change")
    return found


def test_a_change_is_reported_in_each_form_with_its_exit_code(clone: Clone, tmp_path: Path) -> None:
    assert clone.report("--format", "json")[0] == 0, "nothing has changed"
    clone.copy.write(FILE, STACK.replace("Campus", "Campus & more"))
    forms = [word for form in ("markdown", "html", "json", "sarif") for word in ("--format", form)]
    code, _, errors = clone.report(*forms, "--output", str(tmp_path / "out"))
    assert code == 3, errors
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(f"report.{ending}" for ending in ("md", "html", "json", "sarif")),
        "campus.svg",
    }
    content = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    [stack] = content["stacks"]
    assert (content["outcome"], stack["stack"], stack["files"]) == ("changes", "campus", [FILE])
    assert {"key": "openedx:site.name", "before": "Campus", "now": "Campus & more"} in stack["changes"][
        "keys"
    ]
    assert "without cluster and state" in stack["basis"]
    ElementTree.parse(tmp_path / "out" / "campus.svg")

    clone.copy.write(FILE, STACK.replace("lms_host", "lms_hots"))
    code, text, _ = clone.report()
    assert code == 1 and "lms_hots" in text.replace("\\", ""), "refused"

    clone.copy.write("approvals.yaml", "rules: []\n")
    (clone.copy.root / FILE).unlink()
    code, text, _ = clone.report("--format", "json")
    assert code == 4 and json.loads(text)["outcome"] == "needs-approval", "the base's rules decide"

    code, _, errors = clone.report("--base", "nowhere")
    assert code == 1 and "There is no commit nowhere" in errors and "--base" in errors


def test_modules_of_the_base_that_are_the_same_are_not_compiled_again(tmp_path: Path) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    for folder in (before, now):
        (folder / "stacks").mkdir(parents=True)
        (folder / "stacks/same.py").write_text("x = 1\n")
    (before / "stacks/other.py").write_text("x = 1\n")
    (now / "stacks/other.py").write_text("x = 2\n")
    for name in ("same", "other"):
        py_compile.compile(str(now / f"stacks/{name}.py"))
    assert share(before, now) == 1
    os.utime(before / "stacks/other.py", (1, 1))
    run = "import stacks.same, stacks.other; print(stacks.same.x, stacks.other.x)"
    command = [sys.executable, "-v", "-c", run]
    done = subprocess.run(command, cwd=before, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 1"
    assert "same.cpython" in done.stderr and f"code object from '{before}/stacks/same.py'" not in done.stderr


def test_a_folder_without_git_is_told_so(tmp_path: Path) -> None:
    from openedx_infra.operations.errors import OperationError

    with pytest.raises(OperationError, match="no Git repository"):
        Repository(tmp_path).base()


@pytest.mark.parametrize(
    ("changed", "stacks"),
    [
        ("Pulumi.campus.yaml", {"campus"}),
        ("Pulumi.shared.yaml", {"campus", "shared"}),
        ("themes/campus/lms/x.html", {"campus"}),
        ("themes-of-others/x.html", set()),
        ("certificates/ca.pem", {"campus"}),
        ("openedx_infra/components/lms.py", {"campus", "shared"}),
        ("openedx_infra/operations/cli/app.py", set()),
        ("docs/report.md", set()),
        ("README.md", set()),
    ],
)
def test_a_stack_reads_its_file_the_program_and_what_it_names(
    tmp_path: Path, changed: str, stacks: set[str]
) -> None:
    (tmp_path / "themes/campus").mkdir(parents=True)
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates/ca.pem").touch()
    (tmp_path / "Pulumi.shared.yaml").write_text("config: {openedx:kind: foundation}")
    (tmp_path / FILE).write_text(
        "config:\n  openedx:foundation: organization/openedx/shared\n"
        "  openedx:images: {openedx: {themes: {campus: themes/campus}}}\n"
        "  openedx:datastores: {mysql: {tls: {ca: ./certificates/ca.pem}}}\n"
    )
    assert set(touched([changed], tmp_path, tmp_path)) == stacks


def test_a_stack_that_is_gone_is_touched(tmp_path: Path) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    before.mkdir()
    now.mkdir()
    (before / FILE).write_text(STACK)
    assert touched([FILE], now, before) == {"campus": [FILE]}
