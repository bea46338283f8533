"""Component of what runs beside Open edX in the instance's namespace, for its operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.components.extras.containers import run, stored
from openedx_infra.components.instance import Instance


@dataclass(frozen=True, kw_only=True)
class ExtrasArgs:
    """What extras need."""

    instance: Instance
    after: Sequence[pulumi.Resource]
    """What must be done before any container starts: the platform's set-up."""


class Extras(pulumi.ComponentResource):
    """Containers of the operator's own, after the platform's set-up. One that is off keeps its volume."""

    def __init__(self, name: str, args: ExtrasArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Extras", name, None, opts)
        for each, container in args.instance.stack.extras.containers.items():
            claim = stored(each, container, args.instance, self)
            if container.enabled:
                run(each, container, args.instance, self, after=args.after, claim=claim)
        self.register_outputs({})
