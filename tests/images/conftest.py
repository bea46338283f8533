"""What tests of images share: a builder and a registry that outlive them, and what builds begin with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bases import NAMES, Bases, bases
from building import Buildx, Built
from filelock import FileLock
from private_index import REQUIREMENT, PrivateIndex, private_index
from repositories import STANDIN, GitHost, git_host
from standins import SECRET, Platform, arguments

from tools.builder import Builder
from tools.paths import cache_dir, private_dir
from tools.recipes import ENGINE, IMAGES
from tools.toolchain import Toolchain, ensure

OF_CONTAINERS = "containers"
"""What the tests of containers keep in the same registry."""
CACHE_GB = 40
"""Cache of the builder: a run takes some 26 GB (measured), and needs layers that an earlier test has made."""
KEPT_GB = 8
"""What of it stays for the next run."""


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The engine, the plugin, the builder and the registry."""
    return ensure([*ENGINE, *IMAGES])


@pytest.fixture(scope="session")
def buildx(toolchain: Toolchain) -> Iterator[Buildx]:
    """The builder of all these tests; its cache and images stay for the next run."""
    missing = [name for name in ("runc", "debootstrap", "git") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root, and on PATH: {', '.join(missing) or 'nothing more'}")
    work = private_dir(cache_dir() / "image-tests")
    builder = Builder(work / "builder", toolchain, keep=CACHE_GB, reserved=CACHE_GB)
    # Another run on this machine waits: this one stops the builder when it is through.
    with FileLock(work / "tests.lock"):
        _forget(work / "builder", toolchain)
        builder.start()
        _make_room(builder, toolchain)
        yield Buildx(toolchain.paths["buildx"], builder)
        builder.stop()


def _make_room(builder: Builder, toolchain: Toolchain) -> None:
    """Leave of the cache what earlier runs used most. Once it is full, BuildKit gives up what was used least
    often, which are the layers that this run has just made."""
    prune = [toolchain.paths["buildx"], "prune", "--force", "--max-used-space", f"{KEPT_GB}GB"]
    subprocess.run(prune, env=builder.environment(os.environ), check=True, capture_output=True)


def _forget(builder: Path, toolchain: Toolchain) -> None:
    """Empty the registry of what earlier runs pushed, but for the images that Dockerfiles begin with and
    those of containers."""
    repositories = builder / "images/docker/registry/v2/repositories"
    if not repositories.is_dir():
        return
    for repository in repositories.iterdir():
        if repository.name not in (*NAMES, OF_CONTAINERS):
            shutil.rmtree(repository)
    collect = [toolchain.paths["registry"], "garbage-collect", "--delete-untagged", builder / "registry.yml"]
    subprocess.run(collect, check=True, capture_output=True)


@pytest.fixture(scope="session")
def begin(buildx: Buildx) -> Bases:
    """The images that Dockerfiles begin with."""
    return bases(buildx, cache_dir() / "image-tests" / "bases")


@pytest.fixture(scope="session")
def git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHost]:
    """Where repositories are cloned from."""
    with git_host(tmp_path_factory.mktemp("git")) as host:
        yield host


@pytest.fixture(scope="session")
def index() -> Iterator[PrivateIndex]:
    """Where a private XBlock comes from, for those who know the password."""
    with private_index(SECRET) as index:
        yield index


@pytest.fixture(scope="session")
def platform(
    buildx: Buildx,
    begin: Bases,
    git: GitHost,
    index: PrivateIndex,
    tmp_path_factory: pytest.TempPathFactory,
) -> Platform:
    """The build that all others differ from: with a theme, a patch, and XBlocks of one's own."""
    netrc = tmp_path_factory.mktemp("secrets") / "netrc"
    netrc.write_text(index.netrc)
    said = arguments(begin, git) | {
        "EXTRA_REQUIREMENTS": REQUIREMENT,
        "EXTRA_INDEX_URLS": index.url,
    }
    contexts = {name: STANDIN / name for name in ("themes", "packages", "patches")}
    return Platform(buildx, said, contexts, {"netrc": netrc})


@pytest.fixture(scope="session")
def built(platform: Platform) -> Built:
    """The image of LMS and Studio, pushed as `openedx:tests`."""
    return platform.build("openedx:tests")


@pytest.fixture(scope="session")
def image(platform: Platform, built: Built) -> str:
    """Its reference."""
    assert built.digest is not None
    return f"{platform.buildx.registry}/openedx:tests"


@pytest.fixture(scope="session")
def root(buildx: Buildx, image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file system, as a node would unpack it."""
    return buildx.unpack(image, tmp_path_factory.mktemp("root"))
