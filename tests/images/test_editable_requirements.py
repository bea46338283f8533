"""Requirements of a fork that only pip reads as they are written, installed by uv."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from bases import Bases
from building import Buildx
from repositories import STANDIN, GitHost
from standins import arguments

from openedx_infra.images import context
from openedx_infra.images.compose import dockerfile

pytestmark = pytest.mark.images

GITHUB = "https://github.com/"
PACKAGE = """\
from setuptools import setup
setup(name="proctoring-backend", version="1.0", py_modules=["proctoring_backend"])
"""
GIT = ("git", "-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def commit(git: GitHost, tmp_path: Path) -> str:
    """A package in a repository of the host, which no index has; its commit."""
    work = tmp_path / "proctoring-backend"
    work.mkdir()
    (work / "setup.py").write_text(PACKAGE)
    (work / "proctoring_backend.py").write_text("ANSWER = 42\n")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "A backend"]):
        subprocess.run([*GIT, *words], cwd=work, check=True)
    bare = git.folder / "openedx" / "proctoring-backend.git"
    shutil.rmtree(bare, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(bare)], check=True)
    for option in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(bare), "config", option, "true"], check=True)
    head = ["git", "-C", str(work), "rev-parse", "HEAD"]
    return subprocess.check_output(head, text=True).strip()


@pytest.mark.parametrize("written", ["-e ", "--editable="])
def test_an_editable_repository_is_installed(
    written: str, buildx: Buildx, begin: Bases, git: GitHost, commit: str, tmp_path: Path
) -> None:
    source = tmp_path / "platform"
    shutil.copytree(STANDIN / "edx-platform", source, ignore=shutil.ignore_patterns("*.in"))
    with (source / "requirements/edx/base.txt").open("a") as lines:
        lines.write(f"{written}git+{GITHUB}openedx/proctoring-backend.git@{commit}#egg=proctoring_backend\n")
    check = "import proctoring_backend; assert proctoring_backend.ANSWER == 42"
    text = dockerfile(
        "openedx",
        {
            "build": f"RUN git config --system url.{git.url}.insteadOf {GITHUB}",
            # No folder of the build is what Python looks in: later stages don't have it.
            "requirements": f"RUN python -c '{check}' && ! grep -rlE '^/(tmp|root|run)/' "
            "/openedx/venv/lib/python*/site-packages/*.pth",
        },
    )
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    buildx.build(
        context("openedx"),
        dockerfile=path,
        target="requirements",
        arguments=arguments(begin, git),
        contexts={"edx-platform": source},
    )
