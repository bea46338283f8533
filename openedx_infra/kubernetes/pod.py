"""The one builder of pods: security contexts, requests, limits, containers and volumes.

Nobody else writes security contexts, requests and limits; on which nodes pods go is in `placement.py`.

Every pod passes the Pod Security Standard `restricted`: no root, no privilege, a root filesystem that can't
be written, no token of a service account. What a container writes goes to a volume that its caller names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import pulumi

from openedx_infra.kubernetes.models import (
    AppArmorProfileArgs,
    CapabilitiesArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    ExecActionArgs,
    LifecycleArgs,
    LifecycleHandlerArgs,
    LocalObjectReferenceArgs,
    ObjectMetaArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    SleepActionArgs,
    VolumeArgs,
)
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.placement import HOSTNAME, ZONE, beside, lost_node_tolerations, spread
from openedx_infra.kubernetes.probes import NO_PROBES, Probes
from openedx_infra.kubernetes.volumes import Mount

ASSIGNED = "the cluster assigns users and groups"
"""Why pods name no user."""
DISK_REQUEST = "64Mi"
"""Disk of the node that a container reserves for logs and scratch folders: a guess, far below the limits."""


class Size(Protocol):
    """CPU and memory of a container; without a limit of its own, memory is limited to what it requests."""

    @property
    def cpu(self) -> str:
        """CPU to reserve."""

    @property
    def cpu_limit(self) -> str | None:
        """CPU to slow down at; None: never."""

    @property
    def memory(self) -> str:
        """Memory to reserve."""

    @property
    def memory_limit(self) -> str | None:
        """Memory to kill at; None: as reserved."""


@dataclass(frozen=True, kw_only=True)
class FixedSize:
    """A size that no operator decides."""

    cpu: str
    memory: str
    memory_limit: str
    cpu_limit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Image:
    """Which image, and how nodes get it."""

    reference: pulumi.Input[str]
    """Registry, name and tag or digest."""
    pull_policy: str = "IfNotPresent"
    """When nodes ask the registry."""
    pull_secrets: Sequence[pulumi.Input[str]] = ()
    """Secrets with the registry's credentials, in the same namespace."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a pod."""

    image: Image
    size: Size
    name: str | None = None
    """Its name. None: the component that the pod is."""
    command: Sequence[str] | None = None
    """What to run instead of the image's entry point."""
    args: Sequence[str] | None = None
    """Arguments of the entry point."""
    env: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Environment; never a secret."""
    mounts: Sequence[Mount] = ()
    user: int | None = None
    """Numeric user, where its image wants another one than the pod's."""
    port: int | None = None
    """TCP port that it listens on."""
    probes: Probes = NO_PROBES
    disk_limit: str = "1Gi"
    """Disk of the node above which the pod is evicted: logs and scratch folders together."""
    drain_seconds: int = 0
    """Seconds to go on serving after the pod was taken from its Service, which proxies learn late."""
    leaving: str | None = None
    """File to make before that: its program then no longer says that it is ready."""
    working_dir: str | None = None
    binds_low_ports: bool = False
    """Whether its program has the file capability NET_BIND_SERVICE, without which it can't be started."""
    terminal: bool = False
    """Whether its process has a terminal, to which `kubectl attach` leads."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod of one container, and those that run before and beside it."""

    component: str
    """What it is: its label, by which Services and budgets find it."""
    container: Container
    before: Sequence[Container] = ()
    """Containers that run to their end, one after the other, before it starts."""
    sidecars: Sequence[Container] = ()
    """Containers that start before all others, run beside them, and are stopped after them."""
    user: int
    """Numeric user and group, also the group of its volumes."""
    group: int | None = None
    """Numeric group, if not the same number as the user."""
    groups: Sequence[int] = ()
    """Further numeric groups, whose files its processes may read and write as these allow."""
    software: str | None = None
    """What runs in it, if not the same word as the component."""
    grace_seconds: int = 30
    """Seconds to finish after SIGTERM, draining included."""
    restart: Literal["Always", "Never"] = "Always"
    rank: Literal["data", "web", "workers"] = "web"
    """What it is among others, when a node is full; what runs to its end is `jobs` anyway."""
    paused: bool = False
    """Whether it rests: nothing keeps pods like it running, scales or schedules it. Jobs run all the same."""
    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    service_account: pulumi.Input[str] | None = None
    """Service account that it runs as. None: the namespace's default one, which may do nothing."""
    runtime_class: str | None = None
    """RuntimeClass of the cluster by which its containers run. None: the nodes' usual runtime."""
    apparmor_profile: str | None = None
    """AppArmor profile that its node must have loaded. None: the runtime's own, if there is one."""
    beside: Mapping[str, str] | None = None
    """Labels of pods on whose node it must run, for a volume of a single node; it gets them itself."""


