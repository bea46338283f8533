"""The image builds of a platform that has pyproject.toml and uv.lock, as its master branch has."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from bases import Bases
from repositories import STANDIN
from running import environment, run
from standins import Platform

pytestmark = pytest.mark.images

PYPROJECT = """\
[build-system]
requires = ["setuptools>=61.0"]
build-backend = "setuptools.build_meta"

[project]
name = "openedx-platform"
version = "0.1"
requires-python = ">=3.11"
dependencies = [{base}]

[project.entry-points."xblock.v1"]
problem = "xmodule:Problem"

[tool.setuptools]
packages = ["lms", "cms", "openedx", "xmodule"]

[tool.uv]
default-groups = []

[dependency-groups]
bundled = ["six==1.16.0"]
assets = ["click", "libsass==0.23.0"]
development = ["toolz==1.0.0", {{include-group = "assets"}}]
"""


@pytest.fixture(scope="module")
def master(platform: Platform, begin: Bases, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The stand-in without requirements/, and with a lock that real uv makes."""
    work = tmp_path_factory.mktemp("master")
    source = work / "edx-platform"
    shutil.copytree(STANDIN / "edx-platform", source)
    base = (source / "requirements/edx/base.in").read_text().split()
    shutil.rmtree(source / "requirements")
    (source / "setup.py").unlink()
    (source / "pyproject.toml").write_text(PYPROJECT.format(base=json.dumps(base)[1:-1]))
    package = json.loads((source / "package.json").read_text())
    package["scripts"]["compile-sass"] = "uv run --active python scripts/compile_sass.py"
    (source / "package.json").write_text(json.dumps(package, indent=2))
    uv = platform.buildx.unpack(begin.uv, work / "uv") / "uv"
    subprocess.run([uv, "lock", "--quiet", "--python-preference", "only-system"], cwd=source, check=True)
    return dataclasses.replace(platform, contexts=platform.contexts | {"edx-platform": source})


def test_production_has_what_is_locked_and_bundled(master: Platform, tmp_path: Path) -> None:
    master.build("openedx:master")
    reference = f"{master.buildx.registry}/openedx:master"
    root = master.buildx.unpack(reference, tmp_path)
    variables = environment(master.buildx.configuration(reference)["config"])
    python = (
        "from importlib.metadata import distributions, entry_points\n"
        "names = {one.metadata['Name'].lower() for one in distributions()}\n"
        "print(sorted({'django', 'six', 'uwsgi', 'libsass', 'toolz', 'openedx-platform'} & names))\n"
        "print(sorted(point.name for point in entry_points(group='xblock.v1')))"
    )
    done = run(root, ["sh", "-c", f'cd /openedx/edx-platform && python -c "{python}"'], variables)
    assert done.stdout.splitlines() == [
        "['django', 'openedx-platform', 'six', 'uwsgi']",
        "['campus', 'private', 'problem']",
    ], done.stderr
    assert "campus/css/lms-main.css" in (root / "openedx/staticfiles/staticfiles.json").read_text()


@pytest.mark.parametrize("kind", [pytest.param("requirements", marks=pytest.mark.long), "lock"])
def test_development_has_tools_and_the_same_paths(
    platform: Platform, master: Platform, kind: str, tmp_path: Path
) -> None:
    chosen = master if kind == "lock" else platform
    tag = f"openedx:development-{kind}"
    chosen.build(tag, target="development")
    reference = f"{chosen.buildx.registry}/{tag}"
    configuration = chosen.buildx.configuration(reference)["config"]
    root = chosen.buildx.unpack(reference, tmp_path)
    library = "toolz" if kind == "lock" else "debug_toolbar"
    for command in (
        ["python", "-c", f"import django, ipdb, {library}"],
        ["node", "--version"],
        ["gcc", "--version"],
        ["sh", "-c", "cd /openedx/edx-platform && npm run compile-sass -- --help"],
        ["test", "-f", "/openedx/staticfiles/campus/css/lms-main.css"],
    ):
        done = run(root, command, environment(configuration))
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert configuration["User"] == "10001:0"
    assert (root / "openedx/edx-platform/lms").stat().st_mode & 0o020
