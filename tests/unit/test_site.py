"""The documentation builds as a site without a warning, and what it says of the program is true."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT
from typer.testing import CliRunner

REPOSITORY = "https://git.example.org/openedx-infra"
MESSAGES = re.compile(r"^\| (?:[^|`]+\| )?`([^`]+)` \|", re.MULTILINE)
"""Messages in the tables of docs/troubleshooting.md: in the second column, or in the first of two."""


@pytest.fixture(scope="module", params=["", REPOSITORY], ids=["without a repository", "with one"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the site, and the repository that it knows."""
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "REPOSITORY_URL": request.param, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return folder, request.param


def test_it_has_every_page(site: tuple[Path, str]) -> None:
    folder, _ = site
    for page in (ROOT / "docs").glob("*.md"):
        assert (folder / page.relative_to(ROOT / "docs").with_suffix("") / "index.html").is_file() or (
            page.name == "index.md"
        ), page
    assert len(list((folder / "adr").glob("*/index.html"))) == len(list((ROOT / "docs/adr").glob("0*.md")))


def test_links_to_code_lead_to_the_repository(site: tuple[Path, str]) -> None:
    folder, repository = site
    page = (folder / "foundation/index.html").read_text(encoding="utf-8")
    link = f"{REPOSITORY}/blob/main/openedx_infra/config/foundation/contract.py"
    assert (link in page) == bool(repository)
    assert "contract.py" in page
    assert ("edit/main/docs/foundation.md" in page) == bool(repository)


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Home\n\n[Gone](gone.md)\n", encoding="utf-8")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.partition("\nnav:")[0].replace("docs/site/hooks.py", str(ROOT / "docs/site/hooks.py"))
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert run.returncode != 0
    assert "gone.md" in run.stderr


def test_the_reference_of_commands_is_that_of_the_command_line() -> None:
    from typer.cli import app

    asked = ["openedx_infra.operations.cli.app", "utils", "docs", "--name", "openedx-infra"]
    shown = CliRunner().invoke(app, [*asked, "--title", "Command line"])
    assert shown.exit_code == 0, shown.output
    page = (ROOT / "docs/reference/command-line.md").read_text(encoding="utf-8")
    assert page.strip() == shown.output.strip(), "run `make docs`"


def _literals() -> Iterator[str]:
    for folder in ("openedx_infra", "tools"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_messages_in_troubleshooting_are_the_programs_own() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    before = page.partition("## The site runs")[0]
    after = page.partition("## Commands that say")[2]
    messages = MESSAGES.findall(before) + MESSAGES.findall(after)
    assert len(messages) > 20
    said = "\n".join(_literals())
    assert [message for message in messages if message not in said] == []
