"""One machine, two real nodes and one instance for all tests here: bringing it up takes minutes.

Each test makes one change while a crowd of visitors asks and leaves tasks, and adds a row to the table that
is printed at the end.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import checkouts
import pytest
from bases import Bases, bases
from bucket import KEYS, Bucket
from building import Buildx
from checkouts import Checkout
from crowd import Hosts
from filelock import FileLock
from instances import Instance
from machine import Machine
from node import NEEDED
from repositories import git_host
from rows import Row, Running, table
from standin_images import REPOSITORY, Programs, build_platform, build_servers
from testing_tools import BACKUPS, NODE, ensure_for_tests

from tools.builder import Builder
from tools.paths import cache_dir, private_dir
from tools.recipes import ALL, IMAGES
from tools.toolchain import Toolchain

STACK = "dev"
RELEASE = "verawood"
UP_SECONDS = 900
"""How long one `up` may take: images are pulled, and databases and the platform start on two cores."""
SIZE = {"cpu": "20m", "memory": "192Mi", "memory_limit": "1Gi"}
WEB = {**SIZE, "replicas": 2}
SIZING = {
    **{name: WEB for name in ("lms", "studio", "mfe", "static")},
    **{
        name: SIZE
        for name in ("mysql", "mongodb", "broker", "cache", "search", "storage", "smtp", "beat", "jobs")
    },
}
"""Room for all of it on a machine of two cores, twice where an upgrade must not be noticed."""


_rows: list[Row] = []
_steps: list[tuple[str, float]] = []


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """All of it."""
    missing = [name for name in (*NEEDED, "debootstrap", "git") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root, and on PATH: {', '.join(missing) or 'nothing more'}")
    return ensure_for_tests([*ALL, *IMAGES, *NODE, *BACKUPS])


@pytest.fixture(scope="session")
def buildx(toolchain: Toolchain) -> Iterator[Buildx]:
    """The builder and the registry that the tests of images have, too; whoever comes second waits."""
    work = private_dir(cache_dir() / "image-tests")
    builder = Builder(work / "builder", toolchain, keep=40, reserved=40)
    with FileLock(work / "tests.lock"):
        builder.start()
        yield Buildx(toolchain.paths["buildx"], builder)
        builder.stop()


@pytest.fixture(scope="session")
def openedx(buildx: Buildx, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """References of the platform's image by version, when all images are in the registry."""
    begin: Bases = bases(buildx, cache_dir() / "image-tests" / "bases")
    work = tmp_path_factory.mktemp("images")
    programs = Programs(**{name: toolchain.paths[name] for name in BACKUPS})
    build_servers(buildx, begin, programs, RELEASE, work)
    with git_host(tmp_path_factory.mktemp("git")) as git:
        return {version: build_platform(buildx, begin, git, work, version) for version in ("1", "2")}


@dataclass(frozen=True)
class Place:
    """A checkout, and the machine that its cluster's containers run on."""

    folder: Path
    checkout: Checkout
    machine: Machine

    def instance(self, name: str) -> Instance:
        """An instance of this checkout, which isn't brought up."""
        return Instance(
            checkout=self.checkout,
            name=name,
            file=self.folder / f"{name}.yaml",
            kubeconfig=self.machine.cluster.kubeconfig,
        )


@pytest.fixture(scope="session")
def place(
    buildx: Buildx, toolchain: Toolchain, openedx: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A cluster whose first node is real, and nothing in it; images are in the registry that it asks."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "kubeconfig").touch()
    (folder / "state").mkdir()
    checkout = Checkout(folder / "checkout", folder, folder / "kubeconfig")
    machine = Machine(state_of(checkout), toolchain, f"http://{buildx.registry}/v2/{REPOSITORY}")
    checkouts.SECONDS = UP_SECONDS
    try:
        machine.start()
        yield Place(folder, checkout, machine)
    finally:
        machine.stop()


@pytest.fixture(scope="session")
def running(place: Place, toolchain: Toolchain, openedx: dict[str, str]) -> Iterator[Running]:
    """An instance that was brought up from nothing by `openedx-infra up`, on real nodes."""
    bucket = Bucket(place.folder / "bucket", toolchain.paths["versitygw"])
    try:
        bucket.start()
        yield bring_up(place.instance(STACK), place.machine, bucket, openedx["1"])
    finally:
        bucket.stop()


def state_of(checkout: Checkout) -> Path:
    """The folder of a checkout's state, which need not exist yet."""
    code = "from openedx_infra.operations.stack_files.checkout import state; print(state())"
    done = checkout.run("python", "-c", code)
    assert done.code == 0, done.text
    return Path(done.out.strip())


def bring_up(instance: Instance, machine: Machine, bucket: Bucket, image: str) -> Running:
    """The whole instance on the first node, from an ordinary stack file; then the second node joins."""
    shutil.copy(instance.checkout.folder / f"Pulumi.{STACK}.yaml", instance.file)
    instance.say(
        datastores={"protect": False, "storage": {"source": "in-cluster"}},
        images={"openedx": image},
        sizing=SIZING,
        # The stand-in has none of these commands.
        duties={"enabled": False},
        backups={
            "destination": {"endpoint": bucket.url, "bucket": bucket.name},
            "size": SIZE,
            "scratch": "1Gi",
            "copy_size": "1Gi",
            "drill": {"mysql": SIZE, "mongodb": SIZE},
        },
    )
    domain = "local.openedx.io"
    hosts = Hosts(domain, f"studio.{domain}", f"apps.{domain}")
    running = Running(instance, machine, hosts, bucket, _rows, _steps)
    start = time.monotonic()
    made = instance.run("secrets", "generate")
    assert made.code == 0 and f"only you know their values: {', '.join(KEYS)}." in made.out, made.text
    instance.tell(*KEYS)
    running.timed("secrets", start)
    start = time.monotonic()
    instance.up()
    running.timed("up", start)
    machine.join("node-b")
    return running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    if _rows:
        terminalreporter.write_sep("-", "changes under load")
        terminalreporter.write_line(table(_rows))
    if _steps:
        terminalreporter.write_sep("-", "from nothing to a person who is signed in")
        for step, seconds in _steps:
            terminalreporter.write_line(f"{seconds:7.0f} s  {step}")
