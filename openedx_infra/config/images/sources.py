"""Sources of image builds: Git repositories, folders and translations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.base import Section
from openedx_infra.config.types.patterns import Pattern


def _address_hint(value: str) -> str | None:
    if "@" in value.partition("//")[2] and not value.startswith("ssh"):
        return "credentials would be in the image's history: leave them out, and set `secrets: [git_token]`"
    if value.startswith(("git@", "ssh://")):
        return "builds reach repositories by https; a private one with `secrets: [git_token]`"
    return None


GitAddress = Annotated[
    str,
    Pattern(
        "address of a Git repository",
        r"https?://[^\s@#?\"']+",
        "its https address, as `git clone` takes it",
        "https://github.com/campus/openedx-platform.git",
        _address_hint,
    ),
]
"""A Git repository, without user name and password."""

GitRef = Annotated[
    str,
    Pattern(
        "branch, tag or commit",
        r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}",
        "letters, digits, dots, slashes, hyphens",
        "campus/verawood",
    ),
]
"""A branch, a tag, or a commit by all its 40 digits."""

Path = Annotated[
    str,
    Pattern(
        "path", r"[^\s:*?\"<>|][^\n:*?\"<>|]{0,499}", "a folder, from the folder of Pulumi.yaml", "themes"
    ),
]
"""A folder of this machine. One that isn't absolute starts at the folder of Pulumi.yaml."""

FilePath = Annotated[
    str,
    Pattern(
        "path",
        r"[^\s:*?\"<>|][^\n:*?\"<>|]{0,499}",
        "a file, from the folder of Pulumi.yaml",
        "certificates/campus-ca.pem",
    ),
]
"""A file of this machine. One that isn't absolute starts at the folder of Pulumi.yaml."""


class Fork(Section):
    """A Git repository instead of the release's own."""

    source: Literal["git"]
    """The code comes from a Git repository, as it is at the time of the build."""
    repository: GitAddress | None = None
    """The repository. Default: Open edX's own."""
    ref: GitRef | None = None
    """Branch, tag or commit. Default: the release's."""


class Folder(Section):
    """A folder of the machine that builds."""

    source: Literal["folder"]
    """The code comes from a folder, as it is at the time of the build."""
    path: Path
    """The folder."""


class Repository(Section):
    """A Git repository of your own."""

    source: Literal["git"]
    """It comes from a Git repository."""
    repository: GitAddress
    """The repository."""
    ref: GitRef
    """Branch, tag or commit."""


Checkout = Annotated[Fork | Folder, Field(discriminator="source")]
"""Where the code of a part of Open edX comes from."""

Addition = Annotated[Repository | Folder, Field(discriminator="source")]
"""Where something that isn't part of Open edX comes from."""


class Translations(Section):
    """Translations, as Atlas pulls them from GitHub."""

    repository: Annotated[
        str,
        Pattern(
            "GitHub repository",
            r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+",
            "owner/name",
            "openedx/openedx-translations",
        ),
    ] = "openedx/openedx-translations"
    """Repository of translations on GitHub."""
    ref: GitRef | None = None
    """Branch, tag or commit. Default: the release's."""
