"""What can happen while Pulumi works? Its events, reduced to what a person is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Urn:
    """The identity of a resource.

    Such as `urn:pulumi:STACK::openedx::openedx:index:Lms$kubernetes:apps/v1:Deployment::lms`.
    """

    text: str

    @property
    def _types(self) -> list[str]:
        return self.text.split("::")[2].split("$")

    @property
    def kind(self) -> str:
        """The last word of its type, such as `Deployment`."""
        return self._types[-1].rpartition(":")[2]

    @property
    def owner(self) -> str:
        """The last word of its parent's type, such as `Lms`; empty for what has no parent but the stack."""
        return self._types[-2].rpartition(":")[2] if len(self._types) > 1 else ""

    @property
    def name(self) -> str:
        """Its logical name, such as `lms`."""
        return self.text.split("::", 3)[3]

    @property
    def is_on_aws(self) -> bool:
        """Whether AWS has it."""
        return self._types[-1].startswith("aws:")

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is an object of the cluster, other than components and providers."""
        return self._types[-1].startswith("kubernetes:")

    @property
    def is_told(self) -> bool:
        """Whether it is something that people wait for: an object of the cluster, or a resource of AWS."""
        return self._types[-1].startswith(("kubernetes:", "aws:"))

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


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


def plain(text: str) -> str:
    """A text without colours, and without empty lines around it."""
    return _COLOUR.sub("", text).strip()
