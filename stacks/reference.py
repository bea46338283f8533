"""What does the foundation of an instance tell? Read from its stack, and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from openedx_infra.config import Stack
from openedx_infra.config.agreement import disagreements, lacking, never_up
from openedx_infra.config.contract import CONTRACT_OUTPUT, CONTRACT_SECRETS_OUTPUT, Contract
from stacks.gate import Gate


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
            if _is_unknown(error):
                return [never_up(self._stack)]
            raise
        known = dict(outputs or {})
        passwords = known.get(CONTRACT_SECRETS_OUTPUT) or {}
        return disagreements(self._stack, known) or lacking(self._stack, passwords)

    def contract(self, gate: Gate) -> pulumi.Output[Contract]:
        """What it promises, once the gate is open."""
        promised = self._outputs.get_output(CONTRACT_OUTPUT)
        return pulumi.Output.all(gate, promised).apply(lambda known: Contract.model_validate(known[1]))

    def secrets(self, gate: Gate) -> pulumi.Output[Mapping[str, str]]:
        """Passwords of its shared servers, once the gate is open."""
        handed = self._outputs.get_output(CONTRACT_SECRETS_OUTPUT)
        return pulumi.Output.secret(pulumi.Output.all(gate, handed).apply(lambda known: known[1] or {}))


def _is_unknown(error: Exception) -> bool:
    """Whether the engine means that there is no such stack, rather than that it could not be asked."""
    text = str(error)
    return "does not exist" in text or "unknown stack" in text or "no stack named" in text
