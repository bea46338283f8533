"""The foundation of an instance: its contract and passwords, read from its stack's outputs and checked."""

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
from stacks.stack_outputs import outputs_of


class FoundationReference:
    """The foundation of an instance, as its stack's outputs describe it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._outputs = pulumi.StackReference("foundation", stack_name=stack.foundation)

    async def problems(self) -> list[str]:
        """One line for everything that the instance needs and the foundation doesn't provide."""
        try:
            outputs = await self._outputs.outputs.future()
        except Exception as error:
            if is_unknown(error):
                return [never_up(self._stack)]
            raise
        values = dict(outputs or {})
        passwords = values.get(CONTRACT_SECRETS_OUTPUT) or {}
        return disagreements(self._stack, values) or lacking(self._stack, passwords)

    def contract(self, gate: Gate) -> pulumi.Output[Contract]:
        """Its contract, once the gate is open. It is secret only if the foundation exports it as a secret."""
        outputs = outputs_of(self._outputs, [CONTRACT_OUTPUT], gate)
        return outputs.apply(lambda values: read(values[CONTRACT_OUTPUT]))

    def passwords(self) -> dict[str, pulumi.Output[str]]:
        """Passwords of the servers that the instance shares, by the names that its own would have."""
        passwords = self._outputs.outputs.apply(lambda outputs: outputs.get(CONTRACT_SECRETS_OUTPUT) or {})
        return {PASSWORDS[name]: _picked(passwords, PASSWORDS[name]) for name in shared(self._stack)}


def _picked(passwords: pulumi.Output[Mapping[str, str]], name: str) -> pulumi.Output[str]:
    """One of the passwords; empty where it is missing, which keeps the gate shut."""
    password: pulumi.Output[str] = passwords.apply(lambda values: values.get(name, ""))
    return pulumi.Output.secret(password)
