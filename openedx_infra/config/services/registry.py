"""Which companion services there are: those of this program, and those that installed packages register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from openedx_infra.config.errors.config_error import Fault
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.services.buckets import bucket_name
from openedx_infra.config.services.definition import INTERFACE, Installed, Mfe, ServiceDefinition, serves
from openedx_infra.config.services.section import ServiceSection
from openedx_infra.config.stack import Stack

GROUP = "openedx_infra.services"
"""Group of the entry points by which packages register services, each under the service's name."""
BUILT_IN: Mapping[str, str] = {
    "codejail": "openedx_infra.services.codejail:SERVICE",
    "credentials": "openedx_infra.services.credentials:SERVICE",
    "discovery": "openedx_infra.services.discovery:SERVICE",
    "notes": "openedx_infra.services.notes:SERVICE",
    "xqueue": "openedx_infra.services.xqueue:SERVICE",
}
"""Services of this program: where each is, as an entry point has it. A module is loaded when a stack file
names its service."""

ABSENT: Mapping[str, str] = {
    "ecommerce": "Open edX archived it (openedx/public-engineering #22): Sumac is the last release that has "
    "it. Take payments by a service of yours, which ECOMMERCE_PUBLIC_URL_ROOT and ECOMMERCE_API_URL name",
}
"""Services of Open edX that people look for here, why they aren't, and what to do instead."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 20
"""Characters of a service's name: names of its objects and users are made of it."""


class Unusable(Exception):
    """A service can't be used; the text has the rule and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services that a stack file names."""

    known: Mapping[str, ServiceDefinition[Any]] = field(default_factory=dict)
    """Those that can be used, by name."""
    faults: tuple[Fault, ...] = ()
    """Why the others can't."""


def named(names: Iterable[str]) -> Services:
    """The services of these names."""
    known: dict[str, ServiceDefinition[Any]] = {}
    faults: list[Fault] = []
    for name in sorted(names):
        try:
            known[name] = service(name)
        except Unusable as error:
            location = ("services", name)
            faults.append(Fault(location, location, f"{key_of(location)}: {error}"))
    return Services(known=known, faults=tuple(faults))


@cache
def service(name: str) -> ServiceDefinition[Any]:
    """The service of this name. Raises Unusable for one that isn't there, or can't be loaded."""
    entries = list(entry_points(group=GROUP, name=name))
    if name in BUILT_IN:
        if entries:
            raise Unusable(
                f"{_packages(entries)} registers a service of this name, which is one of this program's own: "
                "uninstall the package, or use a version of it with another name"
            )
        return _checked(name, _built_in(name), "this program")
    if not entries:
        raise Unusable(_unknown(name))
    if len(entries) > 1:
        raise Unusable(f"{_packages(entries)} both register a service of this name: uninstall one of them")
    return _checked(name, _of_package(entries[0]), _packages(entries))


def companions(stack: Stack) -> tuple[Installed[Any], ...]:
    """The companion services of a stack that are on, by name."""
    return tuple(each for each in with_section(stack) if each.section.enabled)


def with_section(stack: Stack) -> tuple[Installed[Any], ...]:
    """The companion services that a stack file names, on or off."""
    sections = {name: getattr(stack.services, name) for name in type(stack.services).model_fields}
    return tuple(
        Installed(service=service(name), section=section)
        for name, section in sorted(sections.items())
        if section is not None
    )


def service_mfes(stack: Stack) -> tuple[Mfe, ...]:
    """Micro-frontends of the companion services that are on, served or not."""
    return tuple(mfe for each in companions(stack) for mfe in each.service.mfes)


def enabled_mfes(stack: Stack) -> tuple[Mfe, ...]:
    """Micro-frontends that are served as folders: those of the release, and those of companion services."""
    own = (mfe for mfe in stack.pinned_release.mfes if mfe.name in stack.mfe_names)
    return (*own, *(mfe for mfe in service_mfes(stack) if serves(stack, mfe)))


def public_buckets(stack: Stack) -> list[str]:
    """Names of the buckets of services that everybody may read, on the instance's own S3 server."""
    return [
        bucket_name(stack, each.name, bucket)
        for each in companions(stack)
        for bucket in each.service.buckets
        if bucket.public
    ]


def _unknown(name: str) -> str:
    if name in ABSENT:
        return f"{ABSENT[name]} in `openedx:settings` (docs/companions.md), and remove this section"
    installed = sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))})
    close = get_close_matches(name, installed, n=1)
    perhaps = f"did you mean {close[0]}? " if close else ""
    return (
        f"no such service: {perhaps}there are {', '.join(installed)}; another one is there once its package, "
        f"which registers it as an entry point of `{GROUP}`, is installed beside openedx-infra"
    )


def _built_in(name: str) -> Any:
    module, _, attribute = BUILT_IN[name].partition(":")
    return getattr(import_module(module), attribute)


def _of_package(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:  # whatever a package of somebody else's raises
        raise Unusable(
            f"{_packages([entry])} can't be loaded ({type(error).__name__}: {error}): install a version of "
            f"it for interface {INTERFACE} of openedx-infra, with all that it needs, or remove this section"
        ) from error


def _packages(entries: Iterable[EntryPoint]) -> str:
    packages = sorted(
        f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value for entry in entries
    )
    return f"the package {' and the package '.join(packages)}"


def _checked(name: str, found: Any, origin: str) -> ServiceDefinition[Any]:
    """The service that an entry point leads to, if it is one. Raises Unusable if not."""
    if not isinstance(found, ServiceDefinition):
        raise Unusable(f"{origin} registers {type(found).__name__} rather than a CompanionService")
    if found.interface != INTERFACE:
        raise Unusable(
            f"{origin} was made for interface {found.interface} of openedx-infra, which has {INTERFACE}: "
            f"install a version of it for interface {INTERFACE}, or remove this section"
        )
    if found.name != name:
        raise Unusable(
            f"{origin} registers it as {name}, but calls it {found.name}: the two must be one name"
        )
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise Unusable(
            f"{origin} calls it {name}: a name has at most {_LONGEST} lower-case letters and digits, and "
            "single hyphens between them"
        )
    if not (isinstance(found.section, type) and issubclass(found.section, ServiceSection)):
        raise Unusable(f"{origin} has no section that is a ServiceSection")
    return found
