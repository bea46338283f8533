"""The URN of a resource: its identity in Pulumi."""

from __future__ import annotations

from dataclasses import dataclass


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
        """Whether it is a resource of AWS."""
        return self._types[-1].startswith("aws:")

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is an object of the cluster, other than components and providers."""
        return self._types[-1].startswith("kubernetes:")

    @property
    def is_shown(self) -> bool:
        """Whether progress shows it: an object of the cluster, or a resource of AWS."""
        return self._types[-1].startswith(("kubernetes:", "aws:"))

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
