"""Liveness probe of processes without a port, such as workers: the age of a file that they keep fresh."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.kubernetes import probes
from openedx_infra.kubernetes.models import ProbeArgs
from openedx_infra.settings.paths import ALIVE_FILE, ALIVE_VARIABLE

ALIVE_ENV: Mapping[str, str] = {ALIVE_VARIABLE: ALIVE_FILE}
"""Environment of a process that keeps the file fresh (settings/platform/liveness.py)."""
WORKER_SILENT_MINUTES = 5
"""Minutes of silence after which a worker hangs. It touches the file every second, and while the broker is
away each half minute at least; five minutes are a guess that a node without any CPU left gets by with."""
BEAT_SILENT_MINUTES = 15
"""The same for Celery's clock, which may sleep for five minutes (`beat_max_loop_interval`)."""


def liveness(minutes: int) -> ProbeArgs:
    """The probe: it fails when the file is older than that."""
    return probes.fresh(ALIVE_FILE, minutes)
