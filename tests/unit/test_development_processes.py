"""The supervisor starts a process again when a file that it loaded changes, and the hook of Python prefers
mounted packages: real processes, as in a pod."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openedx_infra.scripts import development

SCRIPTS = Path(development.__file__).parent
SECONDS = 120.0
"""Until a test gives up. What it waits for takes about a second."""

LOOP = """
import pathlib, sys, time
import loaded
log = pathlib.Path(sys.argv[1])
with log.open("a") as file: file.write(loaded.VALUE + "\\n")
while True: time.sleep(0.05)
"""


class Running:
    """A supervised process, and what it wrote."""

    def __init__(self, folder: Path) -> None:
        self.source, self.log = folder / "source", folder / "log"
        self.source.mkdir()
        self.log.touch()
        (self.source / "loop.py").write_text(LOOP)
        self.write("VALUE = 'first'")
        (self.source / "other.py").write_text("")
        self.said = (folder / "said").open("w+")
        command = [sys.executable, str(self.source / "loop.py"), str(self.log)]
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPTS / "supervise.py"), str(self.source), *command],
            env={**os.environ, "PYTHONPATH": str(SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=self.said,
            stderr=subprocess.STDOUT,
        )

    def write(self, text: str) -> None:
        """Change the module, as an editor does: another file takes its place."""
        new = self.source / "loaded.new"
        new.write_text(text)
        new.rename(self.source / "loaded.py")

    @property
    def values(self) -> list[str]:
        """What each start found in the module."""
        return self.log.read_text().split()

    def text(self) -> str:
        """What the supervisor and the process printed."""
        return Path(self.said.name).read_text()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < end, f"{self.values} {self.text()}"
            time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A process that loads a module and goes on."""
    process = Running(tmp_path)
    try:
        process.until(lambda: process.values == ["first"])
        yield process
    finally:
        process.process.terminate()
        process.process.wait(SECONDS)
        process.said.close()


def test_a_changed_module_starts_the_process_again(running: Running) -> None:
    running.write("VALUE = 'second'")
    running.until(lambda: running.values == ["first", "second"])
    assert "loaded.py changed: restarting" in running.text()


def test_a_file_that_is_not_loaded_changes_nothing(running: Running) -> None:
    (running.source / "other.py").write_text("VALUE = 1")
    (running.source / "page.html").write_text("")
    time.sleep(1.5)
    assert running.values == ["first"]


def test_a_file_with_an_error_waits_for_its_correction(running: Running) -> None:
    running.write("VALUE = ")
    running.until(lambda: "starts again after the next change" in running.text())
    assert running.process.poll() is None, "the container isn't restarted"
    running.write("VALUE = 'third'")
    running.until(lambda: running.values == ["first", "third"])


def test_it_ends_with_its_process_when_the_pod_stops(running: Running) -> None:
    running.process.terminate()
    assert running.process.wait(SECONDS) == 0


def installed(folder: Path, *packages: str, platform: str = "") -> subprocess.CompletedProcess[str]:
    """The installation of packages, with each of its folders in one folder of a test."""
    places = {name: str(folder / name) for name in ("sources", "copies", "added", "platform")}
    env = {f"OPENEDX_DEVELOPMENT_{name.upper()}": path for name, path in places.items()}
    command = [sys.executable, str(SCRIPTS / "install_packages.py"), platform, *packages]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def package(folder: Path, setup: str, value: str) -> None:
    """An XBlock by the name `campus`."""
    (folder / "campus").mkdir(parents=True)
    (folder / "campus/__init__.py").write_text(f"VALUE = '{value}'\nclass Block: ...\n")
    (folder / "setup.py").write_text(setup)


SETUP = """
from setuptools import setup
setup(name="campus-xblock", version="9", packages=["campus"],
      entry_points={"xblock.v1": ["campus = campus:Block"]})
"""


def test_a_package_is_imported_from_its_folder_and_found_by_its_entry_points(tmp_path: Path) -> None:
    source = tmp_path / "sources/block"
    package(source, SETUP, "mounted")
    source.chmod(0o555)
    done = installed(tmp_path, "block")
    assert done.returncode == 0, done.stderr
    assert sorted(each.name for each in source.iterdir()) == ["campus", "setup.py"], (
        "nothing is written there"
    )
    # In other containers, the mounted folder is where the copy is here.
    (tmp_path / "copies/block/campus/__init__.py").write_text("VALUE = 'changed'\nclass Block: ...\n")
    image = tmp_path / "image/campus"
    image.mkdir(parents=True)
    (image / "__init__.py").write_text("VALUE = 'of the image'")
    code = (
        "import sys, campus; from importlib.metadata import entry_points; "
        "[found] = entry_points(group='xblock.v1', name='campus'); print(campus.VALUE, found.load().__name__)"
    )
    env = {
        **os.environ,
        "PYTHONPATH": f"{SCRIPTS}:{image.parent}",
        "OPENEDX_DEVELOPMENT_ADDED": str(tmp_path / "added"),
    }
    found = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["changed", "Block"]


def test_all_packages_that_can_not_be_installed_are_named_at_once(tmp_path: Path) -> None:
    package(tmp_path / "sources/first", "raise ValueError('no')", "")
    package(tmp_path / "sources/second", "", "")
    (tmp_path / "sources/second/pyproject.toml").write_text('[build-system]\nbuild-backend = "absent.api"\n')
    package(tmp_path / "sources/third", SETUP, "")
    environment = dict(os.environ)
    os.environ["PATH"] = ""
    try:
        done = installed(tmp_path, "first", "second", "third")
    finally:
        os.environ.update(environment)
    assert done.returncode == 1
    assert "first can't be installed by setuptools.build_meta:__legacy__: no" in done.stderr
    assert "second is built by absent, which the image lacks: use the image `development`" in done.stderr
    assert "third" not in done.stderr and list((tmp_path / "added").glob("campus_xblock*"))


def test_requirements_that_the_image_lacks_are_named(tmp_path: Path) -> None:
    for place, requirement in (("platform", "django==5.2.1"), ("sources/edx", "django==5.2.2")):
        folder = tmp_path / place / "requirements/edx"
        folder.mkdir(parents=True)
        (folder / "base.txt").write_text(f"# made by pip-compile for {place}\n{requirement}\n")
        (folder / "assets.txt").write_text(f"# {place}\nlibsass==1\n")
    done = installed(tmp_path, platform="edx")
    assert done.returncode == 0
    [note] = (tmp_path / "added/notes").read_text().splitlines()
    assert note.startswith("requirements/edx/base.txt of the mounted platform asks for other packages")
    assert "django==5.2.2" in note and "build the image anew" in note


def test_settings_are_found_outside_of_the_mounted_platform(tmp_path: Path) -> None:
    (tmp_path / "code/lms/envs").mkdir(parents=True)
    for name in ("lms/__init__.py", "lms/envs/__init__.py"):
        (tmp_path / "code" / name).touch()
    (tmp_path / "settings/lms").mkdir(parents=True)
    (tmp_path / "settings/lms/__init__.py").write_text("from .part import VALUE")
    (tmp_path / "settings/lms/part.py").write_text("VALUE = 'settings'")
    env = {
        **os.environ,
        "PYTHONPATH": f"{SCRIPTS}:{tmp_path / 'code'}",
        "OPENEDX_DEVELOPMENT_SETTINGS": str(tmp_path / "settings"),
    }
    code = "import lms.envs.openedx_infra as it; print(it.VALUE)"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "settings", done.stderr
