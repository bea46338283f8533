"""Which kinds of stacks are there? An instance, and a foundation: the model, rules and secrets of each.

The only place that knows all kinds. Everybody else asks `BaseStack`, or is about one kind alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.foundation.foundation import Foundation
from openedx_infra.config.rules import all, foundation
from openedx_infra.config.secrets import needed
from openedx_infra.config.secrets.catalogue import PLATFORM_SECRETS, Secret
from openedx_infra.config.stack import Stack

D = TypeVar("D", bound=BaseStack)

KIND_KEY = "kind"
"""Key of the kind, at the top of a stack file."""


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[D]):
    """One kind of stack."""

    name: str
    """What its stack files say as `openedx:kind`."""
    model: type[D]
    """What its stack files may say."""
    conflicts: Callable[[D], Iterator[Conflict]]
    """Impossible combinations in one."""
    required: Callable[[D], tuple[Secret, ...]]
    """Secrets that one needs."""
    always: tuple[Secret, ...] = ()
    """Secrets that each of them needs, whatever its file says."""
    stand_ins: Mapping[str, Any]
    """The least that a file must say, to judge the rest of one that lacks it."""


INSTANCE = Kind(
    name="instance",
    model=Stack,
    conflicts=all.conflicts,
    required=needed.required,
    always=PLATFORM_SECRETS,
    stand_ins={"site": {"lms_host": "lms.invalid"}},
)
"""An instance of Open edX."""

FOUNDATION = Kind(
    name="foundation",
    model=Foundation,
    conflicts=foundation.conflicts,
    required=foundation.required,
    stand_ins={KIND_KEY: "foundation"},
)
"""What many instances share."""

KINDS: Mapping[str, Kind[Any]] = {kind.name: kind for kind in (INSTANCE, FOUNDATION)}
"""All kinds by name."""


def kind_said(said: Mapping[str, Any]) -> Kind[Any] | None:
    """The kind that a stack file says; None when it says something else."""
    name = said.get(KIND_KEY, INSTANCE.name)
    return KINDS.get(name) if isinstance(name, str) else None


def kind_of(described: BaseStack) -> Kind[Any]:
    """The kind of what is described."""
    return KINDS[described.kind]


def required(described: BaseStack) -> tuple[Secret, ...]:
    """The secrets that a stack needs, whatever its kind."""
    return kind_of(described).required(described)


def missing(described: BaseStack, present: set[str]) -> list[str]:
    """One line of explanation for each secret that a stack needs and `present` lacks."""
    return needed.lines(required(described), described.name, present)


def missing_in_any_case(stack: str, said: Mapping[str, Any], present: set[str]) -> list[str]:
    """The same for a stack of whose file nothing but its kind is sure."""
    kind = kind_said(said)
    return needed.lines(kind.always, stack, present) if kind else []


def own_keys(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a stack says, without the keys of other kinds that say nothing.

    Pulumi gives every stack all keys of Pulumi.yaml, with their defaults.
    """
    kind = kind_said(said)
    others = [other.model for other in KINDS.values() if other is not kind]
    return {
        key: value
        for key, value in said.items()
        if (kind and key in kind.model.model_fields) or not _says_nothing(key, value, others)
    }


def _says_nothing(key: str, value: Any, models: Iterable[type[BaseStack]]) -> bool:
    fields = [model.model_fields[key] for model in models if key in model.model_fields]
    return any(value in ({}, [], "", field.default) for field in fields)
