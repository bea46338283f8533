"""Component of what many instances share: operators in the cluster, and servers on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from openedx_infra.config import Foundation as FoundationConfig
from openedx_infra.config.foundation.contract import Contract
from openedx_infra.config.sections.aws import Network


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    """What a foundation is made from."""

    stack: FoundationConfig
    """Its configuration."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Its secrets by name."""
    network: pulumi.Output[Network] | None = None
    """The network from another stack's outputs. None: the configuration sets it, or there is none."""


class Foundation(pulumi.ComponentResource):
    """What many instances share. Its parts wait for nothing but themselves."""

    contract: pulumi.Output[Contract]
    """What instances may rely on."""

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Foundation", name, None, opts)
        if args.stack.addons.operators:
            from openedx_infra.components.foundation.operators import install

            install(args.stack.addons, self, protect=args.stack.protects)
        self.contract = self._on_aws(args)
        self.register_outputs({})

    def _on_aws(self, args: FoundationArgs) -> pulumi.Output[Contract]:
        """What is on AWS. A foundation without it loads nothing of it."""
        aws = args.stack.aws
        if aws is None:
            return pulumi.Output.from_input(Contract())
        from openedx_infra.components.foundation.shared_servers import share

        return share(args.stack, aws, args.secrets, args.network, self)
