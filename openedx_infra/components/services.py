"""The way from a service, as `services/` describes it, to its objects in the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER, WHY
from openedx_infra.components.web_proxy import WEB_PORTS, environment
from openedx_infra.kubernetes import files, volumes, workload
from openedx_infra.kubernetes.models import PersistentVolumeClaim
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services.service import DataVolume, File, Service

DRAIN_SECONDS = 15
"""Seconds to go on serving visitors, as proxies learn late that a pod leaves (as our Caddies do)."""


def run(
    service: Service,
    instance: Instance,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource] = (),
    *,
    service_account: pulumi.Input[str] | None = None,
    beside: Mapping[str, str] | None = None,
    image: pulumi.Input[str] | None = None,
) -> pulumi.Resource:
    """Runs a service: its volume, files, Service and pods, and a disruption budget for several. Its pods come
    after what is in `after`. Returns what must be ready before anybody connects. `service_account`, `beside`:
    as `Pod` has them; `image`: reference of an image that is built here."""
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent, depends_on=list(after) or None)
    pod = replace(_pod(service, instance, parent), service_account=service_account, beside=beside)
    if image is not None:
        pod = replace(pod, container=replace(pod.container, image=instance.pulled(image)))
    if service.stateful:
        return workload.stateful_set(service.name, scope, pod, opts)
    if service.port is not None:
        workload.service(service.name, scope, pod, pulumi.ResourceOptions(parent=parent))
    renewal: Literal["surge", "recreate"] = "recreate" if service.single else "surge"
    return workload.deployment(service.name, scope, pod, opts, replicas=service.replicas, renewal=renewal)


def _pod(service: Service, instance: Instance, parent: pulumi.Resource) -> Pod:
    drain_seconds = DRAIN_SECONDS if service.public and not service.stateful else 0
    container = Container(
        image=instance.pulled(service.image),
        size=service.size,
        command=service.command,
        args=service.args,
        env=dict(service.env) | (environment(instance.stack) if WEB_PORTS & {*service.internet} else {}),
        working_dir=service.working_dir,
        port=service.port,
        probes=service.probes,
        mounts=[_mount(folder, service, instance, parent) for folder in service.folders],
        disk_limit=service.disk_limit,
        drain_seconds=drain_seconds,
    )
    return Pod(
        component=service.name,
        software=service.software,
        container=container,
        user=service.user or USER,
        group=service.group,
        groups=service.groups,
        grace_seconds=service.grace_seconds + drain_seconds,
        annotations={WHY: service.exception} if service.exception else {},
        runtime_class=service.runtime_class,
        apparmor_profile=service.apparmor_profile,
        paused=service.rests and instance.stack.maintenance.pause,
    )


def _mount(
    folder: DataVolume | File | Mount, service: Service, instance: Instance, parent: pulumi.Resource
) -> Mount:
    if isinstance(folder, Mount):
        return folder
    if isinstance(folder, DataVolume):
        return volumes.claimed("data", folder.path, data_claim(service.name, folder, instance, parent))
    file = _file(folder, instance, pulumi.ResourceOptions(parent=parent))
    return volumes.mounted(folder.volume, folder.folder, [file])


def data_claim(
    name: str, volume: DataVolume, instance: Instance, parent: pulumi.Resource
) -> PersistentVolumeClaim:
    """The claim of a service's volume."""
    storage_class = instance.stack.cluster.storage_class
    opts = instance.data(parent)
    return volumes.claim(name, instance.scope, volume.size, opts, storage_class=storage_class)


def _file(file: File, instance: Instance, opts: pulumi.ResourceOptions) -> files.Files:
    text = file.text
    if isinstance(text, str):
        return files.plain(file.object, instance.scope, {file.name: text}, opts)
    values = pulumi.Output.all(*(instance.secrets[name] for name in file.secrets))
    secret = values.apply(lambda secrets: text(*secrets))
    return files.secret(file.object, instance.scope, {file.name: secret}, opts)
