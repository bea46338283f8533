"""Builds of images: what goes into them, and where they are pushed."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.images.sources import Addition, Checkout, Folder, Fork, Path, Translations
from openedx_infra.config.types.base import Distinct, ImageReference, Section
from openedx_infra.config.types.patterns import DNS_LABEL, Pattern
from openedx_infra.config.types.secret_references import OrSecret, SecretReference, secrets_by_file

ImageRepository = Annotated[
    str,
    Pattern(
        "image repository",
        r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)+",
        "registry and name, all spelled out, without tag",
        "registry.example.org/campus/openedx",
    ),
]
"""Where an image is pushed to: registry and name."""

ImageTag = Annotated[
    str,
    Pattern(
        "tag",
        # 128 is the registries' limit; a platform's name may be added.
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}",
        "at most 100 letters, digits, dots, hyphens and underscores",
        "2026.2",
    ),
]
"""The tag of an image."""

AptPackage = Annotated[
    str,
    Pattern(
        "Debian package",
        r"[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+~:-]+)?",
        "its name, with =VERSION if need be",
        "libmagic1",
    ),
]
"""A package of the base image's Debian."""


def _requirement_hint(value: str) -> str | None:
    if re.search(r"://[^/\s]*@", value):
        return "credentials would be in the image's history; put them into the secret `build_netrc`"
    return None


Requirement = Annotated[
    str,
    Pattern(
        "requirement",
        r"(?![^\n]*://[^/\s]*@)[A-Za-z0-9][^\n]*",
        "one line as pip takes it, with a version",
        "campus-xblock==1.4.0",
        _requirement_hint,
    ),
]
"""One Python requirement, with a version, or `NAME @ git+https://…`."""

IndexUrl = Annotated[
    str,
    Pattern(
        "address of a package index",
        r"https?://[^\s@#?\"']+",
        "its https address; credentials are in the secret `build_netrc`",
        "https://pypi.example.org/simple",
        _requirement_hint,
    ),
]
"""An index of Python packages, without user name and password."""


def _argument_hint(value: str) -> str | None:
    if re.search(r"PASSWORD|SECRET|TOKEN|CREDENTIAL|PRIVATE", value):
        return "arguments can be read in the image's history; use a secret (`secrets`)"
    return None


ArgumentName = Annotated[
    str,
    Pattern(
        "build argument",
        r"(?!.*(PASSWORD|SECRET|TOKEN|CREDENTIAL|PRIVATE))[A-Z][A-Z0-9_]*",
        "the name of an ARG of the Dockerfile, in capitals",
        "UV_INDEX_URL",
        _argument_hint,
    ),
]
"""An ARG of a Dockerfile; secrets are none."""

PartName = Annotated[
    str,
    Pattern("name", DNS_LABEL, "at most 63 lower-case letters, digits and hyphens", "campus"),
]
"""A name that becomes a folder's or is one of a Dockerfile's."""

CodeFolder = Annotated[
    str,
    Pattern(
        "folder",
        r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*",
        "a path within the code, without .. and without a slash at the ends",
        "docker/production",
    ),
]
"""A folder within a repository."""

TargetPlatform = Literal["linux/amd64", "linux/arm64"]
"""Platform that an image runs on."""

BUILD_SECRET = "build_"
"""What the stack's name of a secret begins with that a build names by what it is for."""

_KnownBuildSecret = Literal["git_token", "netrc", "npmrc"]

BuildSecret = Annotated[_KnownBuildSecret | SecretReference, OrSecret(_KnownBuildSecret)]
"""A secret that a build may read, and no layer holds: the stack's secret `build_NAME`, or any other."""


class BaseImages(Section):
    """Base images that replace the release's."""

    system: ImageReference | None = None
    """Debian, under the platform and under all builds."""
    node: ImageReference | None = None
    """Node.js."""
    uv: ImageReference | None = None
    """uv as `/uv`."""
    caddy: ImageReference | None = None
    """Caddy, under the MFEs."""


