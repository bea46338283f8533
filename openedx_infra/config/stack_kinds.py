"""The kinds of stacks, an instance and a foundation: the model, rules and secrets of each.

The only module that knows all kinds. All others use `BaseStack`, or handle one kind alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.config_error import Fault
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.foundation.foundation import Foundation
from openedx_infra.config.rules import all, foundation
from openedx_infra.config.secrets import needed
from openedx_infra.config.secrets.catalogue import PLATFORM_SECRETS, Secret
from openedx_infra.config.services.model import stack_model
from openedx_infra.config.stack import Stack

D = TypeVar("D", bound=BaseStack)

KIND_KEY = "kind"
"""Key of the kind, at the top of a stack file."""


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[D]):
    """One kind of stack."""

    name: str
    """Value of `openedx:kind` in its stack files."""
    model: type[D]
    """Model of its stack files."""
    conflicts: Callable[[D], Iterator[Conflict]]
    """Finds impossible combinations of keys."""
    required: Callable[[D], tuple[Secret, ...]]
    """Secrets that a stack of this kind needs."""
    always: tuple[Secret, ...] = ()
    """Secrets that every stack of this kind needs, whatever its file sets."""
    stand_ins: Mapping[str, Any]
    """Values for required keys, so that the rest of a file that lacks them can be judged."""
    composed: Callable[[Mapping[str, Any]], tuple[type[D], tuple[Fault, ...]]] | None = None
    """Composes the model for the keys of a stack file, where it depends on them; and why parts that they name
    can't be used."""

    def form(self, config: Mapping[str, Any]) -> tuple[type[D], tuple[Fault, ...]]:
        """The model for the keys of a stack file, and what keeps parts of it from being composed."""
        return self.composed(config) if self.composed else (self.model, ())


INSTANCE = Kind(
    name="instance",
    model=Stack,
    conflicts=all.conflicts,
    required=needed.required,
    always=PLATFORM_SECRETS,
    stand_ins={"site": {"lms_host": "lms.invalid"}},
    composed=stack_model,
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


def kind_in(config: Mapping[str, Any]) -> Kind[Any] | None:
    """The kind that a stack file names; None when it is unknown."""
    name = config.get(KIND_KEY, INSTANCE.name)
    return KINDS.get(name) if isinstance(name, str) else None


def kind_of(stack: BaseStack) -> Kind[Any]:
    """The kind of a validated stack."""
    return KINDS[stack.kind]


def required(stack: BaseStack) -> tuple[Secret, ...]:
    """The secrets that a stack needs, whatever its kind."""
    return kind_of(stack).required(stack)


def missing(stack: BaseStack, present: set[str]) -> list[str]:
    """One line of explanation for each secret that a stack needs and `present` lacks."""
    return needed.lines(required(stack), stack.name, present)


def missing_at_least(name: str, config: Mapping[str, Any], present: set[str]) -> list[str]:
    """The same for a stack whose file is invalid: the secrets that every stack of its kind needs."""
    kind = kind_in(config)
    return needed.lines(kind.always, name, present) if kind else []
