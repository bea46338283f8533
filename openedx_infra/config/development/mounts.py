"""The mounts of a stack, each with what it is, and every fault of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openedx_infra.config.development.recognition import Kind, MountFault, Recognized, recognize
from openedx_infra.config.development.section import Mount
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.stack import Stack


@dataclass(frozen=True, kw_only=True)
class MountedFolder:
    """A folder in pods of a development instance."""

    mount: str
    """Name of the mount in the stack file."""
    what: Recognized
    """What it is."""
    on_node: str
    """Its path on the node."""
    writable: bool
    """Whether pods may write into it."""


def mounted(stack: Stack, *kinds: Kind) -> tuple[MountedFolder, ...]:
    """The mounts of a stack that are of these kinds, all without any; those that can't be mounted are left
    out, as `problems` names them."""
    found = []
    for name, mount in _mounts(stack):
        try:
            what = _recognized(mount.folder_of(stack.name, name))
        except MountFault:
            continue
        if not kinds or what.kind in kinds:
            folder = MountedFolder(
                mount=name,
                what=what,
                on_node=mount.on_node(stack.name, name),
                writable=mount.writable,
            )
            found.append(folder)
    return tuple(found)


def problems(stack: Stack) -> list[str]:
    """One line for each mount that can't be mounted."""
    faults = []
    for name, mount in _mounts(stack):
        folder = mount.folder_of(stack.name, name)
        try:
            _recognized(folder)
        except MountFault as error:
            text = f"{folder} {error}"
            if mount.git and not folder.exists():
                text = f"{folder} isn't cloned yet: run `git clone {mount.git} {folder}`"
            faults.append(f"{key_of(('development', 'mounts', name))}: {text}")
    return [*faults, *_services(stack), *_twice(stack)]


def without_faulty(stack: Stack) -> Stack:
    """The stack without the mounts that `problems` names, so that everything else can be judged."""
    section = stack.development
    if section is None:
        return stack
    fit = {each.mount for each in mounted(stack) if each.what.kind != "service"}
    mounts = {name: mount for name, mount in section.mounts.items() if name in fit}
    return stack.model_copy(update={"development": section.model_copy(update={"mounts": mounts})})


def _services(stack: Stack) -> Iterator[str]:
    """Companion services, whose images are built of their own folders."""
    for folder in mounted(stack, "service"):
        key, name = key_of(("development", "mounts", folder.mount)), folder.what.name
        yield (
            f"{key}: {folder.what.folder} is the service {name}, which runs from an image alone: leave it "
            f"out, and write `code: {{source: folder, path: {folder.what.folder}}}` under "
            f"`openedx:services.{name}.build`"
        )


def _twice(stack: Stack) -> Iterator[str]:
    """Mounts that would be in one place."""
    first: dict[tuple[str, str], str] = {}
    for folder in mounted(stack):
        for place in _places(folder):
            if place in first:
                kind, name = place
                what = "edx-platform" if kind == "platform" else f"the {kind} {name}"
                key = key_of(("development", "mounts", folder.mount))
                yield f"{key}: is {what}, as `{first[place]}` is: leave one of them out"
            else:
                first[place] = folder.mount


def _places(folder: MountedFolder) -> Iterator[tuple[str, str]]:
    what = folder.what
    if what.kind == "platform":
        yield "platform", ""
    elif what.kind == "themes":
        yield from (("theme", what.folder.name if name == "." else name) for name in what.themes)
    else:
        yield what.kind, what.name


def _mounts(stack: Stack) -> list[tuple[str, Mount]]:
    return sorted(stack.development.mounts.items()) if stack.development else []


@cache
def _recognized(folder: Path) -> Recognized:
    """A run asks for each folder many times, and what it is doesn't change meanwhile."""
    return recognize(folder)
