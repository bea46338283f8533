"""Recipes of the tools: version, accepted copies on PATH, official release, build from Go modules.

They are data for `on_path`, `download` and `build`. Whatever changes here changes the key of the tool's
folder in the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tools.model import Accept, GoBuild, ModuleFile, Release, Tool

PULUMI = "3.259.0"
PULUMI_LANGUAGE_HOST = "3.79.0"
"""The last release whose Python language host can be had as a Go module; it works with later engines."""
PULUMI_KUBERNETES = "4.25.0"
ETCD = "3.6.4"
KUBERNETES = "1.35.4"
KWOK = "0.7.0"
PULUMI_DOCKER_BUILD = "0.0.22"
BUILDKIT = "0.31.0"
BUILDX = "0.35.0"
"""The buildx that the plugin of this version is made with."""
REGISTRY = "3.1.2"

_GITHUB = "https://github.com"
_GITHUB_RELEASES = "https://api.github.com/repos/{repository}/releases/tags/{tag}"

_PULUMI = Tool(
    name="pulumi",
    version=PULUMI,
    binaries=("pulumi", "pulumi-language-python", "pulumi-language-python-exec"),
    accept=Accept(command=("version",), minimum=(3, 259, 0)),
    release=Release(
        url=f"{_GITHUB}/pulumi/pulumi/releases/download/v{PULUMI}/pulumi-v{PULUMI}-{{os}}-{{x64}}.tar.gz",
        checksums=f"{_GITHUB}/pulumi/pulumi/releases/download/v{PULUMI}/pulumi-{PULUMI}-checksums.txt",
    ),
    steps=(
        GoBuild(
            folder="pulumi",
            package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            binary="pulumi",
            variables=(("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", f"v{PULUMI}"),),
        ),
        GoBuild(
            folder="pulumi-language-python",
            package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
            binary="pulumi-language-python",
            variables=(
                ("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", f"v{PULUMI_LANGUAGE_HOST}"),
            ),
        ),
        ModuleFile(
            folder="pulumi-language-python",
            module="github.com/pulumi/pulumi/sdk/v3",
            path="python/cmd/pulumi-language-python-exec",
        ),
    ),
    seconds=190,
    private="github.com/pulumi/*",
)

_PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_PULUMI_KUBERNETES = Tool(
    name="pulumi-kubernetes",
    version=PULUMI_KUBERNETES,
    binaries=("pulumi-resource-kubernetes",),
    # The provider and its Python package must agree: the package is pinned to this minor version.
    accept=Accept(command=None, minimum=(4, 25, 0), fixed=2),
    release=Release(
        url=f"{_GITHUB}/pulumi/pulumi-kubernetes/releases/download/v{PULUMI_KUBERNETES}/"
        f"pulumi-resource-kubernetes-v{PULUMI_KUBERNETES}-{{os}}-{{arch}}.tar.gz",
        checksums=_GITHUB_RELEASES.format(repository="pulumi/pulumi-kubernetes", tag=f"v{PULUMI_KUBERNETES}"),
    ),
    steps=(
        ModuleFile(
            folder="pulumi-resource-kubernetes",
            module=_PROVIDER_MODULE,
            path="cmd/pulumi-resource-kubernetes/schema.json",
            embed=True,
            version=PULUMI_KUBERNETES,
        ),
        ModuleFile(
            folder="pulumi-resource-kubernetes",
            module=_PROVIDER_MODULE,
            path="cmd/pulumi-resource-kubernetes/terraform-mapping.json",
            embed=True,
        ),
        GoBuild(
            folder="pulumi-resource-kubernetes",
            package=".",
            binary="pulumi-resource-kubernetes",
            variables=((f"{_PROVIDER_MODULE}/pkg/version.Version", PULUMI_KUBERNETES),),
        ),
    ),
    seconds=360,
    private="github.com/pulumi/*",
)

_ETCD = Tool(
    name="etcd",
    version=ETCD,
    binaries=("etcd",),
    # Before 3.6 its watch gives no progress: simulated pods then take up to a minute to become ready.
    accept=Accept(command=("--version",), minimum=(3, 6, 0)),
    release=Release(
        url=f"{_GITHUB}/etcd-io/etcd/releases/download/v{ETCD}/etcd-v{ETCD}-{{os}}-{{arch}}.{{archive}}",
        checksums=f"{_GITHUB}/etcd-io/etcd/releases/download/v{ETCD}/SHA256SUMS",
    ),
    steps=(GoBuild(folder="etcd", package="go.etcd.io/etcd/server/v3", binary="etcd"),),
    seconds=30,
)

_KWOK = Tool(
    name="kwok",
    version=KWOK,
    binaries=("kwok",),
    accept=Accept(command=("--version",), minimum=(0, 7, 0)),
    release=Release(
        url=f"{_GITHUB}/kubernetes-sigs/kwok/releases/download/v{KWOK}/kwok-{{os}}-{{arch}}",
        checksums=_GITHUB_RELEASES.format(repository="kubernetes-sigs/kwok", tag=f"v{KWOK}"),
    ),
    steps=(
        GoBuild(
            folder="kwok",
            package="sigs.k8s.io/kwok/cmd/kwok",
            binary="kwok",
            variables=(("sigs.k8s.io/kwok/pkg/consts.Version", KWOK),),
        ),
    ),
    seconds=70,
)

_KUBERNETES_BINARIES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
KUBERNETES_VERSION = (
    ("k8s.io/component-base/version.gitVersion", f"v{KUBERNETES}"),
    ("k8s.io/component-base/version.gitMajor", KUBERNETES.split(".")[0]),
    ("k8s.io/component-base/version.gitMinor", KUBERNETES.split(".")[1]),
)
"""Variables by which the linker tells Kubernetes' programs their version."""

