"""Stand-ins for the images that no registry can be asked for here, under the names of the real ones.

They lie in the repository `containers/` of the tests' registry, which the nodes ask for every image: so a
stack file says what it would say anywhere, and the release's own references lead here.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from bases import Bases
from building import Buildx
from node_files import PAUSE
from repositories import STANDIN, GitHost
from standins import arguments

from openedx_infra.images import context
from openedx_infra.releases import RELEASES, ImageName
from openedx_infra.services import codejail

HERE = Path(__file__).parent
DATA = HERE.parent / "data" / "platform"
REPOSITORY = "containers"
"""What the registry keeps them under: the tests of images leave it alone."""
MONGOSH = "2.5.8"
SERVERS: tuple[ImageName, ...] = (
    "mysql",
    "mongodb",
    "valkey",
    "meilisearch",
    "versitygw",
    "smtp",
    "mfe",
    "restic",
    "rclone",
)
OPENEDX = "openedx.example.org/openedx"
"""Image of LMS and Studio, as stack files name it."""
_FROM_TESTS = (
    "codejail",
    "edx_django_utils.py",
    "edx_event_bus_redis",
    "openedx/core/lib/features_setting_proxy.py",
)
"""What the settings of an instance ask of the platform, as the tests of settings have it already."""


@dataclass(frozen=True)
class Programs:
    """Binaries of the toolchain that go into images."""

    ferretdb: Path
    versitygw: Path
    restic: Path
    rclone: Path


def names(release: str) -> dict[str, str]:
    """References of the servers' images that a release names, by what they are."""
    return {name: str(RELEASES[release].image(name)) for name in SERVERS}


def place(buildx: Buildx, reference: str) -> str:
    """Where the nodes' mirror has an image: its registry's name is left out."""
    return f"{buildx.registry}/{REPOSITORY}/{reference.partition('/')[2]}"


def build_servers(buildx: Buildx, begin: Bases, programs: Programs, release: str, work: Path) -> None:
    """Build and push all but the platform's own."""
    values = {
        "BASE_IMAGE": begin.base,
        "NODE_IMAGE": begin.node,
        "CADDY_IMAGE": begin.caddy,
        "MONGOSH": MONGOSH,
    }
    for name, reference in {**names(release), "pause": PAUSE}.items():
        contexts = {}
        if program := getattr(programs, {"mongodb": "ferretdb"}.get(name, name), None):
            contexts["server"] = _alone(program, work / name)
        recipe = HERE / "images" / name
        buildx.build(
            recipe if (recipe / "Dockerfile").exists() else HERE / "images" / "program",
            arguments=values,
            contexts=contexts,
            tag=place(buildx, reference),
        )
    build_codejail(buildx, begin, release)


def build_codejail(buildx: Buildx, begin: Bases, release: str) -> None:
    """Build and push Codejail's: a service of ours around the real library, or, where the environment names a
    checkout of openedx/codejail-service in CODEJAIL_SERVICE, the real service."""
    recipe = HERE / "images" / "codejail"
    buildx.build(
        recipe,
        arguments={"BASE_IMAGE": begin.base, "UV_IMAGE": begin.uv},
        contexts={"service": Path(os.environ.get("CODEJAIL_SERVICE", recipe)) / "codejail_service"},
        tag=place(buildx, codejail.SERVICE.images[release]),
    )


def build_platform(buildx: Buildx, begin: Bases, git: GitHost, work: Path, version: str) -> str:
    """Build and push LMS and Studio by the real Dockerfile, as version 1 or 2; return the reference."""
    contexts = {"edx-platform": source(work / "platform")}
    if version != "1":
        contexts["patches"] = HERE / "next"
    reference = f"{OPENEDX}:{version}"
    buildx.build(
        context("openedx"),
        tag=place(buildx, reference),
        arguments=arguments(begin, git),
        contexts=contexts,
    )
    return reference


def source(folder: Path) -> Path:
    """The platform's source: the stand-in of the tests of images, and what makes it work."""
    shutil.rmtree(folder, ignore_errors=True)
    without = shutil.ignore_patterns("__pycache__", "*.in")
    shutil.copytree(STANDIN / "edx-platform", folder, ignore=without)
    for site in ("lms", "cms"):
        (folder / site / "envs/common.py").rename(folder / site / "envs/assets.py")
    for name in _FROM_TESTS:
        copy = shutil.copytree if (DATA / name).is_dir() else shutil.copy
        copy(DATA / name, folder / name)
    shutil.copytree(HERE / "platform", folder, ignore=without, dirs_exist_ok=True)
    return folder


def _alone(program: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, folder / program.name)
    return folder
