"""Uploaded files of companion services, as backups know them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from openedx_infra.kubernetes.volumes import Mount


@dataclass(frozen=True, kw_only=True)
class ServiceFiles:
    """A bucket of a service. A backup from before it was there does without it."""

    kind: str
    """What backups call it: `credentials-media`."""
    bucket: pulumi.Input[str] | None = None
    """Its name. None: it is a volume."""
    mount: Mount | None = None
    """The volume."""
