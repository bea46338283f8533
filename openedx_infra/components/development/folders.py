"""Mounted folders as volumes: where each belongs in pods of the platform, and for the installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openedx_infra.config import Stack
from openedx_infra.config.development.mounts import MountedFolder, mounted
from openedx_infra.kubernetes import volumes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths


def platform_folders(stack: Stack) -> list[Mount]:
    """Folders in each container of the platform: its source, packages, and themes one by one, beside those of
    the image."""
    mounts = []
    for folder in mounted(stack, "platform"):
        mounts.append(_mount(folder, paths.PLATFORM_DIR))
    for folder in mounted(stack, "package"):
        mounts.append(_mount(folder, f"{paths.MOUNTED_PACKAGES_DIR}/{folder.mount}"))
    for folder in mounted(stack, "themes"):
        mounts += _themes(folder)
    return mounts


def sources(stack: Stack) -> list[Mount]:
    """Folders that the installation of packages reads: packages, and the platform beside the image's own."""
    return [
        _mount(folder, f"{paths.MOUNT_SOURCES_DIR}/{folder.mount}", read_only=True)
        for folder in mounted(stack, "platform", "package")
    ]


def watched(stack: Stack) -> str:
    """Folders whose files of Python make processes start again, as the supervisor takes them."""
    packages = [f"{paths.MOUNTED_PACKAGES_DIR}/{each.mount}" for each in mounted(stack, "package")]
    return ":".join([*([paths.PLATFORM_DIR] if mounted(stack, "platform") else []), *packages])


def moved_settings(mounts: Sequence[Mount]) -> list[Mount]:
    """The mounts of a container, with its settings packages outside of the mounted platform: a mount in a
    mounted folder would make a folder there, which belongs to the developer."""
    places = {paths.module_dir(site): f"{paths.DEVELOPMENT_SETTINGS_DIR}/{site}" for site in ("lms", "cms")}
    return [
        Mount(path=places.get(each.path, each.path), volume=each.volume, read_only=each.read_only)
        for each in mounts
    ]


def _themes(folder: MountedFolder) -> Iterator[Mount]:
    for theme in folder.what.themes:
        name = folder.what.folder.name if theme == "." else theme
        on_node = folder.on_node if theme == "." else f"{folder.on_node}/{theme}"
        yield volumes.host_folder(
            _volume(f"{folder.mount}-{name}"),
            f"{paths.THEMES_DIR}/{name}",
            on_node,
            read_only=not folder.writable,
        )


def _mount(folder: MountedFolder, path: str, *, read_only: bool | None = None) -> Mount:
    return volumes.host_folder(
        _volume(folder.mount),
        path,
        folder.on_node,
        read_only=not folder.writable if read_only is None else read_only,
    )


def _volume(name: str) -> str:
    """Name of a volume: a label of DNS, as names of folders need not be."""
    letters = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())
    return f"mount-{letters}"[:63].strip("-")
