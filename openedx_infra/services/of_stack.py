"""All services of a stack: datastores in the cluster, and the processes of companion services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.datastores.mongodb import MongodbInCluster
from openedx_infra.config.datastores.mysql import MysqlInCluster
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.datastores.storage import StorageInCluster
from openedx_infra.config.datastores.valkey import BrokerInCluster, CacheInCluster
from openedx_infra.config.sections.mail import MailRelay
from openedx_infra.config.services.definition import Installed, ServiceDefinition
from openedx_infra.config.services.registry import companions as installed
from openedx_infra.config.services.registry import with_section
from openedx_infra.kubernetes import probes
from openedx_infra.kubernetes.probes import NO_PROBES, Probes
from openedx_infra.services import meilisearch, mongodb, mysql, object_storage, smtp, valkey
from openedx_infra.services.companion import CompanionService, Parts, Process
from openedx_infra.services.service import DataVolume, PublicPaths, Service

_DATASTORES: Mapping[type, Callable[[Stack, Any], Service]] = {
    MysqlInCluster: mysql.service,
    MongodbInCluster: mongodb.service,
    BrokerInCluster: valkey.broker,
    CacheInCluster: valkey.cache,
    SearchInCluster: meilisearch.service,
    StorageInCluster: object_storage.service,
    MailRelay: smtp.service,
}
"""Datastores that are services, by their sections of the stack file."""


@dataclass(frozen=True, kw_only=True)
class Companion:
    """A companion service of a stack, with what it runs there."""

    service: ServiceDefinition[Any]
    section: Any
    parts: Parts
    image: str
    """Reference of its image."""

    @property
    def name(self) -> str:
        """The service's name, which is also the label app.kubernetes.io/name of all its pods."""
        return self.service.name

    def component(self, process: Process) -> str:
        """Name of a process' objects, and label of its pods."""
        return f"{self.name}-{process.name}" if process.name else self.name

    def workload(self, process: Process) -> Service:
        """A process as a service that can be registered; what it mounts is still missing, but for its
        data."""
        volume = process.volume
        return Service(
            name=self.component(process),
            software=self.component(process) if process.image else self.name,
            image=process.image or self.image,
            size=process.size,
            replicas=process.replicas,
            stateful=volume is not None,
            single=process.single,
            rests=True,
            command=process.command,
            env={**({} if process.image else self.parts.env), **process.env},
            working_dir=None if process.image else self.parts.working_dir,
            port=process.port,
            probes=_probes(process, self.component(process)),
            grace_seconds=process.grace_seconds,
            user=process.user or self.parts.user,
            groups=[] if process.image else self.parts.groups,
            exception=self.parts.exception,
            runtime_class=self.parts.runtime_class,
            apparmor_profile=self.parts.apparmor_profile,
            folders=[DataVolume(path=volume.path, size=volume.size)] if volume else [],
            public=PublicPaths(
                domain=process.public.domain, paths=process.public.paths, body_limit=process.public.body_limit
            )
            if process.public
            else None,
        )


def companions(stack: Stack) -> list[Companion]:
    """The companion services of a stack that are on."""
    return [_companion(stack, each) for each in installed(stack)]


def resting(stack: Stack) -> list[Companion]:
    """The companion services of a stack that are off, and keep files or volumes of their own."""
    off = [_companion(stack, each) for each in with_section(stack) if not each.section.enabled]
    return [each for each in off if each.service.buckets or any(one.volume for one in each.parts.processes)]


def services(stack: Stack) -> list[Service]:
    """All services of a stack, as their pods are made."""
    return [*datastores(stack), *_processes(stack)]


def datastores(stack: Stack) -> list[Service]:
    """The datastores that the instance runs itself, and its mail relay."""
    sections: Sequence[Any] = [*(section for _, section in stack.datastores), stack.mail.delivery]
    return [_DATASTORES[type(each)](stack, each) for each in sections if type(each) in _DATASTORES]


def _processes(stack: Stack) -> Iterator[Service]:
    for each in companions(stack):
        yield from (each.workload(process) for process in each.parts.processes)


def _companion(stack: Stack, installed: Installed[Any]) -> Companion:
    service = installed.service
    if not isinstance(service, CompanionService):
        raise TypeError(f"{service.name} is no CompanionService: it has nothing to run")
    return Companion(
        service=service,
        section=installed.section,
        parts=_parts(stack, service, installed.section),
        image=installed.image(stack) or "",
    )


def _mirrored(stack: Stack, process: Process) -> Process:
    """The process with its own image, if it has one, at its registry's mirror."""
    return replace(process, image=stack.images.mirrored(process.image)) if process.image else process


def _parts(stack: Stack, service: CompanionService[Any], section: Any) -> Parts:
    """What it runs. Whoever has buckets connects to the storage of uploaded files."""
    parts = service.parts(stack, section)
    parts = replace(parts, processes=[_mirrored(stack, each) for each in parts.processes])
    if not service.buckets or "storage" in parts.stores:
        return parts
    return replace(parts, stores=[*parts.stores, "storage"])


def _probes(process: Process, host: str) -> Probes:
    """Ready by its path, asked by the name of its Service, or by its port; restarted when it takes no more
    connections, which depends on no other server."""
    if process.port is None:
        return Probes(liveness=probes.command(*process.alive)) if process.alive else NO_PROBES
    by_port = probes.server(process.port, start_seconds=process.start_seconds)
    if process.health is None:
        return by_port
    failures = max(1, process.start_seconds // 5)
    return Probes(
        startup=probes.http(process.health, process.port, host=host, every=5, failures=failures),
        readiness=probes.http(process.health, process.port, host=host),
        liveness=by_port.liveness,
    )
