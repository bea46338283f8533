"""LMS and Studio as Django sites of edx-platform, and their settings as files in the cluster."""

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
        """The site as the version that a stack describes runs it, with the version's suffix in its name."""
        return replace(self, name=f"{self.name}{stack.suffix}")

    def queue(self, name: str) -> str:
        """Name of one of its Celery queues by the last part of its name."""
        return f"edx.{self.variant}.core.{name}"


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


class FilesFactory(Protocol):
    """A function that stores files in the cluster, such as `kubernetes.files.plain`."""

    def __call__(
        self, name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
    ) -> Files:
        """The object called `name` that holds `data`."""


@dataclass(frozen=True, kw_only=True)
class SettingsFiles:
    """The settings of a site as files in the cluster."""

    plain: Files
    """Plain settings and the Python module that reads them."""
    secret: Files
    """Secret settings."""


@dataclass(frozen=True, kw_only=True)
class SettingsTexts:
    """The settings of a site as texts, by the names of their files."""

    plain: Mapping[str, pulumi.Input[str]]
    secret: Mapping[str, pulumi.Output[str]]


def render_settings(site: Site, instance: Instance, connections: pulumi.Output[Connections]) -> SettingsTexts:
    """The settings of a site as texts.

    Call it once for each site: parsing keys and writing YAML take most of the program's own time.
    """
    stack = instance.stack
    plain = connections.apply(lambda endpoints: settings.dump(site.settings(stack, endpoints)))
    secret = pulumi.Output.all(connections, pulumi.Output.all(**instance.secrets)).apply(
        lambda values: settings.dump(site.secrets(stack, values[0], values[1]))
    )
    return SettingsTexts(
        plain={site.settings_file: plain, **settings.module_files(site.variant, stack)},
        secret={site.settings_file: pulumi.Output.secret(secret)},
    )


def store_settings(
    name: str,
    texts: SettingsTexts,
    scope: Scope,
    opts: pulumi.ResourceOptions,
    *,
    plain: FilesFactory = files.plain,
    secret: FilesFactory = files.secret,
) -> SettingsFiles:
    """Stores the settings of a site in the cluster."""
    return SettingsFiles(
        plain=plain(f"{name}-settings", scope, texts.plain, opts),
        secret=secret(f"{name}-secrets", scope, texts.secret, opts),
    )
