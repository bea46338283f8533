"""Files are written whole or not at all, and by one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing, whole_write
from openedx_infra.operations.stack_files.whole_write import write_whole


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_is_its_owners_alone_unless_told_otherwise(tmp_path: Path) -> None:
    write_whole(tmp_path / "one", b"")
    write_whole(tmp_path / "two", b"", mode=0o644)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("one", "two")]
    assert modes == [0o600, 0o644]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EACCES, "you may not write there"),
    ],
)
def test_a_disk_that_refuses_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "Pulumi.mine.yaml"
    path.write_text("whole\n")
    monkeypatch.setattr(whole_write.os, "fsync", refuse)
    with pytest.raises(OperationError, match=f"(?s){path} can't be written: {reason}.*as it was.*what to do"):
        write_whole(path, b"half")
    assert path.read_text() == "whole\n"
    assert [each.name for each in tmp_path.iterdir()] == [path.name], "no temporary file is left"


def test_a_program_that_fails_half_way_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.mine.yaml"
    path.write_text("whole\n")
    with pytest.raises(RuntimeError), editing.copied(path) as copy:
        copy.write_text("ha")
        raise RuntimeError
    assert path.read_text() == "whole\n"
    with editing.copied(path) as copy:
        assert copy.name == path.name
        copy.write_text("changed\n")
        assert path.read_text() == "whole\n"
    assert path.read_text() == "changed\n"


_COUNT = """
import sys
from pathlib import Path
from openedx_infra.operations.stack_files import editing

def count(config):
    config["number"] += 1

for _ in range(10):
    editing.edit(Path(sys.argv[1]), count)
"""


def test_changes_of_several_processes_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.mine.yaml"
    path.write_text("config: # a comment\n  number: 0\n")
    running = [subprocess.Popen([sys.executable, "-c", _COUNT, str(path)]) for _ in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]
    assert path.read_text() == "config: # a comment\n  number: 30\n"


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null/home"])
def test_a_home_that_cant_be_written_is_no_fault_of_the_program(home: str, tmp_path: Path) -> None:
    """The command itself, as a user would see it."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("XDG_", "OPENEDX_"))}
    stack = tmp_path / "Pulumi.mine.yaml"
    stack.write_text(
        "config:\n  openedx:site: {lms_host: learn.example.org}\n  openedx:cluster: {context: x}\n"
    )
    command = [Path(sys.prefix) / "bin" / "openedx-infra", "secrets", "generate", "--stack", "mine"]
    done = subprocess.run(
        [*command, "--config-file", stack], env={**kept, "HOME": home}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "can't be used" in done.stderr and "what to do: " in done.stderr
    assert "fault of the program" not in done.stderr
