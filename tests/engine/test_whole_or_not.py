"""State, stack files and secrets survive a full disk, a cut file, and several commands at once."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from checkouts import BIN, Checkout
from instances import Instance

pytestmark = pytest.mark.engine

STACK = """\
config: # of a test
  openedx:site:
    lms_host: learn.example.org # the only one
  openedx:cluster:
    context: campus
"""


@pytest.fixture
def fresh(checkout: Checkout, tmp_path: Path) -> Path:
    """A stack file of a cluster that nobody asks, whose stack was never created."""
    path = tmp_path / f"Pulumi.{tmp_path.name.replace('_', '-')}.yaml"
    path.write_text(STACK)
    return path


def name_of(path: Path) -> str:
    return path.name.split(".")[1]


def secrets_in(path: Path) -> set[str]:
    return set(yaml.safe_load(path.read_text())["config"].get("openedx:secrets") or {})


def generate(checkout: Checkout, path: Path) -> tuple[str, ...]:
    return ("secrets", "generate", "--stack", name_of(path), "--config-file", str(path))


def test_several_at_once_make_each_secret_once(checkout: Checkout, fresh: Path) -> None:
    running = [checkout.start("openedx-infra", *generate(checkout, fresh)) for _ in range(3)]
    said = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    made = [int(match[1]) for text in said if (match := re.search(r"^(\d+) made in", text, re.MULTILINE))]
    assert sorted(made) == [0, 0, len(secrets_in(fresh))], said
    assert made and max(made) > 5
    assert "# the only one" in fresh.read_text(), "comments stay"


def test_a_full_disk_leaves_the_stack_file_whole(checkout: Checkout, fresh: Path, tmp_path: Path) -> None:
    """On a file system of its own, of 64 KiB, seen by this command alone."""
    folder = tmp_path / "small"
    folder.mkdir()
    script = f"""
        mount -t tmpfs -o size=64k tmpfs {folder}
        cp {fresh} {folder}/
        dd if=/dev/zero of={folder}/fill bs=4k 2>/dev/null
        {BIN}/openedx-infra {" ".join(generate(checkout, folder / fresh.name))}
        echo code $?
        cat {folder}/{fresh.name}
        ls -A {folder}
        rm {folder}/fill
        {BIN}/openedx-infra {" ".join(generate(checkout, folder / fresh.name))}
        cp {folder}/{fresh.name} {fresh}
    """
    alone = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "bash", "-c", script]
    done = subprocess.run(
        alone, cwd=checkout.folder, env=checkout.environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert f"{folder / fresh.name} can't be written: the disk is full" in re.sub(r"\s+", " ", done.stderr), (
        said
    )
    assert "fault of the program" not in said
    assert f"code 1\n{STACK}" in done.stdout, "not a byte was changed"
    listed = {line for line in done.stdout.splitlines() if "Pulumi." in line and " " not in line}
    assert listed == {fresh.name}, "no temporary file is left"
    assert len(secrets_in(fresh)) > 5, "with room again, it works"


def test_a_damaged_state_stops_no_other_stack_and_is_restored(
    dev: Instance, fresh: Path, checkout: Checkout
) -> None:
    state = dev.checkout.state / "state" / ".pulumi" / "stacks" / "openedx" / "dev.json"
    whole = state.read_bytes()
    state.write_bytes(whole[:4096])
    said = checkout.run("openedx-infra", *generate(checkout, fresh))
    assert said.code == 0, said.text

    said = dev.run("up", "--yes")
    assert said.code == 1, said.text
    assert f"The state of stack dev is damaged: {state}" in said.err
    assert "A good copy is" in said.err and "state restore --stack dev" in said.err
    assert state.read_bytes() == whole[:4096]

    said = dev.run("state", "restore", "--yes")
    assert said.code == 0, said.text
    said = dev.run("up", "--yes", "--refresh")
    assert said.code == 0, said.text
    dev.demand_unchanged()
