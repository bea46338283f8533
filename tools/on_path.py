"""Copies of tools on PATH: recent enough, and with all their binaries in one folder."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.model import Tool
from tools.paths import cache_dir

ASK_SECONDS = 10.0
"""How long a binary may take to say its version: they take well under a second."""

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def find(tool: Tool) -> Path | None:
    """Return the folder on PATH that holds all of a tool's binaries in a version that will do, or None."""
    for folder in _folders():
        for directory in dict.fromkeys((folder, (folder / tool.binaries[0]).resolve().parent)):
            if _complete(directory, tool) and _fits(directory, tool):
                return directory
    return None


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Return the first `major.minor.patch` in what a tool says about itself, or None."""
    match = _VERSION.search(text)
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def _folders() -> Iterator[Path]:
    """Yield PATH's folders, without those where our own things lie.

    The running environment's has a console script named `pulumi`, which is our wrapper: taking it for the
    real one would make it call itself. The cache's folders come in by `Toolchain.environment`.
    """
    ours = {(Path(sys.prefix) / "bin").resolve(), Path(sys.executable).parent.resolve()}
    cache = cache_dir().resolve()
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path(entry or ".")
        real = folder.resolve()
        if folder.is_absolute() and real not in ours and cache not in real.parents:
            yield folder


def _complete(folder: Path, tool: Tool) -> bool:
    return all(os.access(folder / binary, os.X_OK) for binary in tool.binaries)


def _fits(folder: Path, tool: Tool) -> bool:
    binary = folder / tool.binaries[0]
    output = _ask_plugin(binary) if tool.accept.command is None else _ask(binary, tool.accept.command)
    version = parse_version(output)
    return version is not None and tool.accept.fits(version)


def _ask(binary: Path, command: tuple[str, ...]) -> str:
    """Return what a binary prints about its version; nothing when it cannot be run."""
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [binary, *command],
            capture_output=True,
            text=True,
            env=environment,
            timeout=ASK_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout


def _ask_plugin(binary: Path) -> str:
    """Return the version of a Pulumi provider; nothing when it does not answer.

    A provider has no option for that: started without an engine it prints its port, and is asked there.
    """
    # Pulumi's package takes half a second to import, and only somebody with a provider on PATH comes here.
    grpc = importlib.import_module("grpc")
    empty = importlib.import_module("google.protobuf.empty_pb2")
    protocol = importlib.import_module("pulumi.runtime.proto.provider_pb2_grpc")

    try:
        process = subprocess.Popen([binary], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ""
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port.isdecimal():
            return ""
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            provider = protocol.ResourceProviderStub(channel)
            answer = provider.GetPluginInfo(empty.Empty(), timeout=ASK_SECONDS)
        return str(answer.version)
    except grpc.RpcError:
        return ""
    finally:
        process.kill()
        process.communicate()
