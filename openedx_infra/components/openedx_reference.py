"""An instance as other Pulumi programs see it: the outputs of its stack, typed."""

from __future__ import annotations

from typing import Any

import pulumi

from openedx_infra.config.outputs import InstanceOutputs, instance_outputs


class OpenedxReference:
    """The outputs of an instance's stack, for other infrastructure: DNS, monitoring, a portal.

    Programs in other languages read the same names by their own StackReference.
    """

    def __init__(self, name: str, stack: str, opts: pulumi.ResourceOptions | None = None) -> None:
        """`stack` is the instance's stack as the backend names it: `organization/openedx/campus`."""
        self._reference = pulumi.StackReference(name, stack_name=stack, opts=opts)

    @property
    def outputs(self) -> pulumi.Output[InstanceOutputs]:
        """All of them. It fails where the stack was never brought up, or is no instance."""
        return self._reference.outputs.apply(instance_outputs)

    @property
    def lms_url(self) -> pulumi.Output[str]:
        """Address of the LMS, without a slash at the end."""
        return self._required("lms_url")

    @property
    def studio_url(self) -> pulumi.Output[str]:
        """Address of Studio."""
        return self._required("studio_url")

    @property
    def mfe_url(self) -> pulumi.Output[str]:
        """Address of the host of the micro-frontends."""
        return self._required("mfe_url")

    @property
    def namespace(self) -> pulumi.Output[str]:
        """Namespace in the cluster."""
        return self._required("namespace")

    @property
    def release(self) -> pulumi.Output[str]:
        """The named release of Open edX that visitors get."""
        return self._required("release")

    def _required(self, name: str) -> pulumi.Output[Any]:
        return self._reference.require_output(name)
