"""The validation gate: checks of values that are known only while the program runs, before any request."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

import pulumi

from openedx_infra.config import ConfigError

Gate = pulumi.Output[list[pulumi.Resource]]
"""Opens when all checks have passed. As a dependency it names no resource: dependents only wait."""


class Refused(pulumi.RunError):
    """A stack that can't be deployed as it is. Pulumi prints the message without a traceback; `error` has one
    line for each fault."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__(str(error))
        self.error = error


def validation_gate(name: str, checks: Iterable[Awaitable[list[str]]]) -> Gate:
    """Waits for checks, each of which returns a line for every fault that it finds.

    The program declares all resources before it waits, so a check may look at what was declared. A gate that
    stays shut raises Refused in everything that waits for it: providers and the root component, so that
    nothing is sent.
    """

    async def checked() -> list[pulumi.Resource]:
        problems = [problem for check in checks for problem in await check]
        if problems:
            raise Refused(ConfigError(name, problems))
        return []

    return pulumi.Output.from_input(checked())


def after_gate(value: str, gate: Gate) -> Awaitable[str]:
    """The value, once the gate is open."""

    async def awaited() -> str:
        await gate.future()
        return value

    return awaited()


def is_unknown(error: Exception) -> bool:
    """Whether a stack reference failed because there is no such stack, rather than for another reason."""
    text = str(error)
    return "does not exist" in text or "unknown stack" in text or "no stack named" in text
