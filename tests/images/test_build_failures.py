"""A failed build is reported in one sentence that names image, stage and step; the failures are real."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from building import Buildx, Built
from standins import Platform

from openedx_infra.images import Failure, explain
from tools.builder import Builder
from tools.toolchain import Toolchain

pytestmark = pytest.mark.images

NOWHERE = "127.0.0.1:1"
"""A port that nobody listens at."""


def failure(built: Built) -> Failure:
    """Why a build failed."""
    assert built.code != 0
    found = explain("openedx", built.output)
    assert found is not None
    return found


def test_a_wrong_ref(platform: Platform) -> None:
    found = failure(platform.attempt(REF="release/nowhere"))
    assert (found.stage, found.reason.text) == (
        "edx-platform",
        "the repository has no branch or tag release/nowhere",
    )
    assert found.step.startswith("ADD git://")


def test_a_wrong_commit(platform: Platform) -> None:
    found = failure(platform.attempt(REF="0123456789" * 4))
    assert (found.stage, found.reason.text) == (
        "edx-platform",
        f"the repository has no commit {'0123456789' * 4}",
    )


def test_a_repository_that_cannot_be_reached(platform: Platform) -> None:
    found = failure(platform.attempt(REPOSITORY=f"git://{NOWHERE}/platform.git"))
    assert (found.stage, found.reason.text) == (
        "edx-platform",
        f"git://{NOWHERE}/platform.git cannot be reached",
    )


def test_a_requirement_that_does_not_exist(platform: Platform) -> None:
    found = failure(platform.attempt(EXTRA_REQUIREMENTS="no-such-package-of-open-edx==1"))
    assert (found.stage, found.step) == ("requirements", "RUN sh /steps/install-extra-requirements")
    assert "no-such-package-of-open-edx was not found" in found.reason.text


def test_a_password_that_is_wrong(platform: Platform, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login builder password wrong\n")
    stranger = dataclasses.replace(platform, secrets={"netrc": netrc})
    found = failure(stranger.attempt(EXTRA_REQUIREMENTS="private-xblock==1.0  # as a stranger"))
    assert found.stage == "requirements" and "private-xblock" in found.reason.text


def test_a_registry_that_cannot_be_reached(platform: Platform, built: Built) -> None:
    assert built.code == 0
    pushed = platform.buildx.attempt(
        Path(__file__).parent / "bases/base",
        dockerfile=Path(__file__).parent / "bases/caddy/Dockerfile",
        arguments={"BASE_IMAGE": f"{NOWHERE}/base:1"},
    )
    found = failure(pushed)
    assert found.reason.text == f"the registry of {NOWHERE}/base:1 cannot be reached"


def test_a_registry_to_push_to_that_cannot_be_reached(
    platform: Platform, built: Built, tmp_path: Path
) -> None:
    assert built.code == 0
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    found = failure(platform.buildx.attempt(tmp_path, tag=f"{NOWHERE}/openedx:1"))
    assert (found.stage, found.step) == ("export", "push")
    assert found.reason.text == f"the registry of {NOWHERE}/openedx:1 cannot be reached"


def test_a_patch_that_does_not_fit(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "0001-late.patch").write_text(
        "--- a/manage.py\n+++ b/manage.py\n@@ -1 +1 @@\n-nothing\n+something\n"
    )
    other = dataclasses.replace(platform, contexts=platform.contexts | {"patches": tmp_path})
    found = failure(other.attempt())
    assert (found.stage, found.reason.text) == ("source", "patch 0001-late.patch does not fit the source")


def test_a_revision_of_translations_that_does_not_exist(platform: Platform) -> None:
    found = failure(platform.attempt(ATLAS_REVISION="nowhere"))
    assert (found.stage, found.reason.text) == (
        "translations",
        "the repository of translations has no revision nowhere",
    )


@pytest.fixture
def small(toolchain: Toolchain, tmp_path: Path) -> Iterator[Builder]:
    """A builder with 150 MB of disk, of which the base image takes more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150m", "tmpfs", str(disk)], check=True)
    builder = Builder(tmp_path / "builder", toolchain, storage=disk / "buildkit")
    try:
        builder.start()
        yield builder
    finally:
        builder.stop()
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk(small: Builder, platform: Platform) -> None:
    buildx = Buildx(platform.buildx.binary, small)
    found = failure(dataclasses.replace(platform, buildx=buildx).attempt())
    assert found.reason.text == "the disk of the builder is full"
    assert "docker buildx prune" in str(found)
