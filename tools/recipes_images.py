"""Recipes of the tools that build images."""

from __future__ import annotations

from tools.model import Accept, GoBuild, Release, Tool

PULUMI_DOCKER_BUILD = "0.0.22"
BUILDKIT = "0.31.0"
BUILDX = "0.35.0"
"""The buildx that the plugin of this version is made with."""
REGISTRY = "3.1.2"

_GITHUB = "https://github.com"
_GITHUB_RELEASES = "https://api.github.com/repos/{repository}/releases/tags/{tag}"

DOCKER_BUILD_TOOL = Tool(
    name="pulumi-docker-build",
    version=PULUMI_DOCKER_BUILD,
    binaries=("pulumi-resource-docker-build",),
    accept=Accept(command=None, minimum=(0, 0, 22), fixed=2),
    release=Release(
        url=f"{_GITHUB}/pulumi/pulumi-docker-build/releases/download/v{PULUMI_DOCKER_BUILD}/"
        f"pulumi-resource-docker-build-v{PULUMI_DOCKER_BUILD}-{{os}}-{{arch}}.tar.gz",
        checksums=_GITHUB_RELEASES.format(
            repository="pulumi/pulumi-docker-build", tag=f"v{PULUMI_DOCKER_BUILD}"
        ),
    ),
    steps=(
        GoBuild(
            folder="pulumi-resource-docker-build",
            package="github.com/pulumi/pulumi-docker-build/provider/cmd/pulumi-resource-docker-build",
            binary="pulumi-resource-docker-build",
            variables=(("github.com/pulumi/pulumi-docker-build/provider.Version", PULUMI_DOCKER_BUILD),),
        ),
    ),
    seconds=150,
    private="github.com/pulumi/*",
)

BUILDKIT_TOOL = Tool(
    name="buildkit",
    version=BUILDKIT,
    binaries=("buildkitd",),
    # Several results of one build need 0.13; an older one than 0.17 was not tried.
    accept=Accept(command=("--version",), minimum=(0, 17, 0)),
    release=Release(
        url=f"{_GITHUB}/moby/buildkit/releases/download/v{BUILDKIT}/"
        f"buildkit-v{BUILDKIT}.{{os}}-{{arch}}.tar.gz",
        checksums=_GITHUB_RELEASES.format(repository="moby/buildkit", tag=f"v{BUILDKIT}"),
        systems=("linux",),
    ),
    steps=(
        GoBuild(
            folder="buildkit",
            package="github.com/moby/buildkit/cmd/buildkitd",
            binary="buildkitd",
            variables=(("github.com/moby/buildkit/version.Version", f"v{BUILDKIT}"),),
        ),
    ),
    seconds=100,
)

BUILDX_TOOL = Tool(
    name="buildx",
    version=BUILDX,
    binaries=("buildx",),
    accept=Accept(command=("version",), minimum=(0, 17, 0)),
    release=Release(
        url=f"{_GITHUB}/docker/buildx/releases/download/v{BUILDX}/buildx-v{BUILDX}.{{os}}-{{arch}}",
        checksums=_GITHUB_RELEASES.format(repository="docker/buildx", tag=f"v{BUILDX}"),
    ),
    steps=(
        GoBuild(
            folder="buildkit",
            package="github.com/docker/buildx/cmd/buildx",
            binary="buildx",
            variables=(("github.com/docker/buildx/version.Version", f"v{BUILDX}"),),
        ),
    ),
    seconds=80,
)

REGISTRY_TOOL = Tool(
    name="registry",
    version=REGISTRY,
    binaries=("registry",),
    accept=Accept(command=("--version",), minimum=(3, 0, 0)),
    release=Release(
        url=f"{_GITHUB}/distribution/distribution/releases/download/v{REGISTRY}/"
        f"registry_{REGISTRY}_{{os}}_{{arch}}.tar.gz",
        checksums=_GITHUB_RELEASES.format(repository="distribution/distribution", tag=f"v{REGISTRY}"),
        systems=("linux",),
    ),
    steps=(
        GoBuild(
            folder="registry",
            package="github.com/distribution/distribution/v3/cmd/registry",
            binary="registry",
            variables=(("github.com/distribution/distribution/v3/version.version", f"v{REGISTRY}"),),
        ),
    ),
    seconds=120,
)
