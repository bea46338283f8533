"""What each server is that tests start themselves, and an instance runs as an image."""

from __future__ import annotations

from tools.model import Accept, GoBuild, Release, Tool

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
