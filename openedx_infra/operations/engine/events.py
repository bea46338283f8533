"""What can happen while Pulumi works? Its events, reduced to what a person is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openedx_infra.operations.urn import Urn


@dataclass(frozen=True, kw_only=True)
class Started:
    """Work on a resource begins; in a preview: it would."""

    urn: Urn
    op: str
    """Pulumi's word: `create`, `update`, `replace`, `delete`, `same` …"""
    changed: tuple[str, ...] = ()
    """Paths of the properties that differ."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """Work on a resource ended well."""

    urn: Urn
    op: str


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Work on a resource failed; why was said in a Message before."""

    urn: Urn
    op: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something said on the way, about a resource or the whole."""

    urn: Urn | None
    severity: str
    """`info`, `warning`, `error`, `info#err` (what the program printed) or `debug`."""
    text: str
    passing: bool = False
    """Whether it tells of the moment only, such as what is waited for."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All is done."""

    changes: Mapping[str, int]
    """Number of resources by Pulumi's word for what was done, `same` among them."""
    seconds: int


Event = Started | Finished | Failed | Message | Summary
