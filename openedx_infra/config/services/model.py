"""The model of a stack file that names companion services: their sections are fields as all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import Field, create_model

from openedx_infra.config.errors.config_error import Fault
from openedx_infra.config.services import registry
from openedx_infra.config.services.definition import ServiceDefinition
from openedx_infra.config.services.section import Services
from openedx_infra.config.stack import Stack

KEY = "services"
"""Key of the section, at the top of a stack file."""


def stack_model(config: Mapping[str, Any]) -> tuple[type[Stack], tuple[Fault, ...]]:
    """The model for the keys of a stack file, and why services that it names can't be used. Without any, it
    is Stack itself, and nothing is loaded."""
    section = config.get(KEY)
    if not section or not isinstance(section, Mapping):
        return Stack, ()
    found = registry.named(str(name) for name in section)
    return (model_of(tuple(found.known)) if found.known else Stack), found.faults


@cache
def model_of(names: tuple[str, ...]) -> type[Stack]:
    """The model of a stack file with the sections of these services."""
    found = {name: registry.service(name) for name in names}
    sections: dict[str, Any] = {
        name: (service.section | None, Field(None, description=_meaning(service)))
        for name, service in found.items()
    }
    of_module: dict[str, Any] = {"__module__": __name__}
    services = create_model("Services", __base__=Services, __doc__=Services.__doc__, **of_module, **sections)
    field = Field(services(), description=_KEY_MEANING)
    return create_model(
        "Stack", __base__=Stack, __doc__=Stack.__doc__, **of_module, services=(services, field)
    )


_KEY_MEANING = "Companion services, each under its name."


def _meaning(service: ServiceDefinition[Any]) -> str:
    return f"{service.title}: {service.summary}. null: it was never on."


def documented(names: Iterable[str] = tuple(registry.BUILT_IN)) -> type[Stack]:
    """The model that the reference and the JSON Schema describe: with all services of this program."""
    return model_of(tuple(sorted(names)))
