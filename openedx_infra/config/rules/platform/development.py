"""Rules on development instances: what mounts folders has nothing of production, and runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.development.section import Development
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.images.builds import OpenedxBuild
from openedx_infra.config.sections.mail import MailSes
from openedx_infra.config.sizing.sizing import Web, WorkerPool
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.hosts import is_local

_SECTION: Location = ("development",)
_OWN_SOURCES = ("in-cluster", "volumes")
"""Sources of datastores that are the instance's own, and hold nobody else's data."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack: none where it is no development instance."""
    section = stack.development
    if section is None:
        return
    yield from _hosts(stack)
    yield from _data(stack)
    yield from _parts(stack)
    yield from _one_pod_of_each(stack)
    yield from _image(stack, section)
    yield from _debugger(section)
    yield from _mounts(section)


def _hosts(stack: Stack) -> Iterator[Conflict]:
    """Each host is a name of this machine. One that follows from `lms_host` isn't named again."""
    site = stack.site
    hosts = {
        "lms_host": site.lms_host,
        "studio_host": site.studio_host,
        "mfe_host": site.mfe_host,
        "search_host": site.search_host,
    }
    wrong = {key: host for key, host in hosts.items() if not is_local(host)}
    named = {
        key: host
        for key, host in wrong.items()
        if key == "lms_host" or not ("lms_host" in wrong and host.endswith(f".{site.lms_host}"))
    }
    for key, host in named.items():
        text = (
            f"{host} is a public name, and a development instance runs what is in folders of one machine: "
            "write a name of this machine, such as local.openedx.io, or leave `openedx:development` out"
        )
        yield Conflict(("site", key), text, (_SECTION,))
    for index, host in enumerate(site.more_hosts):
        if not is_local(host):
            text = f"{host} is a public name: a development instance has names of this machine alone"
            yield Conflict(("site", "more_hosts", index), text, (_SECTION,))


def _data(stack: Stack) -> Iterator[Conflict]:
    """No data but its own: code that is being written must not reach anybody else's."""
    for name, source in stack.sources.items():
        if name == "mail":
            continue
        if source not in _OWN_SOURCES:
            text = (
                f"{source} may hold data of others, which code under development could destroy: write "
                "in-cluster, or leave `openedx:development` out"
            )
            yield Conflict(("datastores", name, "source"), text, (_SECTION,))
    if isinstance(stack.mail.delivery, MailSes):
        text = "ses would send mail to anybody: write relay or smtp, or leave `openedx:development` out"
        yield Conflict(("mail", "delivery", "source"), text, (_SECTION,))


def _parts(stack: Stack) -> Iterator[Conflict]:
    """Parts that production has, and that a folder of one machine is of no use to."""
    reasons = {
        "foundation": (stack.foundation, "what many instances share holds data of others"),
        "aws": (stack.aws, "nodes of AWS don't see folders of this machine"),
        "blue_green": (stack.blue_green, "two versions would run the same folder"),
        "backups": (stack.backups, "backups are of instances worth keeping; `openedx-infra dev snapshot` is "
                                   "for development"),
    }  # fmt: skip
    for key, (value, reason) in reasons.items():
        if value is not None:
            text = f"{reason}: leave it out, or leave `openedx:development` out"
            yield Conflict((key,), text, (_SECTION,))
    if stack.cluster.users == "assigned":
        text = (
            "assigned is of clusters whose pods may mount no folder of a node: write fixed, or leave "
            "`openedx:development` out"
        )
        yield Conflict(("cluster", "users"), text, (_SECTION,))
    if stack.cluster.nodes and stack.cluster.nodes.count > 1:
        text = (
            f"{stack.cluster.nodes.count} nodes, one of which has the folders: write 1, or leave "
            "`openedx:development` out"
        )
        yield Conflict(("cluster", "nodes", "count"), text, (_SECTION,))


def _one_pod_of_each(stack: Stack) -> Iterator[Conflict]:
    """One pod of each kind: a breakpoint is then in the pod that answers."""
    sizing = stack.sizing
    sizes: dict[tuple[str, ...], Web | WorkerPool] = {("lms",): sizing.lms, ("studio",): sizing.studio}
    for key, pools in (("lms_workers", sizing.lms_workers), ("studio_workers", sizing.studio_workers)):
        sizes |= {(key, name): pool for name, pool in pools.items()}
    for keys, size in sizes.items():
        where: Location = ("sizing", *keys)
        if size.autoscaling is not None:
            text = "a development instance has one pod of each kind: leave the autoscaler out"
            yield Conflict((*where, "autoscaling"), text, (_SECTION, ("sizing", "profile")))
        elif size.replicas is not None and size.replicas > 1:
            text = f"{size.replicas} pods, and a development instance has one of each kind: write 1"
            yield Conflict((*where, "replicas"), text, (_SECTION, ("sizing", "profile")))


def _image(stack: Stack, section: Development) -> Iterator[Conflict]:
    """What only the image `development` has is asked for with an image that is built without it."""
    build = stack.images.openedx
    if not isinstance(build, OpenedxBuild) or build.target == "development":
        return
    wanted = {
        "toolbar": section.toolbar,
        "debugger": bool(section.debugger.processes),
    }
    keys = ", ".join(f"`{key}`" for key, wants in wanted.items() if wants)
    if keys:
        text = (
            f"production lacks what {keys} of `openedx:development` needs: write development, or leave "
            "these out"
        )
        yield Conflict(("images", "openedx", "target"), text, (_SECTION,))


def _debugger(section: Development) -> Iterator[Conflict]:
    if not section.eager_tasks:
        return
    for index, process in enumerate(section.debugger.processes):
        if process.endswith("-worker"):
            site = process.removesuffix("-worker")
            text = f"{process} doesn't run while `eager_tasks` is true: write {site}, or set that to false"
            where: Location = ("development", "debugger", "processes", index)
            yield Conflict(where, text, (("development", "eager_tasks"),))


def _mounts(section: Development) -> Iterator[Conflict]:
    for name, mount in section.mounts.items():
        where: Location = ("development", "mounts", name)
        if mount.folder is None and mount.git is None:
            text = "leads nowhere: write `folder`, or `git` with the address to clone"
            yield Conflict(where, text)
        elif mount.ref is not None and mount.git is None:
            text = f"{mount.ref} is of a clone, and there is none: leave it out, or write `git`"
            yield Conflict((*where, "ref"), text, ((*where, "git"),))
