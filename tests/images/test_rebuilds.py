"""A change builds again what depends on it, as the stages that ran and the cache show."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path

import pytest
from building import Built
from repositories import STANDIN
from standins import Platform

pytestmark = pytest.mark.images

HEAVY = {"requirements", "node-modules", "webpack", "styles", "sass", "translations", "entry-points"}


def changed(tmp_path: Path, source: str, file: str) -> Path:
    """A copy of a folder of the stand-in whose file says something that it never said before."""
    folder = tmp_path / source
    shutil.copytree(STANDIN / source, folder)
    with (folder / file).open("a") as text:
        text.write(f"\n/* {time.time_ns()} */\n")
    return folder


def test_nothing_changed_nothing_runs(platform: Platform, built: Built) -> None:
    again = platform.build("openedx:again")
    assert again.digest == built.digest
    assert not again.ran() & (HEAVY | {"assets", "themed", "platform", "production"})


def test_a_changed_theme_builds_themes_alone(platform: Platform, built: Built, tmp_path: Path) -> None:
    theme = changed(tmp_path, "themes", "campus/lms/static/sass/partials/_brand.scss")
    other = dataclasses.replace(platform, contexts=platform.contexts | {"themes": theme})
    again = other.build("openedx:theme")
    assert again.digest != built.digest
    assert "themed" in again.ran()
    assert not again.ran() & (HEAVY | {"assets", "platform"})
    layers = [
        platform.buildx.manifest(f"{platform.buildx.registry}/openedx:{tag}")["layers"]
        for tag in ("tests", "theme")
    ]
    differing = [one for one, other in zip(*layers, strict=True) if one["digest"] != other["digest"]]
    assert len(differing) == 1


def test_a_changed_requirement_leaves_webpack_and_styles(platform: Platform, built: Built) -> None:
    extra = f"{platform.arguments['EXTRA_REQUIREMENTS']}\nsix==1.16.0"
    again = platform.build("openedx:requirement", EXTRA_REQUIREMENTS=f"{extra}\n# {time.time_ns()}")
    assert {"requirements", "assets", "themed"} <= again.ran()
    assert not again.ran() & {"node-modules", "webpack", "styles", "sass"}


def test_a_changed_source_leaves_what_is_required(platform: Platform, built: Built, tmp_path: Path) -> None:
    source = changed(tmp_path, "edx-platform", "lms/static/js/courseware.js")
    other = dataclasses.replace(platform, contexts=platform.contexts | {"edx-platform": source})
    again = other.build("openedx:source")
    assert {"webpack", "assets"} <= again.ran()
    assert not again.ran() & {"requirements", "node-modules", "sass"}
