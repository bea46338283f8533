"""Times of builds and sizes of images, on the stand-ins, with a new builder of its own.

Run as `python tests/images/measure.py`: a cold build with nothing kept, then one rebuild for each kind of
change, then the size of the image by layer. Sizes and times of the full platform follow from none of these.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bases import Bases, bases
from building import Buildx
from repositories import BRANCH, STANDIN, GitHost, git_host
from standins import Platform, arguments

from openedx_infra.images import Frontend, context, mfe_dockerfile
from tools.builder import Builder
from tools.paths import cache_dir
from tools.recipes import IMAGES
from tools.toolchain import ensure

Row = tuple[str, float, str]
"""What was measured, how much it was, and of what: seconds (`s`) or megabytes (`MB`)."""


def main() -> None:
    """Measure and print."""
    for what, value, unit in measured():
        print(f"{what:<44}{value:>8.1f} {unit}")


def measured() -> list[Row]:
    """Times of builds, then sizes of layers."""
    toolchain = ensure(IMAGES)
    kept = Builder(cache_dir() / "image-tests" / "builder", keep=40, reserved=40)
    kept.start()
    work = Path(tempfile.mkdtemp(prefix="openedx-images-"))
    own = Builder(work / "builder")
    try:
        begin = bases(Buildx(toolchain.paths["buildx"], kept), cache_dir() / "image-tests" / "bases")
        own.start()
        buildx = Buildx(toolchain.paths["buildx"], own)
        with git_host(work / "git") as git:
            times = [*_platform(buildx, begin, git, work), *_mfe(buildx, begin, git, work)]
        sizes = _layers(buildx, f"{buildx.registry}/openedx:bench")
        return [*((*row, "s") for row in times), *((*row, "MB") for row in sizes)]
    finally:
        own.destroy()
        kept.stop()
        shutil.rmtree(work, ignore_errors=True)


def _platform(buildx: Buildx, begin: Bases, git: GitHost, work: Path) -> Iterator[tuple[str, float]]:
    themes = work / "themes"
    shutil.copytree(STANDIN / "themes", themes)
    platform = Platform(buildx, arguments(begin, git), {"themes": themes})
    yield "openedx: cold", platform.build("openedx:bench").seconds
    yield "openedx: nothing changed", platform.build("openedx:bench").seconds
    partial = themes / "campus/lms/static/sass/partials/_brand.scss"
    partial.write_text("$brand: #123456;\n")
    yield "openedx: a theme changed", platform.build("openedx:bench").seconds
    changed = platform.build("openedx:bench", EXTRA_REQUIREMENTS="six==1.16.0").seconds
    yield "openedx: a requirement was added", changed
    source = work / "edx-platform"
    shutil.copytree(STANDIN / "edx-platform", source)
    (source / "lms/urls.py").write_text((source / "lms/urls.py").read_text() + "\n# changed\n")
    other = dataclasses.replace(platform, contexts=platform.contexts | {"edx-platform": source})
    yield "openedx: the platform's source changed", other.build("openedx:bench").seconds


def _mfe(buildx: Buildx, begin: Bases, git: GitHost, work: Path) -> Iterator[tuple[str, float]]:
    names = ("learning", "profile")
    frontends = [
        Frontend(name=name, repository=git.repository(f"frontend-app-{name}"), ref=BRANCH) for name in names
    ]
    dockerfile = work / "Dockerfile"
    dockerfile.write_text(mfe_dockerfile(frontends))
    said = {
        "BASE_IMAGE": begin.base,
        "NODE_IMAGE": begin.node,
        "CADDY_IMAGE": begin.caddy,
        "GIT_HOST": git.url,
    }
    source = work / "learning"
    shutil.copytree(STANDIN / "frontend-app-learning", source)
    for what, contexts in (("cold", {}), ("one of two changed", {"learning-source": source})):
        with (source / "src/index.js").open("a") as script:
            script.write(f"\nconsole.log({time.time_ns()});\n")
        built = buildx.build(
            context("mfe"),
            tag=f"{buildx.registry}/mfe:bench",
            dockerfile=dockerfile,
            arguments=said,
            contexts=contexts,
        )
        yield f"mfe: {what}", built.seconds


def _layers(buildx: Buildx, reference: str) -> Iterator[tuple[str, float]]:
    """Compressed size of each layer, by the instruction that made it."""
    history = [step for step in buildx.configuration(reference)["history"] if not step.get("empty_layer")]
    layers = buildx.manifest(reference)["layers"]
    for layer, step in zip(layers, history, strict=True):
        words = step["created_by"].removeprefix("RUN ").removesuffix(" # buildkit").split()
        yield " ".join(words)[:42], layer["size"] / 1e6
    yield "openedx: compressed, in all", sum(layer["size"] for layer in layers) / 1e6
    yield "openedx: unpacked, in all", sum(len(layer) for layer in buildx.layers(reference)) / 1e6


if __name__ == "__main__":
    main()
