"""Volumes and mounts of pods: files, scratch folders, and claims that outlive a pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.models import (
    EmptyDirVolumeSourceArgs,
    HostPathVolumeSourceArgs,
    PersistentVolumeClaim,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    ProjectedVolumeSourceArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeProjectionArgs,
    VolumeResourceRequirementsArgs,
)
from openedx_infra.kubernetes.names import Scope

GROUP_READABLE = 0o440
"""Mode of mounted files: the pod's user reads them by its group, fsGroup; nobody else does."""


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A folder of a container, and the volume that it shows."""

    path: str
    """Absolute path of the folder."""
    volume: VolumeArgs
    """What is seen there."""
    read_only: bool = False
    """Whether the container may only read."""
    part: str | None = None
    """Folder of the volume that is seen, which is made if it is missing. None: all of it."""

    def args(self) -> VolumeMountArgs:
        """The mount as Kubernetes wants it."""
        return VolumeMountArgs(
            name=self.volume.name,
            mount_path=self.path,
            read_only=self.read_only or None,
            sub_path=self.part,
        )


def scratch(name: str, path: str, size: str) -> Mount:
    """A folder to write to, empty at start, gone with the pod.

    A pod that writes more than `size` is evicted.
    """
    return Mount(path=path, volume=VolumeArgs(name=name, empty_dir=EmptyDirVolumeSourceArgs(size_limit=size)))


def claimed(name: str, path: str, claim: PersistentVolumeClaim) -> Mount:
    """A folder on a volume that outlives the pod."""
    source = PersistentVolumeClaimVolumeSourceArgs(claim_name=claim.metadata["name"])
    return Mount(path=path, volume=VolumeArgs(name=name, persistent_volume_claim=source))


def mounted(name: str, path: str, files: Sequence[Files]) -> Mount:
    """A folder that shows files of ConfigMaps and Secrets side by side."""
    source = ProjectedVolumeSourceArgs(
        default_mode=GROUP_READABLE,
        sources=[VolumeProjectionArgs(**file.projection()) for file in files],
    )
    return Mount(path=path, volume=VolumeArgs(name=name, projected=source), read_only=True)


def host_folder(name: str, path: str, folder: str, *, read_only: bool) -> Mount:
    """A folder of the node, which must be there. The namespace must admit it (`names.PRIVILEGED`)."""
    source = HostPathVolumeSourceArgs(path=folder, type="Directory")
    return Mount(path=path, volume=VolumeArgs(name=name, host_path=source), read_only=read_only)


def renamed(mount: Mount, name: str) -> Mount:
    """The same folder on a volume by another name: in a pod whose containers each have one of their own."""
    volume = mount.volume
    same = VolumeArgs(name=name, projected=volume.projected, empty_dir=volume.empty_dir)
    return Mount(path=mount.path, volume=same, read_only=mount.read_only)


def claim(
    name: str,
    scope: Scope,
    size: str,
    opts: pulumi.ResourceOptions,
    *,
    storage_class: str | None = None,
    access_mode: str = "ReadWriteOnce",
    annotations: Mapping[str, str] | None = None,
) -> PersistentVolumeClaim:
    """A volume of its own, apart from the workload that mounts it, so that replacing the one spares the
    other."""
    return PersistentVolumeClaim(
        name,
        metadata=scope.metadata(name, name=name, annotations=annotations),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=[access_mode],
            storage_class_name=storage_class,
            resources=VolumeResourceRequirementsArgs(requests={"storage": size}),
        ),
        opts=opts,
    )
