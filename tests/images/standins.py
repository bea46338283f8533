"""The image of LMS and Studio, built of a stand-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bases import Bases
from building import Buildx, Built
from repositories import BRANCH, GitHost

from openedx_infra.images import context

SECRET = "netrc-password-3f9c1e"
"""What must be found in no layer."""


def arguments(begin: Bases, git: GitHost) -> dict[str, str]:
    """What is said to build the stand-in on a base image that has Python itself, where uv can't fetch one."""
    return {
        "BASE_IMAGE": begin.base,
        "UV_IMAGE": begin.uv,
        "NODE_IMAGE": begin.node,
        "PYTHON_VERSION": "3.11",
        "PYTHON_PREFERENCE": "only-system",
        "BUILD_APT_PACKAGES": "python3-dev",
        "APT_PACKAGES": "libpython3.11",
        "REPOSITORY": git.repository("openedx-platform"),
        "REF": BRANCH,
        "ATLAS_REVISION": BRANCH,
        "GIT_HOST": git.url,
    }


@dataclass(frozen=True)
class Platform:
    """How the image of LMS and Studio is built of the stand-in, on a base that has Python itself."""

    buildx: Buildx
    arguments: dict[str, str]
    contexts: dict[str, Path] = field(default_factory=dict)
    secrets: dict[str, Path] = field(default_factory=dict)

    def attempt(self, tag: str | None = None, target: str | None = None, **arguments: str) -> Built:
        """Build with some arguments said otherwise, whatever comes of it."""
        return self.buildx.attempt(
            context("openedx"),
            tag=f"{self.buildx.registry}/{tag}" if tag else None,
            target=target,
            arguments=self.arguments | arguments,
            contexts=self.contexts,
            secrets=self.secrets,
        )

    def build(self, tag: str | None = None, target: str | None = None, **arguments: str) -> Built:
        """Build, and fail when the build does."""
        built = self.attempt(tag, target, **arguments)
        assert built.code == 0, built.output[-6000:]
        return built
