"""Each version of Meilisearch finds the folder of its own data, or an empty one that set-up fills."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from openedx_infra.releases import RELEASES
from openedx_infra.services.meilisearch import command

SERVER = """\
#!/bin/sh
# As the real one: it refuses what another version wrote.
[ "$1" = --version ] && { echo "meilisearch VERSION"; exit 0; }
while [ $# -gt 0 ]; do [ "$1" = --db-path ] && database=$2; shift; done
[ -e FAILS ] && exit 4
if [ -e "$database/VERSION" ] && [ "$(cat "$database/VERSION")" != VERSION ]; then exit 3; fi
mkdir -p "$database" && printf VERSION > "$database/VERSION" && touch "$database/indexes"
"""


class Volume:
    """The volume of Meilisearch, and how versions start on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        self.fails = folder / "fails"
        self.server = folder / "meilisearch"

    def start(self, version: str) -> str:
        text = SERVER.replace("VERSION", version, 1).replace("FAILS", str(self.fails))
        text = text.replace("!= VERSION", f"!= {version}").replace("printf VERSION", f"printf {version}")
        self.server.write_text(text, encoding="utf-8")
        self.server.chmod(0o755)
        line = command(str(self.server), "--config-file-path", "/nowhere", data=str(self.folder))
        done = subprocess.run(line, capture_output=True, text=True, timeout=60)
        assert done.returncode == (4 if self.fails.exists() else 0), done.stdout + done.stderr
        return done.stdout

    def database(self, version: str) -> Path:
        return self.folder / f"v{version}" / "data.ms"

    def folders(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.is_dir()}


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def former(volume: Volume, version: str) -> None:
    """The volume as this program kept it before: one folder for all versions."""
    (volume.folder / "data.ms").mkdir()
    (volume.folder / "data.ms" / "VERSION").write_text(f"{version}\n", encoding="utf-8")
    (volume.folder / "data.ms" / "kept").touch()


def versions() -> list[str]:
    """Those of the releases, oldest first."""
    return [release.images.meilisearch.rpartition(":v")[2] for release in RELEASES.values()]


@pytest.mark.parametrize(("before", "now"), list(pairwise(versions())))
def test_each_step_between_releases_starts_and_so_does_the_way_back(
    volume: Volume, before: str, now: str
) -> None:
    for version in (before, now, before, now):
        volume.start(version)
        assert (volume.database(version) / "VERSION").read_text() == version


def test_an_instance_from_before_keeps_its_indexes(volume: Volume) -> None:
    former(volume, "1.36.0")
    volume.start("1.36.0")
    assert (volume.database("1.36.0") / "kept").exists() and volume.folders() == {"v1.36.0"}


def test_an_instance_from_before_that_is_upgraded_at_once_gets_an_empty_folder(volume: Volume) -> None:
    former(volume, "1.8.4")
    volume.start("1.36.0")
    assert volume.folders() == {"v1.8.4", "v1.36.0"}
    assert not (volume.database("1.36.0") / "kept").exists()


def test_going_back_from_a_version_that_never_opened_its_folder_finds_everything(volume: Volume) -> None:
    volume.start("1.8.4")
    (volume.database("1.8.4") / "kept").touch()
    volume.fails.touch()
    for _ in range(3):  # a crash loop
        volume.start("1.36.0")
    volume.fails.unlink()
    volume.start("1.8.4")
    assert (volume.database("1.8.4") / "kept").exists()


def test_going_back_from_a_version_that_served_makes_the_indexes_anew(volume: Volume) -> None:
    """What changed meanwhile is missing in the older ones."""
    volume.start("1.8.4")
    (volume.database("1.8.4") / "kept").touch()
    volume.start("1.36.0")
    assert "older than those in v1.36.0" in volume.start("1.8.4")
    assert not (volume.database("1.8.4") / "kept").exists()


def test_what_is_no_longer_needed_goes_when_the_version_starts_again(volume: Volume) -> None:
    former(volume, "1.8.4")
    volume.start("1.36.0")
    (volume.database("1.36.0") / "kept").touch()
    assert "is no longer needed" in volume.start("1.36.0")
    assert volume.folders() == {"v1.36.0"} and (volume.database("1.36.0") / "kept").exists()


def test_nothing_but_its_own_folders_is_removed(volume: Volume) -> None:
    for name in ("lost+found", "dumps", "snapshots"):
        (volume.folder / name).mkdir()
    for _ in range(2):
        volume.start("1.36.0")
    assert volume.folders() == {"lost+found", "dumps", "snapshots", "v1.36.0"}
