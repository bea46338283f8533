"""Micro-frontends that run from mounted source, each by a development server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openedx_infra.config.development.mounts import mounted
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.services.registry import enabled_mfes, service_mfes
from openedx_infra.config.stack import Stack

OWN_PORT = 8080
"""Port of the server of a micro-frontend that the release doesn't have: webpack's, and frontend-build's."""
SOCKET = "ws"
"""Last part of the path at which pages hear of changes."""


@dataclass(frozen=True, kw_only=True)
class SourceFrontend:
    """A micro-frontend from mounted source."""

    name: str
    """Its name, such as `learning`, which is its path at the MFEs' host."""
    mount: str
    """Name of its mount in the stack file."""
    on_node: str
    """Its folder on the node."""
    port: int
    """Port of its server: the release's."""

    @property
    def component(self) -> str:
        """Name of its Service, its Deployment and its volume."""
        return f"mfe-{self.name}"

    @property
    def public_path(self) -> str:
        """Path of its pages and files, as in production."""
        return f"/{self.name}/"

    @property
    def socket_path(self) -> str:
        """Path at which its pages hear of changes."""
        return f"{self.public_path}{SOCKET}"


def source_frontends(stack: Stack) -> tuple[SourceFrontend, ...]:
    """The micro-frontends that are mounted, by name. Those of the frontend-base site are none: the site is
    one bundle, which `problems` says."""
    if stack.development is None or not stack.development.mounts:
        return ()
    ports = {mfe.name: mfe.port for mfe in enabled_mfes(stack)}
    found = (
        SourceFrontend(
            name=each.what.name,
            mount=each.mount,
            on_node=each.on_node,
            port=ports.get(each.what.name, OWN_PORT),
        )
        for each in mounted(stack, "frontend")
        if not _fault(stack, each.what.name)
    )
    return tuple(sorted(found, key=lambda each: each.name))


def problems(stack: Stack) -> list[str]:
    """One line for each mounted micro-frontend that can't run from its source."""
    return [
        f"{key_of(('development', 'mounts', each.mount))}: {fault}"
        for each in (mounted(stack, "frontend") if stack.development else ())
        for fault in _fault(stack, each.what.name)
    ]


def _fault(stack: Stack, name: str) -> list[str]:
    return list(_faults(stack, name))


def _faults(stack: Stack, name: str) -> Iterator[str]:
    release = stack.pinned_release
    legacy = {mfe.name for mfe in (*release.mfes, *service_mfes(stack))}
    if name in {app.name for app in release.frontend_apps} - legacy:
        yield (
            f"{name} is an app of the frontend-base site, which is one bundle from the image: leave the "
            "mount out, and run its own `npm run dev` beside the instance"
        )
    elif name in stack.mfes.disabled:
        yield f"{name} is in `openedx:mfes.disabled`, so nothing leads to it: remove it there, or the mount"
