"""A volume whose first start was cut short is emptied, and no other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from openedx_infra.services.database import BEGUN, command

ENTRYPOINT = """#!/bin/sh
# Does what the images' entry points do: takes a volume with data for initialised, and else initialises it.
if [ ! -e "$VOLUME/data" ]; then
    mkdir "$VOLUME/data"
    echo half > "$VOLUME/data/users"
    [ -z "$KILLED" ] || kill -9 $$
    echo root > "$VOLUME/data/users"
    rm -f "$VOLUME/{begun}"
fi
echo "$@"
cat "$VOLUME/data/users"
"""


class Pod:
    """A container on a volume, whose image has an entry point that can be killed while it initialises."""

    def __init__(self, folder: Path) -> None:
        self.volume, self._bin = folder / "volume", folder / "bin"
        self.volume.mkdir()
        self._bin.mkdir()
        entrypoint = self._bin / "docker-entrypoint.sh"
        entrypoint.write_text(ENTRYPOINT.replace("{begun}", BEGUN))
        entrypoint.chmod(0o755)

    def start(self, *, killed: bool = False) -> subprocess.CompletedProcess[str]:
        words = command(folder=str(self.volume), server=["mysqld", "--port=1", "two words"])
        environment = {
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "VOLUME": str(self.volume),
            "KILLED": "yes" if killed else "",
        }
        return subprocess.run(words, env=environment, capture_output=True, text=True)


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)


def test_a_first_start_initialises_and_serves(pod: Pod) -> None:
    run = pod.start()
    assert (run.returncode, run.stdout) == (0, "mysqld --port=1 two words\nroot\n")
    assert not (pod.volume / BEGUN).exists()


def test_a_first_start_that_was_cut_short_begins_again(pod: Pod) -> None:
    for _ in range(2):
        assert pod.start(killed=True).returncode != 0
        assert (pod.volume / "data/users").read_text() == "half\n"
    run = pod.start()
    assert run.stdout.splitlines()[-1] == "root"
    assert "beginning again" in run.stdout


def test_what_is_initialised_is_left_alone_for_ever(pod: Pod) -> None:
    pod.start()
    (pod.volume / "data/users").write_text("ours\n")
    for killed in (True, False):
        assert pod.start(killed=killed).stdout.splitlines()[-1] == "ours"


def test_data_from_elsewhere_is_never_removed(pod: Pod) -> None:
    """A volume that was restored, or made before there was a mark."""
    (pod.volume / "data").mkdir()
    (pod.volume / "data/users").write_text("restored\n")
    run = pod.start(killed=True)
    assert run.stdout.splitlines() == ["mysqld --port=1 two words", "restored"]
    assert not (pod.volume / BEGUN).exists()


def test_a_volume_that_somebody_filled_otherwise_keeps_its_files(pod: Pod) -> None:
    """Such as a copy of another set-up, whose folders have other names: a first start beside it may be cut
    short."""
    (pod.volume / "lost+found").mkdir()
    (pod.volume / "ibdata1").write_text("of another set-up\n")
    pod.start(killed=True)
    pod.start()
    assert (pod.volume / "ibdata1").read_text() == "of another set-up\n"


def test_what_the_file_system_made_stays(pod: Pod) -> None:
    (pod.volume / "lost+found").mkdir()
    pod.start(killed=True)
    assert pod.start().returncode == 0
    assert (pod.volume / "lost+found").is_dir()
