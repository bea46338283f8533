"""Can what is to be watched be watched?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.stack import Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    said = stack.monitoring
    if said.grafana and not said.prometheus:
        text = "true, and nothing is measured: write `prometheus: true`, too"
        yield Conflict(("monitoring", "grafana"), text, (("monitoring", "prometheus"),))
    yield from _tracking(stack)


def _tracking(stack: Stack) -> Iterator[Conflict]:
    said, storage = stack.monitoring.tracking, ("datastores", "storage")
    if said is None:
        return
    if said.server is None and stack.sources["storage"] == "volumes":
        text = "missing, as uploaded files are on volumes: say the S3 server that has the bucket"
        yield Conflict(("monitoring", "tracking", "server"), text, (storage,))
    if said.server is not None and said.bucket is None:
        text = "missing: name the bucket on `server`"
        yield Conflict(("monitoring", "tracking", "bucket"), text, (("monitoring", "tracking", "server"),))
    if said.server is None and said.bucket is not None and stack.sources["storage"] in ("in-cluster", "s3"):
        text = (
            f"{said.bucket} is no bucket that pods of this instance may write to: leave it out, for the "
            "private one, or say its `server`"
        )
        yield Conflict(("monitoring", "tracking", "bucket"), text, (storage,))
