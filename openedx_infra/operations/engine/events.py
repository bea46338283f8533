"""Pulumi's events, reduced to what progress and errors need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openedx_infra.operations.urn import Urn


@dataclass(frozen=True, kw_only=True)
class Started:
    """Work on a resource begins; in a preview: it would."""

    urn: Urn
    op: str
    """Pulumi's word: `create`, `update`, `replace`, `delete`, `same` …"""
    changed: tuple[str, ...] = ()
    """Paths of the properties that differ."""
    before: Mapping[str, Any] = field(default_factory=dict)
    """What the program declared for it last; secrets are masked by Pulumi."""
    now: Mapping[str, Any] = field(default_factory=dict)
    """What the program declares for it."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The outputs of the stack itself, of the last `up` and of this run; empty when there are none."""

    before: Mapping[str, Any]
    now: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """Work on a resource succeeded."""

    urn: Urn
    op: str


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Work on a resource failed; a Message before it has the reason."""

    urn: Urn
    op: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message about a resource, or about the whole run."""

    urn: Urn | None
    severity: str
    """`info`, `warning`, `error`, `info#err` (what the program printed) or `debug`."""
    text: str
    passing: bool = False
    """Whether it describes the moment only, such as what is waited for."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The run has ended."""

    changes: Mapping[str, int]
    """Number of resources by Pulumi's word for what was done, `same` among them."""
    seconds: int


Event = Started | Finished | Failed | Message | Summary | Outputs
