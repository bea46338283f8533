"""The processes of the platform that a developer works in: those of both sites, and their workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import container
from openedx_infra.operations.pods.container import RunningContainer

if TYPE_CHECKING:
    from lightkube import Client

PROCESSES = ("lms", "studio", "lms-worker", "studio-worker")
"""What verbs take."""
_OTHER_NAMES = {"cms": "studio", "worker": "lms-worker", "cms-worker": "studio-worker"}


def process_of(name: str) -> str:
    """The process that a developer means: `worker` is the LMS', `cms` is Studio.

    Raises OperationError for what is no process.
    """
    process = _OTHER_NAMES.get(name, name)
    if process not in PROCESSES:
        raise OperationError(
            f"There is no process {name}.", remedy="name lms, studio, worker or studio-worker"
        )
    return process


def component_of(client: Client, name: str) -> str:
    """The component that a process is. Of several pools of workers it is the first by name.

    Raises OperationError when there is none.
    """
    from lightkube.resources.core_v1 import Pod

    from openedx_infra.operations.cluster.connection import answering

    process = process_of(name)
    with answering():
        labels = [(pod.metadata and pod.metadata.labels) or {} for pod in client.list(Pod)]
    names = {str(each[container.COMPONENT]) for each in labels if container.COMPONENT in each}
    workers = process.endswith("-worker")
    found = {each for each in names if each == process or (workers and each.startswith(f"{process}-"))}
    if not found:
        raise OperationError(
            f"There is no pod of {process} in namespace {client.namespace}.",
            remedy="run `openedx-infra up`; with `openedx:development.eager_tasks` there are no workers",
        )
    return min(found)


def running(client: Client, name: str) -> RunningContainer:
    """A container of a process that runs. It need not be ready: with a fault in its source it never is.

    Raises OperationError when none runs.
    """
    return container.choose(client, component_of(client, name), ready=False)
