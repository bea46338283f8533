"""One image serves several instances, each with a theme of its own."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from repositories import STANDIN
from standins import Platform

from openedx_infra.images import context

pytestmark = pytest.mark.images


@pytest.fixture(scope="module")
def plain(platform: Platform) -> dict[str, str]:
    """The image without any theme, and the stage that themes are made from."""
    bare = {name: folder for name, folder in platform.contexts.items() if name != "themes"}
    plain = dataclasses.replace(platform, contexts=bare)
    plain.build("openedx:plain")
    plain.build("openedx:assets", target="assets")
    registry = platform.buildx.registry
    return {"OPENEDX_IMAGE": f"{registry}/openedx:plain", "ASSETS_IMAGE": f"{registry}/openedx:assets"}


def themed(platform: Platform, plain: dict[str, str], name: str, color: str, work: Path) -> str:
    """An image with a theme of this name and color on top; its reference."""
    shutil.copytree(STANDIN / "themes/campus", work / name / name)
    partial = work / name / name / "lms/static/sass/partials/_brand.scss"
    partial.write_text(f"$brand: {color};\n")
    tag = f"{platform.buildx.registry}/openedx:{name}"
    platform.buildx.build(context("theme"), tag=tag, arguments=plain, contexts={"themes": work / name})
    return tag


def test_two_instances_share_all_layers_but_the_themes(
    platform: Platform, plain: dict[str, str], tmp_path: Path
) -> None:
    north = themed(platform, plain, "north", "#112233", tmp_path)
    south = themed(platform, plain, "south", "#445566", tmp_path)
    layers = {
        image: [layer["digest"] for layer in platform.buildx.manifest(image)["layers"]]
        for image in (plain["OPENEDX_IMAGE"], north, south)
    }
    shared = layers[plain["OPENEDX_IMAGE"]]
    assert layers[north][: len(shared)] == layers[south][: len(shared)] == shared
    assert len(layers[north]) == len(shared) + 1 and layers[north][-1] != layers[south][-1]
    configuration = platform.buildx.configuration(north)["config"]
    assert configuration == platform.buildx.configuration(plain["OPENEDX_IMAGE"])["config"]


def test_a_theme_on_top_is_what_a_theme_built_in_is(
    platform: Platform, plain: dict[str, str], image: str, root: Path, tmp_path: Path
) -> None:
    shutil.copytree(STANDIN / "themes", tmp_path / "themes")
    tag = f"{platform.buildx.registry}/openedx:on-top"
    platform.buildx.build(
        context("theme"), tag=tag, arguments=plain, contexts={"themes": tmp_path / "themes"}
    )
    assert image
    on_top = platform.buildx.unpack(tag, tmp_path / "root")
    for folder in ("openedx/themes", "openedx/staticfiles"):
        files = {path.relative_to(root) for path in (root / folder).rglob("*") if path.is_file()}
        assert files == {path.relative_to(on_top) for path in (on_top / folder).rglob("*") if path.is_file()}
        assert all((root / file).read_bytes() == (on_top / file).read_bytes() for file in files)


def test_what_is_added_can_be_had_alone(platform: Platform, plain: dict[str, str], tmp_path: Path) -> None:
    tag = f"{platform.buildx.registry}/themes:alone"
    platform.buildx.build(
        context("theme"), tag=tag, target="files", arguments=plain, contexts={"themes": STANDIN / "themes"}
    )
    files = platform.buildx.unpack(tag, tmp_path)
    assert {path.name for path in (files / "openedx").iterdir()} == {"themes", "staticfiles"}
    listed = json.loads((files / "openedx/staticfiles/staticfiles.json").read_text())["paths"]
    assert "campus/css/lms-main.css" in listed and "css/lms-main.css" in listed
