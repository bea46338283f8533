"""Component of what runs beside Open edX in the instance's namespace, for its operator."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from openedx_infra.components.extras.containers import run, stored
from openedx_infra.components.extras.manifests import register
from openedx_infra.components.instance import Instance


class Extras(pulumi.ComponentResource):
    """Objects of the operator's own, some of which migrations wait for; the others, and all containers, come
    after the platform's set-up. A container that is off keeps its volume."""

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Extras", name, None, opts)
        self._instance, self._extras = instance, instance.stack.extras
        self.first: list[pulumi.Resource] = [
            resource
            for key, manifests in self._extras.manifests.items()
            if manifests.before_platform
            for resource in register(key, manifests, instance, self)
        ]
        """What migrations wait for."""

    def start(self, after: Sequence[pulumi.Resource]) -> None:
        """Registers the rest, after the platform's set-up."""
        for key, manifests in self._extras.manifests.items():
            if not manifests.before_platform:
                register(key, manifests, self._instance, self, after)
        for name, container in self._extras.containers.items():
            claim = stored(name, container, self._instance, self)
            if container.enabled:
                run(name, container, self._instance, self, after=after, claim=claim)
        self.register_outputs({})
