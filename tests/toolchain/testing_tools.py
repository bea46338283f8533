"""Tools that only tests run: S3 and MongoDB servers, judges of rules and objects, backup tools, real nodes.

They are recipes as those of `tools/recipes.py`; their Go modules lie beside this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.model import Accept, GoBuild, ModuleFile, Release, TaggedGoBuild, Tool
from tools.recipes import KUBERNETES, KUBERNETES_VERSION
from tools.toolchain import Toolchain, ensure

MODULES = Path(__file__).parent / "modules"

COREDNS = "1.14.1"
TRAEFIK = "3.7.13"
FERRETDB = "1.24.2"
"""The last of those that keep their data in SQLite. They speak MongoDB's protocol."""

_GITHUB = "https://github.com"

VERSITYGW = "1.8.0"
"""The version whose image the releases name."""

_RELEASES = "https://github.com/versity/versitygw/releases/download"

_VERSITYGW = Tool(
    name="versitygw",
    version=VERSITYGW,
    binaries=("versitygw",),
    accept=Accept(command=("--version",), minimum=(1, 8, 0)),
    release=Release(
        url=f"{_RELEASES}/v{VERSITYGW}/versitygw_v{VERSITYGW}_{{Os}}_{{uname}}.tar.gz",
        checksums=f"{_RELEASES}/v{VERSITYGW}/checksums.txt",
    ),
    steps=(
        GoBuild(
            folder="versitygw",
            package="github.com/versity/versitygw/cmd/versitygw",
            binary="versitygw",
            variables=(("main.Version", VERSITYGW),),
        ),
    ),
    seconds=120,
    modules=MODULES,
)

KUBE_SCORE = "1.20.0"

_KUBE_SCORE = Tool(
    name="kube-score",
    version=KUBE_SCORE,
    binaries=("kube-score",),
    accept=Accept(command=("version",), minimum=(1, 20, 0)),
    release=Release(
        url=f"https://github.com/zegl/kube-score/releases/download/v{KUBE_SCORE}/"
        f"kube-score_{KUBE_SCORE}_{{os}}_{{arch}}.tar.gz",
        checksums=f"https://github.com/zegl/kube-score/releases/download/v{KUBE_SCORE}/checksums.txt",
    ),
    steps=(
        GoBuild(
            folder="kube-score",
            package="github.com/zegl/kube-score/cmd/kube-score",
            binary="kube-score",
            variables=(("main.version", KUBE_SCORE),),
        ),
    ),
    seconds=60,
    modules=MODULES,
)
"""Judges objects as a reviewer would: tests run it over all that a stack makes."""

PROMTOOL = "3.16.0"

_PROMTOOL = Tool(
    name="promtool",
    version=PROMTOOL,
    binaries=("promtool",),
    accept=Accept(command=("--version",), minimum=(3, 0, 0)),
    release=Release(
        url="https://github.com/prometheus/prometheus/releases/download/"
        f"v{PROMTOOL}/prometheus-{PROMTOOL}.{{os}}-{{arch}}.tar.gz",
        checksums=f"https://github.com/prometheus/prometheus/releases/download/v{PROMTOOL}/sha256sums.txt",
    ),
    steps=(
        # Without the clients of clouds by which Prometheus finds what to ask: promtool asks nobody.
        TaggedGoBuild(
            folder="promtool",
            package="github.com/prometheus/prometheus/cmd/promtool",
            binary="promtool",
            variables=(("github.com/prometheus/common/version.Version", PROMTOOL),),
            tags=("remove_all_sd",),
        ),
    ),
    seconds=90,
    modules=MODULES,
)

RESTIC = "0.18.1"
"""The version whose image the releases name."""

_RESTIC = Tool(
    name="restic",
    version=RESTIC,
    binaries=("restic",),
    accept=Accept(command=("version",), minimum=(0, 17, 0)),  # exit codes tell a wrong password since 0.17
    release=Release(
        url=f"https://github.com/restic/restic/releases/download/v{RESTIC}/restic_{RESTIC}_{{os}}_{{arch}}.bz2",
        checksums=f"https://github.com/restic/restic/releases/download/v{RESTIC}/SHA256SUMS",
    ),
    steps=(
        GoBuild(
            folder="restic",
            package="github.com/restic/restic/cmd/restic",
            binary="restic",
            variables=(("main.version", RESTIC),),
        ),
    ),
    seconds=60,
    modules=MODULES,
)

RCLONE = "1.76.0"
"""The version whose image the releases name."""

_RCLONE = Tool(
    name="rclone",
    version=RCLONE,
    binaries=("rclone",),
    accept=Accept(command=("version",), minimum=(1, 60, 0)),
    release=Release(
        url=f"https://github.com/rclone/rclone/releases/download/v{RCLONE}/rclone-v{RCLONE}-{{os}}-{{arch}}.zip",
        checksums=f"https://github.com/rclone/rclone/releases/download/v{RCLONE}/SHA256SUMS",
        systems=("linux",),  # macOS is called osx there
    ),
    steps=(
        GoBuild(
            folder="rclone",
            package="github.com/rclone/rclone",
            binary="rclone",
            variables=(("github.com/rclone/rclone/fs.Version", f"v{RCLONE}"),),
        ),
    ),
    seconds=220,
    modules=MODULES,
)

_NODE_BINARIES = ("kubelet", "kube-proxy")
# It has a Go module of its own: a control plane that was built stays good when a node's libraries change.
_NODE = Tool(
    name="kubernetes-node",
    version=KUBERNETES,
    binaries=_NODE_BINARIES,
    accept=Accept(command=("--version",), minimum=(1, 35, 0), fixed=2),
    release=Release(
        url=f"https://dl.k8s.io/v{KUBERNETES}/bin/{{os}}/{{arch}}/{{binary}}",
        checksums=f"https://dl.k8s.io/v{KUBERNETES}/bin/{{os}}/{{arch}}/{{binary}}.sha256",
        systems=("linux",),
    ),
    steps=tuple(
        GoBuild(
            folder="kubernetes-node",
            package=f"k8s.io/kubernetes/cmd/{binary}",
            binary=binary,
            variables=KUBERNETES_VERSION,
        )
        for binary in _NODE_BINARIES
    ),
    seconds=150,
    modules=MODULES,
)

_COREDNS = Tool(
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
    modules=MODULES,
)

_TRAEFIK = Tool(
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
    modules=MODULES,
)

_FERRETDB_MODULE = "github.com/FerretDB/FerretDB"
_FERRETDB_FILES = ("main", "main_hana", "main_mysql", "main_postgresql", "main_sqlite", "main_unix", "ping")
_FERRETDB = Tool(
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
    modules=MODULES,
)

TESTING: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        _VERSITYGW, _KUBE_SCORE, _PROMTOOL, _RESTIC, _RCLONE, _NODE, _COREDNS, _TRAEFIK, _FERRETDB,
    )
}  # fmt: skip
"""Every tool that only tests run, by name."""

PARTS = ("versitygw", "kube-score", "promtool")
"""Servers that tests of parts start, and the judges that they ask."""

BACKUPS = ("restic", "rclone", "ferretdb", "versitygw")
"""What tests of backups need: the programs that make them, a server of MongoDB's protocol, one of S3's."""

NODE = ("kubernetes-node", "coredns", "traefik", "ferretdb")
"""What a real node runs, what stands before its pods, and a server that some of them need."""


def ensure_for_tests(names: Iterable[str]) -> Toolchain:
    """Have the named tools, of the product's or of these; see `tools.toolchain.ensure`."""
    return ensure(names, extra=TESTING)
