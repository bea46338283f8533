"""Companion services: the section that holds theirs, and what each of these has."""

from __future__ import annotations

from openedx_infra.config.images.builds import ServiceBuild
from openedx_infra.config.types.base import ImageReference, Section, Switch


class ServiceSection(Section):
    """What every companion service's section of the stack file has."""

    enabled: Switch = True
    """Whether it runs. false after true stops it, and keeps what it stored: its databases, volumes and
    secrets."""
    image: ImageReference | None = None
    """Image that replaces the one that the service has for the release. None: the service's own."""
    build: ServiceBuild | None = None
    """Builds its image from its repository or a folder, as `images.openedx` with `source: build` does. None:
    it is not built here."""


class Services(Section):
    """Companion services, each under its own name: those of this program, and those that installed packages
    add."""
