"""Copies whole volumes to a snapshot and back, and empties them. Runs as root in a pod that mounts them.

Verbs send it with a request (`serve.py` in `in_platform`). A snapshot is a folder: one tar archive for each
volume, and a manifest with their digests. Whoever calls `save`, `swap` and `empty` has stopped the servers.
"""

import base64
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

MANIFEST = "manifest.json"
FORMAT = 1
"""Form of a snapshot. Another one is refused."""
LOADED, FORMER = ".openedx-infra-loaded", ".openedx-infra-former"
"""Folders in a volume: what a snapshot had, until it takes the place of what is there; and what was there."""
PIECE = 2**20
ATTRIBUTE = "OPENEDX.xattr."
"""Beginning of the pax headers with a file's extended attributes, in which versitygw keeps what S3 knows of
an object. The rest is the name; the value is Base64."""
SPARE = 64 * 2**20
"""Bytes that stay free on a disk (a guess)."""

Volumes = Mapping[str, str]
"""Folders that show volumes, by the names of their claims."""


class Refused(Exception):
    """Nothing was changed. The text says why."""


def save(
    snapshots: str, name: str, volumes: Volumes, about: dict[str, Any], replace: bool = False
) -> dict[str, Any]:
    """Write the volumes into a new snapshot, which is there whole or not at all. `about` goes into its
    manifest."""
    final, part = Path(snapshots, name), Path(snapshots, f".{name}.part")
    if final.exists() and not replace:
        raise Refused(f"Snapshot {name} exists. Choose another name, or add --replace.")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    part.chmod(0o700)
    try:
        demand_room(part, sum(used(Path(path)) for path in volumes.values()))
        files = {volume: pack(Path(path), part / f"{volume}.tar") for volume, path in volumes.items()}
        manifest = {"format": FORMAT, **about, "volumes": files}
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1))
        shutil.rmtree(final, ignore_errors=True)
        part.rename(final)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return {"bytes": sum(each["bytes"] for each in files.values())}


