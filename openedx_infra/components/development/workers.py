"""Which workers of a development instance run: one process for all queues of a site, or none."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.config.sizing.sizing import WorkerPool


def developed_pools(stack: Stack, pools: Mapping[str, WorkerPool]) -> dict[str, WorkerPool]:
    """The pools of a site as the section `development` sets them. All stay, so that a switch adds and removes
    no Deployment; those that aren't needed have no pods."""
    section = stack.development
    assert section is not None
    if section.eager_tasks:
        return {name: pool.model_copy(update={"replicas": 0}) for name, pool in pools.items()}
    if not section.one_process:
        return dict(pools)
    queues = tuple(dict.fromkeys(queue for pool in pools.values() for queue in pool.queues))
    return {
        name: pool.model_copy(update={"queues": queues, "replicas": 1} if number == 0 else {"replicas": 0})
        for number, (name, pool) in enumerate(pools.items())
    }


def beat_has_a_pod(stack: Stack) -> bool:
    """Whether beat is a process of its own: with eager tasks there is none, and one process has it within."""
    section = stack.development
    assert section is not None
    return not section.eager_tasks and not section.one_process
