"""What each tool is that makes a node on which containers really run, and what stands before its pods."""

from __future__ import annotations

from tools.model import Accept, GoBuild, ModuleFile, Release, Tool

COREDNS = "1.14.1"
TRAEFIK = "3.7.13"
FERRETDB = "1.24.2"
"""The last of those that keep their data in SQLite. They speak MongoDB's protocol."""

_GITHUB = "https://github.com"
_BINARIES = ("kubelet", "kube-proxy")


def node_tool(kubernetes: str) -> Tool:
    """What a node runs, of the control plane's version. It has a Go module of its own: a control plane that
    was built stays good when a node's libraries change."""
    variables = (
        ("k8s.io/component-base/version.gitVersion", f"v{kubernetes}"),
        ("k8s.io/component-base/version.gitMajor", kubernetes.split(".")[0]),
        ("k8s.io/component-base/version.gitMinor", kubernetes.split(".")[1]),
    )
    return Tool(
        name="kubernetes-node",
        version=kubernetes,
        binaries=_BINARIES,
        accept=Accept(command=("--version",), minimum=(1, 35, 0), fixed=2),
        release=Release(
            url=f"https://dl.k8s.io/v{kubernetes}/bin/{{os}}/{{arch}}/{{binary}}",
            checksums=f"https://dl.k8s.io/v{kubernetes}/bin/{{os}}/{{arch}}/{{binary}}.sha256",
            systems=("linux",),
        ),
        steps=tuple(
            GoBuild(
                folder="kubernetes-node",
                package=f"k8s.io/kubernetes/cmd/{binary}",
                binary=binary,
                variables=variables,
            )
            for binary in _BINARIES
        ),
        seconds=150,
    )


COREDNS_TOOL = Tool(
    name="coredns",
    version=COREDNS,
    binaries=("coredns",),
    accept=Accept(command=("-version",), minimum=(1, 11, 0)),
    release=Release(
        url=f"{_GITHUB}/coredns/coredns/releases/download/v{COREDNS}/coredns_{COREDNS}_{{os}}_{{arch}}.tgz",
        checksums=f"{_GITHUB}/coredns/coredns/releases/download/v{COREDNS}/"
        f"coredns_{COREDNS}_{{os}}_{{arch}}.tgz.sha256",
    ),
    steps=(GoBuild(folder="coredns", package="github.com/coredns/coredns", binary="coredns"),),
    seconds=120,
)

TRAEFIK_TOOL = Tool(
    name="traefik",
    version=TRAEFIK,
    binaries=("traefik",),
    accept=Accept(command=("version",), minimum=(3, 0, 0)),
    release=Release(
        url=f"{_GITHUB}/traefik/traefik/releases/download/v{TRAEFIK}/"
        f"traefik_v{TRAEFIK}_{{os}}_{{arch}}.tar.gz",
        checksums=f"{_GITHUB}/traefik/traefik/releases/download/v{TRAEFIK}/traefik_v{TRAEFIK}_checksums.txt",
    ),
    steps=(
        GoBuild(
            folder="traefik",
            package="github.com/traefik/traefik/v3/cmd/traefik",
            binary="traefik",
            variables=(("github.com/traefik/traefik/v3/pkg/version.Version", TRAEFIK),),
        ),
    ),
    seconds=240,
)

_FERRETDB_MODULE = "github.com/FerretDB/FerretDB"
_FERRETDB_FILES = ("main", "main_hana", "main_mysql", "main_postgresql", "main_sqlite", "main_unix", "ping")
FERRETDB_TOOL = Tool(
    name="ferretdb",
    version=FERRETDB,
    binaries=("ferretdb",),
    accept=Accept(command=("--version",), minimum=(1, 24, 0), fixed=2),
    release=Release(
        url=f"{_GITHUB}/FerretDB/FerretDB/releases/download/v{FERRETDB}/ferretdb-{{os}}-{{arch}}",
        checksums=f"{_GITHUB}/FerretDB/FerretDB/releases/download/v{FERRETDB}/checksums.txt",
    ),
    steps=(
        # A program of another module's name: its own refuses to run without files that only its authors make.
        *(
            ModuleFile(folder="ferretdb", module=_FERRETDB_MODULE, path=f"cmd/ferretdb/{name}.go", embed=True)
            for name in _FERRETDB_FILES
        ),
        GoBuild(folder="ferretdb", package=".", binary="ferretdb"),
    ),
    seconds=120,
)
