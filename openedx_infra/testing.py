"""A kit to test companion services with: a stack that runs one, its graph, its files, and what holds for all.

For packages that register a service by the entry point `openedx_infra.services`. Nothing of it needs an
engine, a cluster or a network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.services.registry import service as registered
from openedx_infra.config.types.descriptions import descriptions
from openedx_infra.operations.offline.check import complaints
from openedx_infra.operations.offline.recording import Graph, Registered, record
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.services.companion import CompanionService, Parts, PlatformSettings, ServiceSection

__all__ = [
    "ConfigError",
    "Graph",
    "Registered",
    "config_file",
    "graph",
    "parts",
    "problems",
    "resource",
    "settings",
    "stack",
    "stand_ins",
]

COMPONENT = "openedx:index:Companion"
"""Type of the component of a service."""
LMS_HOST = "learn.example.org"
"""Host of the LMS in stacks of tests."""


def stack(services: Mapping[str, Any], *, name: str = "test", **sections: Any) -> Stack:
    """A stack whose file has these companion services, and further sections by their keys. Raises
    ConfigError, whose `problems` are the lines that an operator would read."""
    return load(name, {"site": {"lms_host": LMS_HOST}, "services": dict(services), **sections})


def graph(of: Stack, values: Mapping[str, str] | None = None, *, preview: bool = False) -> Graph:
    """Everything that the program registers for a stack. `values`: its secrets; by default made up."""
    return record(of, dict(values or stand_ins(of)), preview=preview)


def resource(found: Graph, kind: str, name: str) -> dict[str, Any]:
    """One Kubernetes object, such as the Deployment `badges`, secrets in plain. Raises KeyError where there
    is none."""
    for each in found.resources:
        if (each.kind, each.name) == (kind, name):
            return found.object(each, reveal_secrets=True)
    raise KeyError(f"no {kind} is called {name}")


def parts(of: Stack, name: str) -> Parts:
    """What a service runs in a stack."""
    service: CompanionService[Any] = _service(name)
    return service.parts(of, getattr(of.services, name))


def config_file(found: Graph, service: str, path: str) -> str:
    """The text of a configuration file of a service, by its whole path in the container. Raises KeyError
    where there is none."""
    key = path.strip("/").replace("/", "-")
    for kind, name, data in (
        ("ConfigMap", f"{service}-config", "data"),
        ("Secret", f"{service}-secrets", "stringData"),
    ):
        try:
            texts: Mapping[str, str] = resource(found, kind, name)[data]
        except KeyError:
            continue
        if key in texts:
            return texts[key]
    raise KeyError(f"{service} has no file {path}")


def settings(found: Graph, site: str) -> dict[str, Any]:
    """Plain settings of a site, `lms` or `studio`, as its pods read them."""
    file = {"lms": "lms.yml", "studio": "cms.yml"}[site]
    text = resource(found, "ConfigMap", f"{site}-settings")["data"][file]
    result: dict[str, Any] = yaml.safe_load(text)
    return result


def problems(name: str, section: Mapping[str, Any] | None = None, **sections: Any) -> list[str]:
    """What holds for every companion service and not for this one, by sentences; none is right.

    Its names and references; the rules of `policies/` (restricted pods, limits, network policies, secrets
    nowhere in plain); a preview that registers what an `up` does; and that a service which is off leaves
    nothing behind but what it stored, and all of that.
    """
    of = stack({name: dict(section or {})}, **sections)
    values = stand_ins(of)
    found = graph(of, values)
    preview = graph(of, values, preview=True)
    off = graph(stack({name: {**(section or {}), "enabled": False}}, **sections))
    kept = {each.urn for each in off.resources if _keeps_data(each)}
    without = graph(stack({}, **sections))
    return [
        *_wrong_names(of, name),
        *(str(complaint) for complaint in complaints(of, found, values)),
        *_differences("a preview registers other resources", _urns(found), _urns(preview)),
        *_differences("it leaves resources though it is off", _urns(off) - kept, _urns(without) - kept),
        *(f"it loses {urn.rpartition('::')[2]} when it is off" for urn in sorted(_data(found) - kept)),
    ]


def _service(name: str) -> CompanionService[Any]:
    service = registered(name)
    if not isinstance(service, CompanionService):
        raise TypeError(f"{name} is no CompanionService")
    return service


def _wrong_names(of: Stack, name: str) -> Iterator[str]:
    service, section = _service(name), getattr(of.services, name)
    secrets = {secret.name for secret in service.secrets(of, section)}
    for secret in sorted(secrets):
        if not secret.startswith(service.prefix):
            yield f"secret {secret}: its name must begin with {service.prefix}"
    for database in service.databases(of, section):
        if database.secret not in secrets:
            yield f"database {database.database}: {database.secret} is none of the service's secrets"
    yield from _wrong_clients(service.platform(of, section), secrets)
    hosts = set(service.hosts(of, section).values())
    for process in service.parts(of, section).processes:
        if process.metrics is not None and process.port is None:
            yield f"process {process.name or name}: it has metrics, and no port to fetch them at"
        if process.public and any((process.metrics or "").startswith(path) for path in process.public.paths):
            yield f"process {process.name or name}: visitors reach {process.metrics}: narrow its public paths"
        if process.public and process.public.domain not in hosts:
            yield f"process {process.name or name}: `hosts` doesn't name {process.public.domain}"
    model: type[ServiceSection] = type(section)
    for field in sorted(model.model_fields.keys() - descriptions(model).keys()):
        yield f"openedx:services.{name}.{field}: it has no docstring, which the reference shows"


def _wrong_clients(added: PlatformSettings, secrets: Collection[str]) -> Iterator[str]:
    users = {user.name for user in added.service_users}
    for client in added.oauth_clients:
        if client.secret not in secrets:
            yield f"OAuth client {client.client_id}: {client.secret} is none of the service's secrets"
        if client.user not in users:
            yield f"OAuth client {client.client_id}: {client.user} is none of its service_users"


def _keeps_data(resource: Registered) -> bool:
    """Whether it holds what a service stored, or is the component above that."""
    return (
        resource.type == COMPONENT or resource.kind == "PersistentVolumeClaim" or "aws:s3/" in resource.type
    )


def _data(found: Graph) -> set[str]:
    """Volumes and buckets of services."""
    return {each.urn for each in found.resources if f"{COMPONENT}$" in each.urn and _keeps_data(each)}


def _urns(found: Graph) -> set[str]:
    return {each.urn for each in found.resources}


def _differences(what: str, one: set[str], other: set[str]) -> Iterator[str]:
    names = sorted(urn.rpartition("::")[2] for urn in one ^ other)
    if names:
        yield f"{what}: {', '.join(names)}"