def template(scope: Scope, pod: Pod, *, moves: bool = False) -> PodTemplateSpecArgs:
    """The pod as Kubernetes wants it.

    One that `moves` is replaced soon when its node is lost: two of it may run for a while, as nobody knows
    whether the one on the lost node still does.
    """
    labels = scope.labels(pod.component, pod.software) | dict(pod.beside or {})
    annotations = {**pod.annotations, **({scope.exception: ASSIGNED} if scope.assigned_users else {})}
    pod = _unnamed(pod) if scope.assigned_users else pod
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=labels, annotations=annotations or None),
        spec=PodSpecArgs(
            service_account_name=pod.service_account,
            runtime_class_name=pod.runtime_class,
            automount_service_account_token=False,
            priority_class_name=scope.priority_classes.get("jobs" if pod.restart == "Never" else pod.rank),
            enable_service_links=False,
            restart_policy=pod.restart,
            termination_grace_period_seconds=pod.grace_seconds,
            security_context=pod_security(
                pod.user,
                pod.group or pod.user,
                pod.groups,
                assigned=scope.assigned_users,
                apparmor_profile=pod.apparmor_profile,
            ),
            image_pull_secrets=[
                LocalObjectReferenceArgs(name=name) for name in pod.container.image.pull_secrets
            ]
            or None,
            init_containers=_before(pod) or None,
            containers=[_container(pod.component, pod.container)],
            volumes=_volumes([pod.container, *pod.before, *pod.sidecars]),
            topology_spread_constraints=[
                spread(key, scope.selector(pod.component)) for key in (HOSTNAME, ZONE)
            ],
            affinity=beside(pod.beside),
            tolerations=lost_node_tolerations() if moves else None,
        ),
    )


def _unnamed(pod: Pod) -> Pod:
    """The pod, none of whose containers names a user."""

    def each(containers: Sequence[Container]) -> list[Container]:
        return [replace(container, user=None) for container in containers]

    return replace(
        pod, container=each([pod.container])[0], before=each(pod.before), sidecars=each(pod.sidecars)
    )


def pod_security(
    user: int,
    group: int,
    groups: Sequence[int] = (),
    *,
    assigned: bool = False,
    apparmor_profile: str | None = None,
) -> PodSecurityContextArgs:
    """Who a pod's processes are, and the group of its volumes; neither where the cluster assigns them."""
    named = apparmor_profile
    profile = AppArmorProfileArgs(type="Localhost", localhost_profile=named) if named else None
    return PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=None if assigned else user,
        run_as_group=None if assigned else group,
        fs_group=None if assigned else group,
        supplemental_groups=list(groups) or None,
        fs_group_change_policy="OnRootMismatch",  # else each start walks through all files of the volume
        seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
        app_armor_profile=profile,
    )


def _before(pod: Pod) -> list[ContainerArgs]:
    """Kubernetes' init containers; one that is always restarted is a sidecar (stable since 1.33)."""
    sidecars = [_container(pod.component, each, restart="Always") for each in pod.sidecars]
    return [*sidecars, *(_container(pod.component, each) for each in pod.before)]


def _container(name: str, container: Container, *, restart: str | None = None) -> ContainerArgs:
    return ContainerArgs(
        name=container.name or name,
        restart_policy=restart,
        image=container.image.reference,
        image_pull_policy=container.image.pull_policy,
        command=list(container.command) if container.command else None,
        args=list(container.args) if container.args else None,
        working_dir=container.working_dir,
        stdin=container.terminal or None,
        tty=container.terminal or None,
        env=[EnvVarArgs(name=key, value=value) for key, value in container.env.items()] or None,
        ports=[ContainerPortArgs(container_port=container.port)] if container.port else None,
        resources=resources(container.size, container.disk_limit),
        volume_mounts=[mount.args() for mount in container.mounts] or None,
        startup_probe=container.probes.startup,
        readiness_probe=container.probes.readiness,
        liveness_probe=container.probes.liveness,
        lifecycle=_drain(container.drain_seconds, container.leaving),
        security_context=container_security(user=container.user, binds_low_ports=container.binds_low_ports),
    )


def container_security(
    *, user: int | None = None, binds_low_ports: bool = False, writable: bool = False
) -> SecurityContextArgs:
    """What the processes of a container may do. None as `user`: the pod says who they are."""
    return SecurityContextArgs(
        allow_privilege_escalation=False,
        privileged=False,
        run_as_non_root=True,
        run_as_user=user,
        read_only_root_filesystem=not writable,
        capabilities=CapabilitiesArgs(drop=["ALL"], add=["NET_BIND_SERVICE"] if binds_low_ports else None),
    )


def resources(size: Size, disk_limit: str) -> ResourceRequirementsArgs:
    """What a container reserves, and where it is stopped."""
    limits = {"memory": size.memory_limit or size.memory, "ephemeral-storage": disk_limit}
    if size.cpu_limit:
        limits["cpu"] = size.cpu_limit
    requests = {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": DISK_REQUEST}
    return ResourceRequirementsArgs(requests=requests, limits=limits)


def _drain(seconds: int, leaving: str | None) -> LifecycleArgs | None:
    if not seconds:
        return None
    if leaving is None:
        return LifecycleArgs(pre_stop=LifecycleHandlerArgs(sleep=SleepActionArgs(seconds=seconds)))
    command = ["sh", "-c", f"touch {leaving}; exec sleep {seconds}"]
    return LifecycleArgs(pre_stop=LifecycleHandlerArgs(exec_=ExecActionArgs(command=command)))


def _volumes(containers: Sequence[Container]) -> list[pulumi.Input[VolumeArgs]] | None:
    """Volumes of all containers; what several of them mount by one name is one volume."""
    volumes = {str(mount.volume.name): mount.volume for each in containers for mount in each.mounts}
    return list(volumes.values()) or None
