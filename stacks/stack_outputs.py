"""Outputs of other stacks, each of which stays secret if its stack exports it as a secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pulumi

from stacks.gate import Gate


def outputs_of(reference: pulumi.StackReference, names: Collection[str], gate: Gate) -> pulumi.Output[Any]:
    """The outputs of these names that there are, by name, once the gate is open.

    Pulumi counts all outputs of a stack as secret when one of them is, and tells which ones are: the result
    is secret if one of `names` is. `StackReference.get_output` does it for one name, but leaves coroutines
    behind that nobody awaits when the gate stays shut, of which Python warns.
    """

    def picked(values: Mapping[str, Any]) -> Any:
        secret = values["secret"]
        result = {name: values["outputs"][name] for name in names if name in values["outputs"]}
        is_secret = secret is None or not set(secret).isdisjoint(names)
        return pulumi.Output.secret(result) if is_secret else result

    # The names are None where Pulumi does not tell them: then everything counts as secret.
    values = pulumi.Output.all(gate=gate, outputs=reference.outputs, secret=reference.secret_output_names)
    return pulumi.Output.unsecret(values).apply(picked)