class PushedBuild(Section):
    """An image that is built here and pushed to a registry."""

    repository: ImageRepository
    """Where it is pushed to."""
    tag: ImageTag | None = None
    """Its tag, which always means the last build. Default: the release's name."""
    platforms: Annotated[tuple[TargetPlatform, ...], Distinct] = ()
    """Platforms that it is built for, joined under one name. Default: the builder's."""
    cache_from: Annotated[tuple[ImageReference, ...], Distinct] = ()
    """Images in registries to take layers from, as `cache_to` of this stack or another wrote them."""
    cache_to: ImageReference | None = None
    """Image in a registry that keeps the layers of all stages, for the next builder. Also read from."""
    secrets: Annotated[tuple[BuildSecret, ...], Distinct] = ()
    """Secrets that the build may read: `git_token` for private repositories, `netrc` for private Python
    indexes and requirements, `npmrc` for private npm registries. Each is a secret of the stack, `build_` and
    its name. `{secret: NAME}` is any other, for instructions of your own:
    `RUN --mount=type=secret,id=NAME …` finds it in /run/secrets/NAME."""
    arguments: dict[ArgumentName, str] = Field({})
    """Arguments of the Dockerfile that have no key of their own. Never a secret: they are in the image's
    history."""

    @property
    def secret_ids(self) -> dict[str, str]:
        """Names of the stack's secrets by the ids under which the build reads them."""
        return secrets_by_file(self.secrets, BUILD_SECRET)


class Build(PushedBuild):
    """An image of the platform that is built here and pushed to a registry."""

    fragments: dict[PartName, str] = Field({})
    """Your own Dockerfile instructions, by the point where they are inserted."""


class ServiceBuild(PushedBuild):
    """The image of a companion service, built here by the Dockerfile that its code has."""

    code: Checkout = Fork(source="git")
    """Code of the service: a Git repository, by default the service's own at the release's ref, or a folder
    of this machine."""
    folder: CodeFolder | None = None
    """Folder of the code that has the `Dockerfile`, and is what it copies from. None: the service's own,
    mostly the top."""
    target: PartName | None = None
    """Stage of the Dockerfile to build. None: the service's own, mostly the last."""


class SourceBuild(Build):
    """An image that is built from source."""

    source: Literal["build"]
    """`up` builds it when its sources have changed; pods refer to it by its digest."""
    bases: BaseImages = BaseImages()
    """Images to build on."""
    build_apt_packages: Annotated[tuple[AptPackage, ...], Distinct] = ()
    """Debian packages that only the build needs, such as headers."""
    translations: Translations = Translations()
    """Translations."""


class OpenedxBuild(SourceBuild):
    """The image of LMS and Studio, built here."""

    platform: Checkout = Fork(source="git")
    """Code of edx-platform."""
    patches: Path | None = None
    """Folder of *.patch files for edx-platform, applied in the order of their names."""
    requirements: Annotated[tuple[Requirement, ...], Distinct] = ()
    """Python packages to install beside the platform's own: XBlocks, plugins."""
    indexes: Annotated[tuple[IndexUrl, ...], Distinct] = ()
    """Indexes of Python packages beside PyPI."""
    packages: dict[PartName, Folder] = Field({})
    """Folders with Python packages, by names of your choice: XBlocks and plugins that are in no index."""
    apt_packages: Annotated[tuple[AptPackage, ...], Distinct] = ()
    """Debian packages to install in the image itself."""
    themes: dict[PartName, Addition] = Field({})
    """Comprehensive themes, by the names that `site.theme` uses."""
    target: Literal["production", "development"] = "production"
    """`production`, or `development` with all that a developer needs."""


class ThemesBuild(Build):
    """Themes on an existing image of LMS and Studio, so that instances can share it."""

    source: Literal["themes"]
    """`up` adds themes, and nothing else, to an existing image."""
    image: ImageReference
    """The image to put them on, without themes or with some."""
    assets: ImageReference
    """The stage `assets` of the same build, as `openedx-infra images push openedx --target assets --tag …`
    pushes it."""
    themes: dict[PartName, Addition] = Field(min_length=1)
    """Comprehensive themes, by the names that `site.theme` uses."""


class MfeBuild(SourceBuild):
    """The image of the micro-frontends, built here."""

    mfes: dict[PartName, Checkout] = Field({})
    """Code of single MFEs, by their names."""
    patches: dict[PartName, Path] = Field({})
    """Folders of *.patch files for single MFEs, by their names."""
    site_apps: dict[PartName, str] = Field({})
    """Versions of apps of the frontend-base site, in npm's words, by their names."""
    env_config: Path | None = None
    """Folder with an env.config.jsx for all MFEs: slots and plugins."""
