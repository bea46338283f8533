"""The example of a service of one's own works, as a package in an environment of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from openedx_infra.config import ConfigError, load

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "service"
PAGE = ROOT / "docs" / "write-a-service.md"
LOAD = """
import json, sys
from openedx_infra.config import load
print(load("campus", json.loads(sys.argv[1])).services)
"""
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment with the example's package, beside all that this one has."""
    folder = tmp_path_factory.mktemp("example")
    source = folder / "source"
    copytree(EXAMPLE, source)
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=source, check=True, capture_output=True)
    environment = folder / "venv"
    venv.create(environment, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))
    ours = [str(ROOT), sysconfig.get_path("purelib")]
    (packages / "ours.pth").write_text("\n".join(ours), encoding="utf-8")
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(packages)
    return environment / "bin" / "python"


def test_its_own_tests_pass_where_it_is_installed(python: Path, tmp_path: Path) -> None:
    assert importlib.util.find_spec("campus_badges") is None, "this environment has it, too"
    copytree(EXAMPLE / "tests", tmp_path / "tests")
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "tests"]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"\b6 passed", done.stdout), done.stdout


def test_a_stack_file_that_names_it_is_right_there_and_nowhere_else(python: Path) -> None:
    said = yaml.safe_load(_block("yml"))["config"]
    config = {key.removeprefix("openedx:"): value for key, value in said.items()}
    done = subprocess.run([str(python), "-c", LOAD, json.dumps(config)], capture_output=True, text=True)
    assert "badges=Badges(enabled=True, image=None, build=None, host='', days=180," in done.stdout, (
        done.stderr
    )
    with pytest.raises(ConfigError) as caught:
        load("campus", config)
    [line] = caught.value.problems
    assert line.startswith("openedx:services.badges: no such service: there are ")


def test_the_page_shows_what_is_in_the_example() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.is_file())
    blocks = re.findall(r"```(?:python|toml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) >= 6
    for block in blocks:
        assert block in sources, block


def _block(language: str) -> str:
    """The first block of the page in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert found
    return found[1]
