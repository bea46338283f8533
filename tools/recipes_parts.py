"""What is each server that tests start themselves, and each judge that they ask?"""

from __future__ import annotations

from tools.model import Accept, GoBuild, Release, TaggedGoBuild, Tool

VERSITYGW = "1.8.0"
"""The version whose image the releases name."""

_RELEASES = "https://github.com/versity/versitygw/releases/download"

VERSITYGW_TOOL = Tool(
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
)

KUBE_SCORE = "1.20.0"

KUBE_SCORE_TOOL = Tool(
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
)
"""Judges objects as a reviewer would: tests run it over all that a stack makes."""

PROMTOOL = "3.16.0"

PROMTOOL_TOOL = Tool(
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
)

RESTIC = "0.18.1"
"""The version whose image the releases name."""

RESTIC_TOOL = Tool(
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
)

RCLONE = "1.76.0"
"""The version whose image the releases name."""

RCLONE_TOOL = Tool(
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
)
