"""The verb dev reset: a development instance loses all its data, and is set up as if it were new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.development.data.instance import development_instance
from openedx_infra.operations.development.data.servers import data_of, stopped
from openedx_infra.operations.development.data.volumes_pod import SCRIPT, paths, volumes_pod
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.stack_files.overlay import overlaid
from openedx_infra.operations.versions import upgrade

if TYPE_CHECKING:
    from lightkube import Client

__all__ = ["Request", "reset"]


def reset(request: Request, console: Console, *, confirm: Callable[[str], bool] | None = None) -> None:
    """Empty all volumes of a development instance, and run all Jobs of its set-up again. Snapshots stay.

    What is interrupted is continued by running it again.
    """
    instance = development_instance(request)
    client = instance.client()
    data = data_of(client)
    question = f"Delete all data of stack {request.name}: users, courses, uploaded files, everything?"
    if confirm and not confirm(question):
        return

    def up(changes: Mapping[str, Any], *, refresh: bool = False) -> None:
        with overlaid(instance.file, changes) as path:
            upgrade.up(replace(request, config_file=path), console, refresh=refresh)

    _print_step(console, "1 of 3", "the platform is stopped")
    up(upgrade.STOPPED)
    wait_until_stopped(client, console)
    _print_step(console, "2 of 3", "all volumes are emptied")
    servers = [server.name for server in data.servers]
    with volumes_pod(client, instance.stack.name, data.claims) as python, stopped(client, servers):
        python.ask(SCRIPT, {"action": "empty", "volumes": paths(data.claims)})
    _print_step(console, "3 of 3", "databases, users and tables are made, and the site opens")
    _delete_jobs(client)
    up({}, refresh=True)
    console.print(
        f"Stack {request.name} is as new. `openedx-infra dev seed --stack {request.name}` makes the demo "
        "course and the usual users.",
        soft_wrap=True,
    )


def _delete_jobs(client: Client) -> None:
    """Delete all Jobs of the set-up, which the next `up --refresh` creates anew."""
    from lightkube.resources.batch_v1 import Job
    from lightkube.types import CascadeType

    with answering():
        for job in list(client.list(Job, labels={"app.kubernetes.io/managed-by": "pulumi"})):
            assert job.metadata is not None and job.metadata.name is not None
            # A Job of a CronJob is of a schedule.
            if not job.metadata.ownerReferences:
                client.delete(Job, job.metadata.name, cascade=CascadeType.BACKGROUND)


def _print_step(console: Console, step: str, text: str) -> None:
    console.print(f"Step {step}: {text}", style="bold", highlight=False)
