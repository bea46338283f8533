"""Images of one's own: references, or what they are built of."""

from __future__ import annotations

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor.root import TutorRoot
from openedx_infra.operations.imports.tutor.values import TutorValues
from openedx_infra.releases.images import ReleaseImages

INDIGO = "indigo"
"""Theme of Tutor's, and the plugin that brings it: on by default since Tutor 14."""
_REPOSITORY = "registry.CHANGEME.example.org/openedx"
_SIZES = {"OPENEDX_LMS_UWSGI_WORKERS": "lms", "OPENEDX_CMS_UWSGI_WORKERS": "studio"}
_FORK = {"EDX_PLATFORM_REPOSITORY": "repository", "EDX_PLATFORM_VERSION": "ref"}
_OWN_IMAGES = {"DOCKER_IMAGE_OPENEDX": "openedx", "MFE_DOCKER_IMAGE": "mfe"}


def translate(root: TutorRoot, values: TutorValues, release: ReleaseImages, draft: Draft) -> None:
    """Put images, theme and processes into the draft. `release`: images of the release."""
    for name, size in _SIZES.items():
        if name in values:
            with draft.attempt(name, f"sizing.{size}.processes"):
                draft.set(("sizing", size, "processes"), values.number(name), name)
    build = _build(values, draft)
    if build:
        draft.set(
            ("images", "openedx"),
            {"source": "build", "repository": _REPOSITORY, **build},
            "OPENEDX_EXTRA_PIP_REQUIREMENTS" if "requirements" in build else "EDX_PLATFORM_REPOSITORY",
        )
    _references(values, draft, build=bool(build))
    _theme(root, release, draft)
    _themes_of_one_s_own(root, draft)


def _build(values: TutorValues, draft: Draft) -> dict[str, object]:
    """What an image has that the release's has not."""
    build: dict[str, object] = {}
    with draft.attempt("OPENEDX_EXTRA_PIP_REQUIREMENTS", "images.openedx.requirements"):
        if requirements := values.names("OPENEDX_EXTRA_PIP_REQUIREMENTS"):
            build["requirements"] = requirements
    with draft.attempt("EDX_PLATFORM_REPOSITORY", "images.openedx.platform"):
        if fork := {key: values.text(name) for name, key in _FORK.items() if name in values}:
            build["platform"] = {"source": "git", **fork}
    return build


def _references(values: TutorValues, draft: Draft, *, build: bool) -> None:
    for name, image in _OWN_IMAGES.items():
        if name not in values:
            continue
        if build and image == "openedx":
            values.ignore(name)
            draft.leave(name, "is not taken, as what the site adds is built here: openedx:images.openedx")
            continue
        with draft.attempt(name, f"images.{image}"):
            draft.set(("images", image), values.text(name), name)


def _theme(root: TutorRoot, release: ReleaseImages, draft: Draft) -> None:
    if INDIGO not in root.enabled:
        return
    images = draft.sections.get("images", {})
    if isinstance(images.get("openedx"), dict):
        draft.leave(
            f"plugin {INDIGO}",
            "images that are built here have no theme indigo: name its folder or repository in "
            "openedx:images.openedx.themes, and openedx:site.theme",
        )
        return
    draft.set(("site", "theme"), INDIGO, f"plugin {INDIGO}")
    for image, reference in (("openedx", release.openedx), ("mfe", release.mfe)):
        if image not in images and reference:
            # Tutor's project publishes its images with and without the theme, under one tag and this suffix.
            draft.set(("images", image), f"{reference}-{INDIGO}", f"plugin {INDIGO}: image {image}")


def _themes_of_one_s_own(root: TutorRoot, draft: Draft) -> None:
    folder = root.path / "env" / "build" / "openedx" / "themes"
    if not folder.is_dir():
        return
    for theme in sorted(each.name for each in folder.iterdir() if each.is_dir() and each.name != INDIGO):
        draft.leave(
            str(folder / theme),
            f"a theme that images hold: build them here, with openedx:images.openedx.themes.{theme} and "
            "openedx:site.theme",
        )