_KUBERNETES = Tool(
    name="kubernetes",
    version=KUBERNETES,
    binaries=_KUBERNETES_BINARIES,
    # The three must agree among themselves and with what the tests expect: one minor version.
    accept=Accept(command=("--version",), minimum=(1, 35, 0), fixed=2),
    release=Release(
        url=f"https://dl.k8s.io/v{KUBERNETES}/bin/{{os}}/{{arch}}/{{binary}}",
        checksums=f"https://dl.k8s.io/v{KUBERNETES}/bin/{{os}}/{{arch}}/{{binary}}.sha256",
        systems=("linux",),
    ),
    steps=tuple(
        GoBuild(
            folder="kubernetes",
            package=f"k8s.io/kubernetes/cmd/{binary}",
            binary=binary,
            variables=KUBERNETES_VERSION,
        )
        for binary in _KUBERNETES_BINARIES
    ),
    seconds=220,
)

_DOCKER_BUILD = Tool(
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

_BUILDKIT = Tool(
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

_BUILDX = Tool(
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

_REGISTRY = Tool(
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

TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            _PULUMI,
            _PULUMI_KUBERNETES,
            _ETCD,
            _KWOK,
            _KUBERNETES,
            _DOCKER_BUILD,
            _BUILDKIT,
            _BUILDX,
            _REGISTRY,
        )
    }
)
"""Every tool by name; those that only tests run are in `tests/toolchain/testing_tools.py`."""

ENGINE = ("pulumi", "pulumi-kubernetes")
"""What a preview against somebody else's cluster needs."""

CLUSTER = ("etcd", "kwok", "kubernetes")
"""What the embedded cluster needs."""

DOCKER_BUILD = "pulumi-docker-build"
"""Pulumi's plugin that builds images: only stacks that build need it."""

IMAGES = (DOCKER_BUILD, "buildkit", "buildx", "registry")
"""What builds images where there is no Docker: only stacks and tests that build need it."""

ALL = ENGINE + CLUSTER
