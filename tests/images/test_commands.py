"""`images push` and `images digest` work with a real builder and registry."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bases import Bases
from building import Buildx, Built
from private_index import NAME as XBLOCK
from private_index import VERSION
from rich.console import Console
from running import environment, run
from standins import SECRET, Platform

from openedx_infra.config import Stack, load
from openedx_infra.images.plan import Plan, plans
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images import build_images
from openedx_infra.operations.images.build_options import BuildOptions
from openedx_infra.operations.images.builders import Builder
from openedx_infra.operations.images.registry import Registries
from tools.builder import NAME

pytestmark = pytest.mark.images


@pytest.fixture
def builder(buildx: Buildx) -> Builder:
    return Builder((str(buildx.binary),), buildx.environment(), NAME)


def stack(platform: Platform, begin: Bases, **arguments: str) -> Stack:
    """A stack that builds what the other tests build: their layers are there already."""
    said = {**platform.arguments, **arguments}
    bases = {"system": begin.base, "node": begin.node, "uv": begin.uv}
    build: dict[str, Any] = {
        "source": "build",
        "repository": f"{platform.buildx.registry}/commands/openedx",
        "tag": "tests",
        "bases": bases,
        "requirements": [f"{XBLOCK}=={VERSION}"],
        "indexes": [said["EXTRA_INDEX_URLS"]],
        "secrets": ["netrc"],
        "build_apt_packages": [said["BUILD_APT_PACKAGES"]],
        "apt_packages": [said["APT_PACKAGES"]],
        "patches": str(platform.contexts["patches"]),
        # No address of https is served here: these arguments are the stand-in's own.
        "arguments": {
            name: said[name]
            for name in (
                "REPOSITORY",
                "REF",
                "PYTHON_VERSION",
                "PYTHON_PREFERENCE",
                "GIT_HOST",
                "ATLAS_REVISION",
            )
        },
    }
    for kind in ("themes", "packages"):
        folders = [path for path in platform.contexts[kind].iterdir() if path.is_dir()]
        build[kind] = {path.name: {"source": "folder", "path": str(path)} for path in folders}
    return load("campus", {"site": {"lms_host": "learn.example.org"}, "images": {"openedx": build}})


def push(plan: Plan, platform: Platform, builder: Builder) -> tuple[build_images.Built, str]:
    out = io.StringIO()
    netrc = platform.secrets["netrc"].read_text(encoding="utf-8")
    console = Console(file=out, width=200)
    built = build_images.build(plan, builder, {"build_netrc": netrc}, console, BuildOptions(push=True))
    return built, out.getvalue()


def test_what_is_pushed_is_what_the_stack_says(
    platform: Platform, built: Built, begin: Bases, builder: Builder, tmp_path: Path
) -> None:
    assert built.code == 0
    [plan] = plans(stack(platform, begin))
    pushed, said = push(plan, platform, builder)
    name, _, digest = pushed.reference.partition("@")
    assert name == plan.reference
    assert digest == platform.buildx.digest(name)
    assert SECRET not in said
    # The registry is asked by the same protocol as any other.
    assert Registries(lambda host: None).digest(name) == digest
    assert Registries(lambda host: None).digest(pushed.reference) == digest
    root = platform.buildx.unpack(name, tmp_path)
    variables = environment(platform.buildx.configuration(name)["config"])
    script = f"from importlib.metadata import version; import campus_xblock; print(version('{XBLOCK}'))"
    done = run(root, ["python", "-c", script], variables)
    assert done.stdout.strip() == VERSION, done.stderr
    assert (root / "openedx/staticfiles/campus/css/lms-main.css").is_file()


def test_parts_are_joined_under_one_name(
    platform: Platform, built: Built, begin: Bases, builder: Builder
) -> None:
    assert built.code == 0
    [plan] = plans(stack(platform, begin))
    pushed, _ = push(plan, platform, builder)
    index = replace(plan, tag="joined")
    name, _, digest = build_images.join(index, [pushed], builder).partition("@")
    assert name == index.reference
    assert Registries(lambda host: None).digest(name) == digest == platform.buildx.digest(name)
    assert pushed.reference.endswith(platform.buildx.manifest(name)["manifests"][0]["digest"])


def test_a_wrong_ref_is_one_sentence(platform: Platform, begin: Bases, builder: Builder) -> None:
    [plan] = plans(stack(platform, begin, REF="release/nowhere"))
    with pytest.raises(OperationError) as caught:
        push(plan, platform, builder)
    assert caught.value.message.startswith("Image openedx: stage edx-platform, step `ADD ")
    assert "the repository has no branch or tag release/nowhere" in caught.value.message


def test_an_image_that_nobody_pushed_is_told(buildx: Buildx) -> None:
    absent = f"{buildx.registry}/commands/openedx:absent"
    with pytest.raises(OperationError, match="There is no image"):
        Registries(lambda host: None).digest(absent)
