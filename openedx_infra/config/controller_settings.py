"""What a stack depends on in the configuration of its ingress controller, which is not written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from openedx_infra.config.sections.ingress import GatewayShared
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.quantities import memory_bytes

SECONDS = 60
"""Time for which Traefik reads a request, since 2.11.2 and 3.0 (its documentation)."""
SLOW = 10_000_000 // 8
"""Bytes a second of a slow line: 10 Mbit/s, as many homes send (a guess)."""


@dataclass(frozen=True, kw_only=True)
class ControllerSetting:
    """A setting of a controller that only its own operator can make."""

    key: str
    """Key of the stack file that depends on it."""
    setting: str
    """The setting, by the controller's name for it, as docs/network.md has it."""
    why: str
    """What goes wrong without it, as the rest of a sentence."""
    matters: Callable[[Stack], bool]
    """Whether a stack depends on it."""


def _by(controller: str) -> Callable[[Stack], bool]:
    return lambda stack: stack.cluster.ingress_controller == controller


def _large(stack: Stack) -> bool:
    return memory_bytes(stack.ingress.bodies.studio) > SECONDS * SLOW


CHECKLIST = (
    ControllerSetting(
        key="openedx:ingress.bodies.studio",
        setting="respondingTimeouts.readTimeout",
        why=f"Traefik reads a request for {SECONDS} s at most, in which a line of 10 Mbit/s sends 75 MB: "
        "larger uploads end with 499 or 502",
        matters=lambda stack: _by("traefik")(stack) and _large(stack) and stack.cluster.k3s_traefik is None,
    ),
    ControllerSetting(
        key="openedx:ingress.proxies_in_front",
        setting="forwardedHeaders.trustedIPs",
        why="Traefik drops X-Forwarded-For of proxies that it isn't told to trust, and everybody is refused",
        matters=lambda stack: _by("traefik")(stack) and stack.ingress.proxies_in_front > 0,
    ),
    ControllerSetting(
        key="openedx:ingress.kind",
        setting="providers.kubernetesGateway",
        why="Traefik reads no objects of the Gateway API otherwise, and serves no host",
        matters=lambda stack: _by("traefik")(stack) and stack.ingress.kind == "gateway",
    ),
    ControllerSetting(
        key="openedx:ingress.gateway",
        setting="allowedRoutes",
        why="listeners of a shared Gateway take routes of their own namespace alone otherwise",
        matters=lambda stack: isinstance(stack.ingress.gateway, GatewayShared),
    ),
    ControllerSetting(
        key="openedx:ingress.bodies.studio",
        setting="client-body-timeout",
        why="NGINX gives up a request after a pause of 60 s",
        matters=lambda stack: _by("nginx")(stack) and _large(stack),
    ),
)
"""All of them, for `check`, `status` and docs/network.md alike."""


def needed(stack: Stack) -> list[ControllerSetting]:
    """Those that a stack depends on."""
    return [each for each in CHECKLIST if each.matters(stack)]


def notes(stack: Stack) -> Iterator[str]:
    """One line for each that a stack depends on, the key first."""
    for each in needed(stack):
        yield f"{each.key}: {each.why}: see to `{each.setting}` (docs/network.md)"
