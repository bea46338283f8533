"""A network from another stack's outputs, checked before anything uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import ValidationError

from openedx_infra.config.errors.config_error import explain
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.foundation.foundation import NetworkReference
from openedx_infra.config.sections.aws import Network
from stacks.gate import Gate, is_unknown
from stacks.stack_outputs import outputs_of

_KEY = key_of(("aws", "network_reference"))


class NetworkOfAnother:
    """A network that another stack creates."""

    def __init__(self, reference: NetworkReference) -> None:
        self._reference = reference
        self._names = {field: str(getattr(reference, field)) for field in Network.model_fields}
        self._outputs = pulumi.StackReference("network", stack_name=reference.stack)

    async def problems(self) -> list[str]:
        """One line for every fault."""
        try:
            outputs = dict(await self._outputs.outputs.future() or {})
        except Exception as error:
            if is_unknown(error):
                return [
                    f"{_KEY}.stack: there is no stack {self._reference.stack}, or this user may not read it"
                ]
            raise
        missing = [
            f"{_KEY}.{field}: {self._reference.stack} has no output {name}; "
            f"it has {', '.join(sorted(outputs)) or 'none'}"
            for field, name in self._names.items()
            if name not in outputs
        ]
        return missing or self._faults(outputs)

    def network(self, gate: Gate) -> pulumi.Output[Network]:
        """The network, once the gate is open. It is secret only if an output is that it is read from."""
        return outputs_of(self._outputs, self._names.values(), gate).apply(self._read)

    def _read(self, outputs: Mapping[str, Any]) -> Network:
        return Network.model_validate({field: outputs[name] for field, name in self._names.items()})

    def _faults(self, outputs: Mapping[str, Any]) -> list[str]:
        try:
            self._read(outputs)
        except ValidationError as error:
            return [
                f"{_KEY}: the outputs of {self._reference.stack}: {line}" for line in explain(error, Network)
            ]
        return []
