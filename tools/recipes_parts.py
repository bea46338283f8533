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
