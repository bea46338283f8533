"""Stacks with companion services of this program, each recorded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from samples import said_by
from services_on import CASES, SERVICES, with_services
from shape import templates

from openedx_infra.config import Stack, load
from openedx_infra.config.sizing.sizing import Served
from openedx_infra.operations.offline.recording import Graph, Registered, record
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.services.of_stack import Companion, companions

SOFTWARE = "app.kubernetes.io/name"
TOGETHER = ("all", "beside everything", "several pods")
"""Ways in which all are there."""


@dataclass(frozen=True)
class Case:
    """A stack with services, and all that is recorded of it."""

    said: Mapping[str, Any]

    @cached_property
    def stack(self) -> Stack:
        return load("dev", self.said)

    @cached_property
    def values(self) -> dict[str, str]:
        return stand_ins(self.stack)

    @cached_property
    def graph(self) -> Graph:
        return record(self.stack, self.values)

    @cached_property
    def companions(self) -> list[Companion]:
        return companions(self.stack)

    def own(self, companion: Companion) -> list[Registered]:
        """The workloads of a service, but the Jobs that make its databases."""
        found = [
            each
            for each, pod in templates(self.graph)
            if pod["metadata"]["labels"][SOFTWARE] == companion.name
        ]
        assert found
        return found


@cache
def case(name: str) -> Case:
    """One service alone, by its name; or all together, in one of three ways."""
    if name == "beside everything":
        everything = said_by(CASES / "everything.ok.yaml")
        del everything["blue_green"]
        return Case(with_services(base=_without_settings_of_services(everything)))
    if name == "several pods":
        return Case(_several(with_services()))
    return Case(with_services(SERVICES if name == "all" else [name]))


def _without_settings_of_services(said: dict[str, Any]) -> dict[str, Any]:
    """The same without what attaches services elsewhere, which these services set themselves."""
    stack = load("dev", with_services())
    added = [each.service.platform(stack, each.section) for each in companions(stack)]
    written = {name for each in added for name in (*each.common, *each.lms, *each.studio)}
    common = {name: value for name, value in said["settings"]["common"].items() if name not in written}
    return {**said, "settings": {**said["settings"], "common": common}}


def _several(said: dict[str, Any]) -> dict[str, Any]:
    """The same with two pods of each server that may have several."""
    services = {}
    for name, section in said["services"].items():
        model = getattr(load("dev", said).services, name)
        servers = [field for field in type(model).model_fields if isinstance(getattr(model, field), Served)]
        services[name] = {**section, **{each: {**section.get(each, {}), "replicas": 2} for each in servers}}
    return {**said, "services": services}
