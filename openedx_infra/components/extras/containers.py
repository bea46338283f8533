"""The way from a container of the stack file to its objects: files, volume, Service, and pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.components.users import WHY
from openedx_infra.components.web_proxy import environment, extra_uses_it
from openedx_infra.config.extras.containers import NOBODY, ExtraContainer, component
from openedx_infra.config.sections.duties import resolved
from openedx_infra.config.types.secret_references import SecretReference
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.job import cron_job
from openedx_infra.kubernetes.models import PersistentVolumeClaim
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.probes import NO_PROBES, Probes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths

DRAIN_SECONDS = 15
"""Seconds to go on serving visitors, as proxies learn late that a pod leaves (as our Caddies do)."""


def stored(
    name: str, container: ExtraContainer, instance: Instance, parent: pulumi.Resource
) -> PersistentVolumeClaim | None:
    """The claim of a container's volume, whether it runs or not. None: it keeps no data."""
    if container.volume is None:
        return None
    return volumes.claim(
        component(name),
        instance.scope,
        container.volume.size,
        instance.data(parent),
        storage_class=instance.stack.cluster.storage_class,
    )


def run(
    name: str,
    container: ExtraContainer,
    instance: Instance,
    parent: pulumi.Resource,
    *,
    after: Sequence[pulumi.Resource],
    claim: PersistentVolumeClaim | None,
) -> None:
    """Registers what runs of a container, and what it reads."""
    title, scope, stack = component(name), instance.scope, instance.stack
    opts = pulumi.ResourceOptions(parent=parent, depends_on=list(after))
    pod = _pod(title, container, instance, _mounts(title, container, instance, parent, claim))
    if container.schedule is not None:
        cron_job(
            title,
            scope,
            pod,
            opts,
            schedule=resolved(container.schedule, stack.name, title),
            deadline_minutes=container.minutes,
            retries=container.retries,
            time_zone=stack.site.time_zone,
        )
        return
    if container.port is not None:
        workload.service(title, scope, pod, pulumi.ResourceOptions(parent=parent))
    workload.deployment(
        title,
        scope,
        pod,
        opts,
        replicas=container.replicas,
        renewal="recreate" if claim else "surge",
    )


def _pod(title: str, container: ExtraContainer, instance: Instance, mounts: Sequence[Mount]) -> Pod:
    stack = instance.stack
    drain_seconds = DRAIN_SECONDS if container.route else 0
    ends = container.schedule is not None
    return Pod(
        component=title,
        container=Container(
            image=instance.pulled(stack.images.mirrored(container.image)),
            size=container.size,
            command=container.command or None,
            args=container.args or None,
            env={**(environment(stack) if extra_uses_it(stack, container) else {}), **container.env},
            port=container.port,
            probes=_probes(title, container),
            mounts=mounts,
            drain_seconds=drain_seconds,
        ),
        user=container.user,
        grace_seconds=container.grace_seconds + drain_seconds,
        restart="Never" if ends else "Always",
        rank="data" if container.volume else "web" if container.port else "workers",
        paused=stack.maintenance.pause,
        annotations=_reason(container),
    )


def _reason(container: ExtraContainer) -> Mapping[str, str]:
    """What policies/ ask for where its pods need more than others, or are replaced otherwise."""
    reasons = [container.reason] if container.reason and container.user < NOBODY else []
    if container.volume:
        reasons.append("one pod at a time writes its volume")
    return {WHY: "; ".join(reasons)} if reasons else {}


def _probes(title: str, container: ExtraContainer) -> Probes:
    """Ready by its path, asked by the name of its Service, or by its port; restarted when it takes no more
    connections."""
    if container.port is None:
        alive = container.alive
        return Probes(liveness=probes.command(*alive)) if alive else NO_PROBES
    by_port = probes.server(container.port, start_seconds=container.start_seconds)
    if container.health is None:
        return by_port
    return Probes(
        startup=probes.http(
            container.health, container.port, host=title, every=5, failures=container.start_seconds // 5
        ),
        readiness=probes.http(container.health, container.port, host=title),
        liveness=by_port.liveness,
    )


def _mounts(
    title: str,
    container: ExtraContainer,
    instance: Instance,
    parent: pulumi.Resource,
    claim: PersistentVolumeClaim | None,
) -> list[Mount]:
    """Its data, its files by their folders, certificates of its datastores, and folders to write to."""
    stores = container.connects_to.datastores
    found = [volumes.claimed("data", container.volume.path, claim)] if claim and container.volume else []
    for number, (folder, shown) in enumerate(_folders(title, container, instance, parent).items(), 1):
        found.append(volumes.mounted(f"files-{number}", folder, shown))
    if stores:
        found += instance.certificates.mounts(*stores)
    if stores and (keys := instance.certificates.secrets(*stores)):
        found.append(volumes.mounted("client-keys", f"{paths.CERTIFICATES_DIR}-of-clients", keys))
    for number, (path, size) in enumerate(container.scratch.items(), 1):
        found.append(volumes.scratch(f"scratch-{number}", path, size))
    return found


def _folders(
    title: str, container: ExtraContainer, instance: Instance, parent: pulumi.Resource
) -> dict[str, list[Files]]:
    """Its files by their folders: all plain ones are in one object, all secret ones in another. Those of what
    runs by the clock have fixed names: a run that begins during a change finds them."""
    fixed = container.schedule is not None
    opts = pulumi.ResourceOptions(parent=parent)
    plain = {path: text for path, text in container.files.items() if isinstance(text, str)}
    secret = {
        path: instance.secrets[reference.secret]
        for path, reference in container.files.items()
        if isinstance(reference, SecretReference)
    }
    keys = {path: f"{number}-{PurePosixPath(path).name}" for number, path in enumerate(container.files, 1)}
    folders: dict[str, list[Files]] = {}
    for kind, values, make in (
        ("files", plain, files.current_plain if fixed else files.plain),
        ("secrets", secret, files.current_secret if fixed else files.secret),
    ):
        if not values:
            continue
        made = make(
            f"{title}-{kind}", instance.scope, {keys[path]: value for path, value in values.items()}, opts
        )
        for path in values:
            shown = Files(source=made.source, keys={keys[path]: PurePosixPath(path).name})
            folders.setdefault(str(PurePosixPath(path).parent), []).append(shown)
    return folders
