"""What is found wrong only when values are known? All of it, at once, before anything is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

import pulumi

from openedx_infra.config import ConfigError

Gate = pulumi.Output[list[pulumi.Resource]]
"""Opens when all is right. As something to depend on, it names no resource: who depends on it only waits."""


class Refused(pulumi.RunError):
    """A stack can't be deployed as it is. It prints as it is, and `error` has one line for each fault."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__(str(error))
        self.error = error


def gate(stack: str, judgements: Iterable[Awaitable[list[str]]]) -> Gate:
    """Waits for judgements, each of which returns a line for every fault that it finds.

    The program declares all resources first and only then comes to wait, so that a judgement may look at
    what was declared. A gate that stays shut raises Refused in whatever waits for it: providers and the
    uppermost component do, so that nothing is sent.
    """

    async def judged() -> list[pulumi.Resource]:
        problems = [problem for judgement in judgements for problem in await judgement]
        if problems:
            raise Refused(ConfigError(stack, problems))
        return []

    return pulumi.Output.from_input(judged())


def opened(value: str, gate: Gate) -> Awaitable[str]:
    """A value that a provider gets once the gate is open."""

    async def awaited() -> str:
        await gate.future()
        return value

    return awaited()


def is_unknown(error: Exception) -> bool:
    """Whether a reference failed as there is no such stack, rather than as nobody could be asked."""
    text = str(error)
    return "does not exist" in text or "unknown stack" in text or "no stack named" in text
