"""What are LMS and Studio to edx-platform, and how do their settings get into the cluster?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pulumi

from openedx_infra import settings
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sizing.sizing import Web
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.names import Scope
from openedx_infra.settings.connections import Connections


@dataclass(frozen=True, kw_only=True)
class Site:
    """One of the two Django sites that the platform's code can be."""

    name: str
    """Its name everywhere in this program: `lms` or `studio`, or of a second version `lms-green`."""
    variant: settings.Site
    """Its name in edx-platform: `lms` or `cms`."""
    settings: Callable[[Stack, Connections], Mapping[str, Any]]
    """Its plain settings."""
    secrets: Callable[[Stack, Connections, Mapping[str, str]], Mapping[str, Any]]
    """Its secret settings."""
    host: Callable[[Stack], str]
    """Its public host."""
    size: Callable[[Stack], Web]
    """Size of its web pods."""

    @property
    def settings_file(self) -> str:
        """Name of the files of its settings."""
        return f"{self.variant}.yml"

    def of(self, stack: Stack) -> Site:
        """The same of the version that a stack describes, by its own name."""
        return replace(self, name=f"{self.name}{stack.suffix}")

    def queue(self, word: str) -> str:
        """Name of one of its Celery queues by its last word."""
        return f"edx.{self.variant}.core.{word}"


LMS = Site(
    name="lms",
    variant="lms",
    settings=settings.lms,
    secrets=settings.lms_secrets,
    host=lambda stack: stack.site.lms_host,
    size=lambda stack: stack.sizing.lms,
)
STUDIO = Site(
    name="studio",
    variant="cms",
    settings=settings.studio,
    secrets=settings.studio_secrets,
    host=lambda stack: stack.site.studio_host,
    size=lambda stack: stack.sizing.studio,
)


class Keeper(Protocol):
    """A way to keep files, such as `kubernetes.files.plain`."""

    def __call__(
        self, name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
    ) -> Files:
        """Keep `data` under `name`."""


@dataclass(frozen=True, kw_only=True)
class SettingsFiles:
    """The settings of a site as files in the cluster."""

    plain: Files
    """Plain settings and the Python module that reads them."""
    secret: Files
    """Secret settings."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The settings of a site as texts, by the names of their files."""

    plain: Mapping[str, pulumi.Input[str]]
    secret: Mapping[str, pulumi.Output[str]]


def render(site: Site, instance: Instance, connections: pulumi.Output[Connections]) -> Rendered:
    """The settings of a site.

    Rendered once: parsing keys and writing YAML take most of the program's own time.
    """
    stack = instance.stack
    text = connections.apply(lambda at: settings.dump(site.settings(stack, at)))
    hidden = pulumi.Output.all(connections, pulumi.Output.all(**instance.secrets)).apply(
        lambda known: settings.dump(site.secrets(stack, known[0], known[1]))
    )
    return Rendered(
        plain={site.settings_file: text, **settings.module_files(site.variant)},
        secret={site.settings_file: pulumi.Output.secret(hidden)},
    )


def keep(
    name: str,
    rendered: Rendered,
    scope: Scope,
    opts: pulumi.ResourceOptions,
    *,
    plain: Keeper = files.plain,
    secret: Keeper = files.secret,
) -> SettingsFiles:
    """The settings of a site in the cluster."""
    return SettingsFiles(
        plain=plain(f"{name}-settings", scope, rendered.plain, opts),
        secret=secret(f"{name}-secrets", scope, rendered.secret, opts),
    )
