"""The toolchain: each tool found on PATH, downloaded or built, and linked into a folder for PATH."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock, Timeout
from rich.console import Console

from tools.build import build
from tools.download import Downloader, DownloadError
from tools.errors import ToolError
from tools.model import Platform, Tool
from tools.on_path import find
from tools.paths import cache_dir
from tools.progress import step
from tools.recipes import ALL, PULUMI_DOCKER_BUILD, PULUMI_KUBERNETES, TOOLS

ORIGIN = "origin.txt"
"""Beside a tool's binaries: where they came from. It is written last."""

_PROVIDERS = {
    "pulumi-resource-kubernetes": f"resource-kubernetes-v{PULUMI_KUBERNETES}",
    "pulumi-resource-docker-build": f"resource-docker-build-v{PULUMI_DOCKER_BUILD}",
}
"""Pulumi's providers, and the folder that Pulumi's own installation would give each."""

_NONE: Mapping[str, Tool] = MappingProxyType({})


@dataclass(frozen=True)
class Toolchain:
    """The tools that were asked for.

    `paths` leads from a binary's name to it; `bin_dir` holds links to all of them but Pulumi's providers,
    which lie in `pulumi_home` as Pulumi's own installation would put them (on PATH each draws a warning).
    """

    paths: Mapping[str, Path]
    bin_dir: Path
    pulumi_home: Path

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which Pulumi, its plugins and this Python are the ones that run.

        The language host runs the first `python` on PATH: that must be the running environment's. Logins
        stay where they are.
        """
        python = Path(sys.prefix) / "bin"
        path = os.pathsep.join([str(self.bin_dir), str(python), *filter(None, [base.get("PATH")])])
        home = base.get("PULUMI_HOME") or str(Path.home() / ".pulumi")
        changed = {key: value for key, value in base.items() if key != "PULUMI_IGNORE_AMBIENT_PLUGINS"}
        changed.setdefault("PULUMI_CREDENTIALS_PATH", home)
        return changed | {
            "PATH": path,
            "PULUMI_HOME": str(self.pulumi_home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


def ensure(
    names: Iterable[str] = ALL, *, extra: Mapping[str, Tool] = _NONE, console: Console | None = None
) -> Toolchain:
    """Provide the named tools (see `recipes.TOOLS`, and `extra` recipes by name) and return where they are.

    Tried in turn for each: a recent one on PATH, the cache, the official release, a build from Go modules.
    Raises ToolError when none of these gives it, KeyError for a name that is no tool.
    """
    console = console or Console(stderr=True)
    target = Platform.current()
    recipes = {**TOOLS, **extra}
    binaries: dict[str, Path] = {}
    with Downloader(target) as downloader:
        for name in names:
            tool = recipes[name]
            folder = find(tool) or _from_cache(tool, target, downloader, console)
            binaries |= {binary: folder / binary for binary in tool.binaries}
    home = cache_dir() / "pulumi"
    _link_providers(binaries, home)
    _disable_logs(home)
    return Toolchain(paths=binaries, bin_dir=_link(binaries), pulumi_home=home)


def _from_cache(tool: Tool, target: Platform, downloader: Downloader, console: Console) -> Path:
    """Return a tool's folder in the cache; whoever comes first fills it, and others wait."""
    root = cache_dir() / "toolchain"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / tool.key(target)
    if _complete(folder, tool):
        return folder
    lock = FileLock(root / f"{folder.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.print(f"{tool.name}: waiting for another run that makes it", highlight=False, soft_wrap=True)
        lock.acquire()
    try:
        if not _complete(folder, tool):
            _fill(folder, tool, downloader, console)
    finally:
        lock.release()
    return folder


def _complete(folder: Path, tool: Tool) -> bool:
    return all(os.access(folder / binary, os.X_OK) for binary in tool.binaries)


def _fill(folder: Path, tool: Tool, downloader: Downloader, console: Console) -> None:
    """Download or build a tool in a folder of its own, and move it into place when it is complete."""
    work = folder.parent / "work" / folder.name
    shutil.rmtree(work, ignore_errors=True)
    ready = work / "ready"
    ready.mkdir(parents=True)
    try:
        with step(console, f"{tool.name} {tool.version}: official release", 10) as tick:
            origin = downloader.fetch(tool, ready, tick)
    except DownloadError as error:
        console.print(
            f"{tool.name} {tool.version}: official release not used: {error}", highlight=False, soft_wrap=True
        )
        shutil.rmtree(ready)
        ready.mkdir()
        with step(console, f"{tool.name} {tool.version}: build from Go modules", tool.seconds) as tick:
            origin = build(tool, work, ready, tick)
    if not _complete(ready, tool):
        raise ToolError(tool.name, "installation", f"{origin} did not give all of {', '.join(tool.binaries)}")
    (ready / ORIGIN).write_text(origin + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    ready.rename(folder)
    shutil.rmtree(work)


def _link(binaries: Mapping[str, Path]) -> Path:
    """Return a folder of links to just these binaries, made once for each set of them."""
    links = {binary: path for binary, path in binaries.items() if binary not in _PROVIDERS}
    name = hashlib.sha256(repr(sorted(links.items())).encode()).hexdigest()[:12]
    folder = cache_dir() / "toolchain" / f"bin-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    for binary, path in links.items():
        _point(folder / binary, path)
    return folder


def _link_providers(binaries: Mapping[str, Path], home: Path) -> None:
    """Put the providers that were asked for where Pulumi's own installation would."""
    for binary in _PROVIDERS.keys() & binaries.keys():
        folder = home / "plugins" / _PROVIDERS[binary]
        folder.mkdir(parents=True, exist_ok=True)
        _point(folder / binary, binaries[binary])


def _disable_logs(home: Path) -> None:
    """Keep Pulumi from logging each run by itself: a file stands where it would make the folder.

    It has no switch for that, logs at the most verbose level, and encrypts all of it. Without, the preview
    of a whole instance takes 2.4 s of CPU rather than 3.8 s (measured). `-v --logtostderr` works as ever.
    """
    logs = home / "logs"
    if logs.is_dir():
        shutil.rmtree(logs, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    logs.touch()


def _point(link: Path, target: Path) -> None:
    """Make a link lead to a target, in one move: another run may be reading it."""
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
