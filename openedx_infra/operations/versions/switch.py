"""The verb switch: visitors reach the other one of two versions, by a change of one key of the stack file.

Only Ingresses and CronJobs change: the pods of both versions stay, so that switching back is as quick. Tasks
that the version that served has enqueued are done by its own workers.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT, Stack
from openedx_infra.config.sections.lifecycle import Colour
from openedx_infra.operations.cluster import status
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm, Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing, stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.releases import ImageName

__all__ = ["Request", "switch"]

_KEY = f"{PROJECT}:blue_green"


def switch(request: Request, console: Console, *, confirm: Confirm | None = None) -> None:
    """Let visitors reach the version that doesn't serve now.

    Raises OperationError, before anything is changed, when there is only one, or the other isn't ready. When
    the `up` fails, the file is restored.
    """
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file)
    if stack.blue_green is None:
        raise OperationError(
            f"Stack {file.name} has one version, so there is nothing to switch to.",
            remedy="set a second one in `openedx:blue_green`; docs/upgrades.md describes how",
        )
    before = stack.blue_green.live
    other = next(version for version in stack.versions if not version.serves)
    _require_ready(file, other)
    console.print(f"From {before} to {other.colour}, which is {other.release} and ready.", soft_wrap=True)
    if confirm and not confirm(f"Let visitors of stack {file.name} reach {other.colour}?"):
        return
    _write(file, other.colour)
    try:
        deploy.up(request, console)
    except BaseException:
        _write(file, before)
        console.print(f"{file.path.name} is back at {before}: `up` reverts what was done of the switch.")
        raise
    console.print(
        f"Visitors reach {other.colour}. {before.capitalize()} finishes its own tasks; "
        f"`openedx-infra switch --stack {file.name}` switches back to it.",
        soft_wrap=True,
    )


def _write(file: StackFile, live: Colour) -> None:
    def set_live(config: Any) -> None:
        config[_KEY]["live"] = live

    editing.edit(file.path, set_live)


def _require_ready(file: StackFile, version: Stack) -> None:
    """Raise OperationError unless all of a version exists, is ready, and runs the image of the stack file."""
    client = target_of(version, local=file.local).client()
    assert client is not None  # an instance has a cluster
    snapshot = status.snapshot(client)
    lacking = []
    for name in (f"{each}{version.suffix}" for each in ("lms", "studio", "mfe")):
        row = snapshot.row("Deployment", name)
        if row is None or not row.ready:
            lacking.append(f"{name}: {row.reason or 'not ready' if row else 'is not there'}")
    lacking += _other_images(client, version)
    if lacking:
        raise OperationError(
            f"{version.colour.capitalize()} is not ready, so visitors stay where they are:\n  "
            + "\n  ".join(lacking),
            remedy=f"`openedx-infra up --stack {file.name}` brings it up as the stack file describes it",
        )


def _other_images(client: Any, version: Stack) -> list[str]:
    """Deployments with an image other than the stack file's. Only `up` knows those that are built here."""
    from lightkube import ApiError
    from lightkube.resources.apps_v1 import Deployment

    wanted = version.published_images
    different = []
    sites: dict[str, ImageName] = {"lms": "openedx", "mfe": "mfe"}
    for site, image in sites.items():
        name = f"{site}{version.suffix}"
        try:
            pod = client.get(Deployment, name).spec.template.spec
        except ApiError:
            continue  # reported as not ready
        expected = version.images.mirrored(wanted[image] or "") if image in wanted else None
        if expected and pod.containers[0].image != expected:
            different.append(f"{name}: still runs {pod.containers[0].image}, not {expected}")
    return different