def used(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(Path(place, name).lstat().st_size for place, _, names in os.walk(folder) for name in names)


def demand_room(folder: Path, size: int) -> None:
    """Refuse what the disk has no room for."""
    free = shutil.disk_usage(folder).free
    if size + SPARE > free:
        raise Refused(
            f"The disk of the node has {free // 2**20} MiB left, and {size // 2**20} MiB are needed. Free "
            "some, for instance by `openedx-infra dev snapshot delete`."
        )


class Digest:
    """A file that takes the digest of what goes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sum, self.size = file, hashlib.sha256(), 0

    def write(self, piece: bytes) -> int:
        """Write a piece."""
        self.sum.update(piece)
        self.size += len(piece)
        return self.file.write(piece)

    def read(self, size: int) -> bytes:
        """Read a piece."""
        piece = self.file.read(size)
        self.sum.update(piece)
        self.size += len(piece)
        return piece


def pack(folder: Path, path: Path) -> dict[str, Any]:
    """Write a folder's content as a tar archive; return its digest and size."""
    with path.open("wb") as file:
        stream = Digest(file)
        with tarfile.open(
            fileobj=cast(IO[bytes], stream), mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE
        ) as archive:
            for each in content(folder):
                archive.add(each, arcname=each.name, filter=lambda member: noted(folder, member))
    return {"sha256": stream.sum.hexdigest(), "bytes": stream.size}


def content(folder: Path) -> list[Path]:
    """What a volume holds, in order: without folders of ours, and of its file system."""
    return sorted(path for path in folder.iterdir() if path.name not in (LOADED, FORMER, "lost+found"))


def noted(folder: Path, member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member of an archive with its extended attributes."""
    path = folder / member.name
    attributes = {
        ATTRIBUTE + name: base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode()
        for name in os.listxattr(path, follow_symlinks=False)
        if name.startswith("user.")
    }
    member.pax_headers = {**member.pax_headers, **attributes}
    return member


def manifest(snapshots: str, name: str) -> dict[str, Any]:
    """The manifest of a snapshot."""
    folder = Path(snapshots, name)
    if not folder.is_dir() or name.startswith("."):
        raise Refused(
            f"There is no snapshot {name}. `openedx-infra dev snapshot list` shows those there are."
        )
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        if found["format"] != FORMAT:
            raise Refused(f"Snapshot {name} has form {found['format']}, and this version reads {FORMAT}.")
        for each in found["volumes"].values():
            if not (isinstance(each["sha256"], str) and isinstance(each["bytes"], int)):
                raise TypeError("volumes")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"Snapshot {name} is damaged: its manifest can't be read ({type(error).__name__}). Nothing was "
            "changed."
        ) from error
    return found


def about(snapshots: str, name: str) -> dict[str, Any]:
    """What a snapshot is of."""
    return manifest(snapshots, name)


def prepare(snapshots: str, name: str, volumes: Volumes) -> dict[str, Any]:
    """Unpack a snapshot beside what the volumes hold, and compare it with its digests: nothing that servers
    see is changed."""
    saved = manifest(snapshots, name)["volumes"]
    if missing := sorted(set(volumes) ^ set(saved)):
        raise Refused(
            f"Snapshot {name} has the volumes {', '.join(sorted(saved))}, and the instance has "
            f"{', '.join(sorted(volumes))}: they differ in {', '.join(missing)}. Nothing was changed."
        )
    try:
        for volume, path in volumes.items():
            unpack(Path(snapshots, name, f"{volume}.tar"), Path(path), name, saved[volume])
    except BaseException:
        for path in volumes.values():
            shutil.rmtree(Path(path, LOADED), ignore_errors=True)
        raise
    return {}


def unpack(path: Path, volume: Path, name: str, wanted: Mapping[str, Any]) -> None:
    """Unpack one archive into LOADED of its volume. Refuses one that isn't what was saved."""
    loaded = volume / LOADED
    shutil.rmtree(loaded, ignore_errors=True)
    if not path.is_file() or path.stat().st_size != wanted["bytes"]:
        raise Refused(f"Snapshot {name} is damaged: {path.name} is cut short or gone. Nothing was changed.")
    demand_room(volume, wanted["bytes"])
    loaded.mkdir(mode=0o700)
    problem = None
    with path.open("rb") as file:
        stream = Digest(file)
        try:
            with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|", bufsize=PIECE) as archive:
                for member in archive:
                    extract(archive, member, loaded)
        except (tarfile.TarError, ValueError, EOFError) as error:
            problem = error
        while stream.read(PIECE):
            pass
    if problem or stream.sum.hexdigest() != wanted["sha256"]:
        raise Refused(f"Snapshot {name} is damaged: {path.name} is not what was saved. Nothing was changed.")


def extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack one member with its owner, its mode and its extended attributes."""
    if member.name.startswith("/") or ".." in Path(member.name).parts:
        raise tarfile.TarError(member.name)
    archive.extract(member, folder, numeric_owner=True, filter="fully_trusted")
    for header, value in member.pax_headers.items():
        if header.startswith(ATTRIBUTE):
            os.setxattr(
                folder / member.name,
                header.removeprefix(ATTRIBUTE),
                base64.b64decode(value),
                follow_symlinks=False,
            )


def swap(volumes: Volumes) -> dict[str, Any]:
    """Put what `prepare` unpacked in the place of what the volumes hold: by renaming, within a moment."""
    roots = [Path(path) for path in volumes.values()]
    if missing := [str(root) for root in roots if not (root / LOADED).is_dir()]:
        raise Refused(f"Nothing is prepared in {', '.join(missing)}. Nothing was changed.")
    for root in roots:
        set_aside(root)
        for path in list((root / LOADED).iterdir()):
            path.rename(root / path.name)
        (root / LOADED).rmdir()
    return {}


def set_aside(root: Path) -> None:
    """Move what a volume holds into FORMER, where something may be of a load that ended half-way."""
    former = root / FORMER
    former.mkdir(mode=0o700, exist_ok=True)
    for path in content(root):
        remove(former / path.name)
        path.rename(former / path.name)


def remove(path: Path) -> None:
    """Delete a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def discard(volumes: Volumes) -> dict[str, Any]:
    """Delete what is left of a load that ended half-way, or what one replaced."""
    for path in volumes.values():
        for name in (LOADED, FORMER):
            shutil.rmtree(Path(path, name), ignore_errors=True)
    return {}


def empty(volumes: Volumes) -> dict[str, Any]:
    """Delete all that the volumes hold."""
    for path in volumes.values():
        set_aside(Path(path))
    return discard(volumes)


def listed(snapshots: str) -> dict[str, Any]:
    """All snapshots, oldest first; of a damaged one there is its name alone."""
    found = []
    root = Path(snapshots)
    for path in root.iterdir() if root.is_dir() else ():
        if path.is_dir() and not path.name.startswith("."):
            try:
                each = manifest(snapshots, path.name)
            except Refused:
                each = {"damaged": True}
            size = sum(volume["bytes"] for volume in each.pop("volumes", {}).values())
            found.append({**each, "name": path.name, "bytes": size})
    return {"snapshots": sorted(found, key=lambda each: (each.get("made", ""), each["name"]))}


def delete(snapshots: str, name: str) -> dict[str, Any]:
    """Delete a snapshot, damaged or not."""
    folder = Path(snapshots, name)
    if not folder.is_dir() or name.startswith("."):
        raise Refused(f"There is no snapshot {name}.")
    shutil.rmtree(folder)
    return {}


ACTIONS = {
    "save": save,
    "about": about,
    "prepare": prepare,
    "swap": swap,
    "discard": discard,
    "empty": empty,
    "list": listed,
    "delete": delete,
}
