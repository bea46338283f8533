"""The program works as an installed package, outside a checkout: its wheel has all that it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from pages import ROOT

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.config.checkout_files import project_folder
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.stack_files import stack_file

PACKAGES = ("images", "openedx_infra", "policies", "stacks", "tools")
TEMPLATES = ROOT / "openedx_infra/operations/init/templates/project"
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
_RUN = "from openedx_infra.operations.cli.app import main; main()"


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel."""
    sources, made = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, sources)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", _BUILD, str(made)], cwd=sources, check=True, capture_output=True)
    [wheel] = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "site-packages")
    return made / "site-packages"


def run(site_packages: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site_packages)}
    command = [sys.executable, "-c", _RUN, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_the_wheel_has_every_file_of_the_packages(site_packages: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True
    )
    missing = [name for name in listed.stdout.splitlines() if not (site_packages / name).is_file()]
    assert missing == [] and len(listed.stdout.splitlines()) > 500


def test_init_makes_a_project_of_an_empty_folder(site_packages: Path, tmp_path: Path) -> None:
    wanted = ["--situation", "evaluation", "--stack", "campus", "--lms-host", "learn.example.org"]
    wanted += ["--context", "default", "--email", "office@example.org", "--name", "Campus", "--tls", "none"]
    made = run(site_packages, tmp_path, "init", *wanted, "--no-secrets")
    assert made.returncode == 0, made.stderr + made.stdout
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        *("Pulumi.yaml", "__main__.py", ".gitignore", "requirements.txt", "stack.schema.json"),
        "Pulumi.campus.yaml",
    }
    text = (tmp_path / "Pulumi.campus.yaml").read_text(encoding="utf-8")
    assert "$schema=stack.schema.json" in text and "openedx-infra up --stack campus" in made.stdout
    assert ".venv/bin" not in made.stdout and "make " not in made.stdout

    with_secrets(tmp_path / "Pulumi.campus.yaml")
    (tmp_path / "deeper").mkdir()
    for arguments in (["check"], ["render", "--output", "out"]):
        done = run(site_packages, tmp_path / "deeper", *arguments, "--stack", "campus")
        assert done.returncode == 0, done.stderr + done.stdout
    assert len(list((tmp_path / "deeper/out").rglob("*.yaml"))) > 50


def with_secrets(path: Path) -> None:
    """Put secrets that nobody can decrypt into a stack file, which offline verbs don't."""
    stack = stack_file.examined(stack_file.read("campus", path)).stack
    assert stack is not None
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = {secret.name: {"secure": "v1:made:up"} for secret in required(stack)}
    content["config"][f"{PROJECT}:{SECRETS_KEY}"] = made
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_a_folder_of_another_project_is_left_alone(site_packages: Path, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: theirs\nruntime: go\n", encoding="utf-8")
    wanted = ["--situation", "evaluation", "--stack", "campus", "--lms-host", "learn.example.org"]
    wanted += ["--context", "default", "--email", "office@example.org", "--name", "Campus", "--tls", "none"]
    made = run(site_packages, tmp_path, "init", *wanted, "--no-secrets")
    assert made.returncode != 0 and "another project's" in made.stderr + made.stdout
    assert "Traceback" not in made.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.yaml"]


def test_the_project_is_that_of_the_checkout() -> None:
    assert (TEMPLATES / "__main__.py").read_bytes() == (ROOT / "__main__.py").read_bytes()
    ours = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    made = yaml.safe_load((TEMPLATES / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert made["config"] == ours["config"] and made["name"] == ours["name"]
    assert made["runtime"] == "python", "the command line names the Python; a .venv need not be there"


def test_the_project_is_looked_for_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "one/two"
    inner.mkdir(parents=True)
    assert project_folder(inner, sources=tmp_path / "none") == inner
    (tmp_path / "Pulumi.yaml").write_text("name: theirs\n", encoding="utf-8")
    assert project_folder(inner, sources=tmp_path / "none") == inner
    (tmp_path / "one/Pulumi.yaml").write_text("name: openedx\n", encoding="utf-8")
    assert project_folder(inner, sources=tmp_path / "none") == tmp_path / "one"
    assert project_folder(inner, sources=ROOT) == ROOT
