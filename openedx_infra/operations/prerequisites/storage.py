"""StorageClasses that volumes of a stack need: whether they are there, and give the access asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.cluster.api import Ask, Question
from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed

CLASS_KEY = "openedx:cluster.storage_class"
ACCESS_KEY = "openedx:datastores.storage.access_mode"

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_ONE_NODE = frozenset(
    {
        "rancher.io/local-path",
        "topolvm.io",
        "openebs.io/local",
        "local.csi.openebs.io",
        "ebs.csi.aws.com",
        "ebs.csi.eks.amazonaws.com",
        "kubernetes.io/aws-ebs",
        "pd.csi.storage.gke.io",
        "kubernetes.io/gce-pd",
        "disk.csi.azure.com",
        "kubernetes.io/azure-disk",
        "dobs.csi.digitalocean.com",
        "csi.hetzner.cloud",
        "linodebs.csi.linode.com",
        "block.csi.vultr.com",
        "csi.scaleway.com",
        "cinder.csi.openstack.org",
        "rbd.csi.ceph.com",
        "rook-ceph.rbd.csi.ceph.com",
        "csi.proxmox.sinextra.dev",
    }
)
"""Provisioners of disks with a file system on them, which only one node can mount, by their documentation.
Other provisioners are believed to give what is asked."""
_MANY_NODES = ("ReadWriteMany", "ReadOnlyMany")


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """A volume that the stack asks for."""

    storage_class: str | None
    modes: tuple[str, ...]


def problems(objects: Items, facts: Facts, ask: Ask) -> Iterator[Lack]:
    """Missing classes, a missing default, and access that a class can't give. Volumes that are bound need
    nothing more."""
    classes = facts.storage_classes
    if classes is None:
        return
    claims = list(_unbound(objects, facts))
    wanted = {claim.storage_class for claim in claims}
    by_name = {each["metadata"]["name"]: each for each in classes}
    default = next((each for each in classes if _is_default(each)), None)
    for name in sorted(each for each in wanted if each):
        if name not in by_name and not _has_volumes(name, ask):
            yield _missing(name, classes)
    if None in wanted and default is None:
        yield _no_default(classes)
    for claim in claims:
        one = by_name.get(claim.storage_class) if claim.storage_class else default
        if one and one.get("provisioner") in _ONE_NODE and set(claim.modes) & set(_MANY_NODES):
            yield _access(one, claim)
            return


def _unbound(objects: Items, facts: Facts) -> Iterator[_Claim]:
    bound = {
        (namespace, claim["metadata"]["name"])
        for namespace, claims in facts.claims.items()
        for claim in claims
        if claim.get("spec", {}).get("volumeName")
    }
    with_volumes = {namespace for namespace, _ in bound}
    for item in objects:
        meta = item["metadata"]
        if item["kind"] == "PersistentVolumeClaim":
            is_bound = (meta.get("namespace"), meta["name"]) in bound
        else:
            # Claims of operators and StatefulSets have names of their own: all of an instance that lives.
            is_bound = meta.get("namespace") in with_volumes
        if not is_bound:
            yield from _claims(item)


def _claims(value: Any) -> Iterator[_Claim]:
    """All specs of claims within an object: its own, templates, and those of custom resources."""
    if isinstance(value, dict):
        if isinstance(value.get("accessModes"), list):
            yield _Claim(storage_class=value.get("storageClassName"), modes=tuple(value["accessModes"]))
            return
        for inner in value.values():
            yield from _claims(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _claims(inner)


def _is_default(one: Item) -> bool:
    return (one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true"


def _has_volumes(name: str, ask: Ask) -> bool:
    """Whether volumes of this class were made by hand, which needs no object for the class; True where our
    user may not read them."""
    [answer] = ask([Question(path="/api/v1/persistentvolumes")])
    items: Items = answer.body.get("items", [])
    return not answer.is_good or any(each.get("spec", {}).get("storageClassName") == name for each in items)


def _missing(name: str, classes: Items) -> Lack:
    if not classes:
        return Lack(key=CLASS_KEY, found=f'"{name}" is not there, nor any StorageClass', remedy=_INSTALL)
    return Lack(
        key=CLASS_KEY,
        found=f'"{name}" is no StorageClass of the cluster, which has {_names(classes)}',
        remedy="Set one of these, or create it",
    )


def _no_default(classes: Items) -> Lack:
    if not classes:
        return Lack(key=CLASS_KEY, found="the cluster has no StorageClass at all", remedy=_INSTALL)
    first = classes[0]["metadata"]["name"]
    return Lack(
        key=CLASS_KEY,
        found=f"is not set, and the cluster has no default StorageClass, but {_names(classes)}",
        remedy="Set one of these, or make one the default: `kubectl annotate storageclass "
        f"{first} {_DEFAULT}=true`",
    )


_INSTALL = (
    "Install a provisioner of volumes: k3s brings one for the local disk "
    "(https://github.com/rancher/local-path-provisioner), clouds have CSI drivers for their disks"
)


def _access(one: Item, claim: _Claim) -> Lack:
    name, provisioner = one["metadata"]["name"], one["provisioner"]
    return Lack(
        key=ACCESS_KEY,
        found=f"asks for {listed(claim.modes)}, and volumes of StorageClass {name} ({provisioner}) can be "
        "mounted on one node only",
        remedy="Set `ReadWriteOnce` on a single server, use a class of a network file system (NFS, CephFS, "
        "EFS), or keep files in buckets: `storage: {source: in-cluster}`",
    )


def _names(classes: Items) -> str:
    return listed(
        each["metadata"]["name"] + (" (default)" if _is_default(each) else "")
        for each in sorted(classes, key=lambda each: str(each["metadata"]["name"]))
    )
