"""Mounts by address are cloned at the release's ref where there is no folder, and never over one."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from openedx_infra.config.development.section import Development, Mount
from openedx_infra.operations.development import clones
from openedx_infra.operations.errors import OperationError


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with the tag of a release, and one commit after it."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "master")
    for name in ("one", "two"):
        (folder / name).write_text(name)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", name)
        if name == "one":
            git(folder, "tag", "release/verawood.1")
    return folder


def stack(origin: Path, folder: Path, ref: str | None = None) -> Any:
    mount = Mount.model_construct(git=f"file://{origin}", folder=str(folder), ref=ref)
    section = Development.model_construct(mounts={"my-xblock": mount})
    return SimpleNamespace(name="dev", release="verawood", development=section)


def said(*arguments: Any, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=300)
    clones.clone_missing(*arguments, console, **options)
    return console.file.getvalue()


def test_it_is_cloned_at_the_releases_ref_shallow_or_whole(origin: Path, tmp_path: Path) -> None:
    folder = tmp_path / "src" / "clone"
    assert "is cloned" in said(stack(origin, folder))
    assert [path.name for path in folder.iterdir() if path.name != ".git"] == ["one"]
    for whole, commits in ((False, "1"), (True, "2")):
        folder = tmp_path / f"clone-{whole}"
        said(stack(origin, folder, "master"), whole=whole)
        assert git(folder, "rev-list", "--count", "HEAD").strip() == commits


def test_a_folder_that_is_there_is_never_changed(origin: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    said(stack(origin, folder))
    assert said(stack(origin, folder)) == ""
    git(folder, "checkout", "--quiet", "-b", "mine")
    (folder / "one").write_text("edited")
    git(folder, "commit", "--quiet", "-am", "mine")
    text = said(stack(origin, folder))
    assert "is at mine, and the stack wants release/verawood.1" in text
    assert (folder / "one").read_text() == "edited"
    other = tmp_path / "plain"
    other.mkdir()
    assert said(stack(origin, other)) == "" and list(other.iterdir()) == []


def test_what_cannot_be_cloned_has_one_message_and_leaves_nothing(origin: Path, tmp_path: Path) -> None:
    folder = tmp_path / "src" / "clone"
    with pytest.raises(OperationError) as raised:
        said(stack(origin, folder, "release/none"))
    assert "has no branch or tag release/none" in str(raised.value)
    assert "set openedx:development.mounts.my-xblock.ref" in str(raised.value)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "can't be reached"),
        ("git@github.com: Permission denied (publickey).", "may not read it"),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", "may not"),
        ("fatal: something else", "git failed"),
    ],
)
def test_git_is_understood(text: str, reason: str) -> None:
    error = clones._failure("openedx:development.mounts.a", "https://x/a.git", "master", text)
    assert reason in error.message and text in error.message and error.remedy
