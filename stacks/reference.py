"""What does the foundation of an instance tell? Read from its stack, and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from openedx_infra.config import Stack
from openedx_infra.config.foundation.contract import (
    CONTRACT_OUTPUT,
    CONTRACT_SECRETS_OUTPUT,
    PASSWORDS,
    Contract,
)
from openedx_infra.config.rules.foundation_contract import disagreements, lacking, never_up, read, shared
from stacks.gate import Gate, is_unknown


class FoundationReference:
    """The foundation of an instance, as its stack's outputs tell of it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._outputs = pulumi.StackReference("foundation", stack_name=stack.foundation)

    async def problems(self) -> list[str]:
        """One line for everything that the instance needs and doesn't get."""
        try:
            outputs = await self._outputs.outputs.future()
        except Exception as error:
            if is_unknown(error):
                return [never_up(self._stack)]
            raise
        known = dict(outputs or {})
        passwords = known.get(CONTRACT_SECRETS_OUTPUT) or {}
        return disagreements(self._stack, known) or lacking(self._stack, passwords)

    def contract(self, gate: Gate) -> pulumi.Output[Contract]:
        """What it promises, once the gate is open."""
        promised = pulumi.Output.all(gate, self._outputs.outputs).apply(
            lambda known: read(known[1][CONTRACT_OUTPUT])
        )
        # All outputs count as secret when one of them is.
        return pulumi.Output.unsecret(promised)

    def passwords(self) -> dict[str, pulumi.Output[str]]:
        """Passwords of the servers that the instance shares, by the names that its own would have."""
        handed = self._outputs.outputs.apply(lambda known: known.get(CONTRACT_SECRETS_OUTPUT) or {})
        return {PASSWORDS[name]: _picked(handed, PASSWORDS[name]) for name in shared(self._stack)}


def _picked(handed: pulumi.Output[Mapping[str, str]], name: str) -> pulumi.Output[str]:
    """One of the passwords; empty where it is missing, which keeps the gate shut."""
    picked: pulumi.Output[str] = handed.apply(lambda known: known.get(name, ""))
    return pulumi.Output.secret(picked)
