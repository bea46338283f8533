"""Clones of mounts that name a Git repository: made where there is no folder yet, and never changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.config.development.section import Mount
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.operations.errors import OperationError
from openedx_infra.releases import RELEASES

_NO_AUTHORIZATION = (
    "authentication failed",
    "could not read username",
    "permission denied",
    "terminal prompts disabled",
    "repository not found",
    "403",
)
_NO_NETWORK = (
    "could not resolve host",
    "connection refused",
    "connection timed out",
    "network is unreachable",
    "failed to connect",
)
_NO_REF = ("remote branch",)


def clone_missing(stack: Stack, console: Console, *, whole: bool = False) -> None:
    """Clone each mount that names a repository and has no folder yet, at its `ref` or that of the release.

    `whole`: with all history; else with the newest commit alone, which `git fetch --unshallow` completes. A
    folder that is there is left alone, and named where it is at another ref. Raises OperationError for the
    first one that can't be cloned, of which nothing is left.
    """
    mounts = stack.development.mounts if stack.development else {}
    for name, mount in mounts.items():
        if mount.git is None:
            continue
        folder = mount.folder_of(stack.name, name)
        ref = mount.ref or RELEASES[stack.release].ref
        if folder.exists():
            _print_other_ref(folder, ref, console)
        else:
            _clone(name, mount, folder, ref, whole=whole)
            console.print(f"{mount.git} is cloned to {folder}, at {ref}.", highlight=False, soft_wrap=True)


def _clone(name: str, mount: Mount, folder: Path, ref: str, *, whole: bool) -> None:
    key = key_of(("development", "mounts", name))
    if shutil.which("git") is None:
        raise OperationError(f"{key} names a repository, and there is no git here.", remedy="install git")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    depth = [] if whole else ["--depth", "1"]
    try:
        done = _git(["clone", "--quiet", *depth, "--branch", ref, "--", str(mount.git), str(part)])
        if done.returncode:
            raise _failure(key, str(mount.git), ref, done.stderr.strip())
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _failure(key: str, address: str, ref: str, text: str) -> OperationError:
    lower = text.lower()
    if any(sign in lower for sign in _NO_REF):
        reason, remedy = f"it has no branch or tag {ref}", f"set {key}.ref to one that it has"
    elif any(sign in lower for sign in _NO_NETWORK):
        reason, remedy = "it can't be reached", "see that this machine reaches it, and try again"
    elif any(sign in lower for sign in _NO_AUTHORIZATION):
        reason = "it isn't there, or you may not read it"
        remedy = "write its address by ssh, with a key that may, or clone it yourself and name the folder"
    else:
        reason, remedy = "git failed", "clone it yourself, and name the folder"
    return OperationError(
        f"{key}: {address} could not be cloned: {reason}. Nothing is left of it.\n  {text}", remedy=remedy
    )


def _print_other_ref(folder: Path, ref: str, console: Console) -> None:
    """Name a clone that is at another branch or tag than the stack file wants. It is yours: it may be on
    purpose. A folder without a repository of its own is a copy."""
    if not (folder / ".git").exists():
        return
    here = _git(["-C", str(folder), "rev-parse", "HEAD"])
    wanted = _git(["-C", str(folder), "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"])
    if here.returncode:
        return
    if wanted.returncode or here.stdout != wanted.stdout:
        at = _git(["-C", str(folder), "rev-parse", "--abbrev-ref", "HEAD"]).stdout.strip()
        console.print(
            f"{folder} is at {here.stdout[:10] if at == 'HEAD' else at}, and the stack wants {ref}. It is "
            "left as it is.",
            highlight=False,
            soft_wrap=True,
        )


def _git(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # A question for a password would wait for ever where nobody sees it.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return subprocess.run(
        ["git", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
