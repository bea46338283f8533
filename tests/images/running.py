"""Runs commands in an image's unpacked file system, which is read-only, as any user."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WRITABLE = ("tmp", "openedx/data")
"""What a pod mounts as emptyDir over its read-only root file system."""

ANYBODY = "1000650000:0"
"""A user as OpenShift makes them up: unknown to the image, of group 0."""

_INSIDE = """\
set -eu
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -o remount,ro,bind "$ROOT"
for folder in {writable}; do mount -t tmpfs -o mode=1777 tmpfs "$ROOT/$folder"; done
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
{mounts}
exec chroot --userspec="$SOMEBODY" "$ROOT" /bin/sh -c 'cd /openedx 2>/dev/null || cd /; exec "$@"' sh "$@"
"""


def command(root: Path, arguments: list[str], somebody: str, mounts: Mapping[str, Path]) -> list[str]:
    """The command that runs arguments in a file system, with files of the outside mounted into it."""
    lines = [f'mount --bind "{source}" "$ROOT{target}"' for target, source in mounts.items()]
    script = _INSIDE.format(writable=" ".join(WRITABLE), mounts="\n".join(lines))
    variables = [f"ROOT={root}", f"SOMEBODY={somebody}"]
    return ["env", *variables, "unshare", "--mount", "sh", "-c", script, "sh", *arguments]


def environment(configuration: Mapping[str, list[str]]) -> dict[str, str]:
    """The environment that an image gives what runs in it."""
    return dict(variable.split("=", 1) for variable in configuration["Env"])


def run(
    root: Path, arguments: list[str], variables: Mapping[str, str], somebody: str = ANYBODY
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(root, arguments, somebody, {}),
        env={**variables},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running(
    root: Path,
    arguments: list[str],
    variables: Mapping[str, str],
    mounts: Mapping[str, Path],
    log: Path,
    somebody: str = ANYBODY,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that runs while the context lasts; the process is the server's own."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(root, arguments, somebody, mounts), env={**variables}, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
