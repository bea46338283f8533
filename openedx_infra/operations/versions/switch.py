"""How do visitors get from one of two versions to the other, and back? A word of the stack file turns round.

What changes are Ingresses, the clock and what runs by it: the pods of both versions stay, so that the way
back is as short. What the version that served has enqueued, its own workers end.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT, Stack
from openedx_infra.config.sections.lifecycle import Colour
from openedx_infra.operations.cluster import status
from openedx_infra.operations.cluster.target import place_of
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm, Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images import pin_digests
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.releases import ImageName

__all__ = ["Request", "switch"]

_KEY = f"{PROJECT}:blue_green"


def switch(request: Request, console: Console, *, confirm: Confirm | None = None) -> None:
    """Have visitors reach the version that doesn't serve now.

    Raises OperationError, before anything is touched, when there is but one, or the other isn't ready. When
    the `up` fails, the file says what was there before.
    """
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file)
    if stack.blue_green is None:
        raise OperationError(
            f"Stack {file.name} has one version, so there is nothing to switch to.",
            remedy="`openedx:blue_green` says a second one; docs/upgrades.md tells how",
        )
    before = stack.blue_green.live
    other = next(version for version in stack.versions if not version.serves)
    _demand_ready(file, other)
    console.print(f"From {before} to {other.colour}, which is {other.release} and ready.", soft_wrap=True)
    if confirm and not confirm(f"Have visitors of stack {file.name} reach {other.colour}?"):
        return
    _write(file, other.colour)
    try:
        deploy.up(request, console)
    except BaseException:
        _write(file, before)
        console.print(f"{file.path.name} says {before} again: what was done of the switch, `up` takes back.")
        raise
    console.print(
        f"Visitors reach {other.colour}. {before.capitalize()} goes on with its own tasks; "
        f"`openedx-infra switch --stack {file.name}` leads back to it.",
        soft_wrap=True,
    )


def _write(file: StackFile, live: Colour) -> None:
    def turn(config: Any) -> None:
        config[_KEY]["live"] = live

    pin_digests.edit(file.path, turn)


def _demand_ready(file: StackFile, version: Stack) -> None:
    """Raise OperationError unless all of a version is there, ready, and of the image that the file says."""
    client = next(place_of(version, local=file.local).clients(), None)
    assert client is not None  # an instance has a namespace
    found = status.snapshot(client)
    lacking = []
    for name in (f"{each}{version.suffix}" for each in ("lms", "studio", "mfe")):
        row = found.row("Deployment", name)
        if row is None or not row.ready:
            lacking.append(f"{name}: {row.reason or 'not ready' if row else 'is not there'}")
    lacking += _other_images(client, version)
    if lacking:
        raise OperationError(
            f"{version.colour.capitalize()} is not ready, so visitors stay where they are:\n  "
            + "\n  ".join(lacking),
            remedy=f"`openedx-infra up --stack {file.name}` brings up what the stack file says of it",
        )


def _other_images(client: Any, version: Stack) -> list[str]:
    """What runs an image other than the stack file's. Those that are built here are known only to `up`."""
    from lightkube import ApiError
    from lightkube.resources.apps_v1 import Deployment

    wanted = version.published_images
    found = []
    sites: dict[str, ImageName] = {"lms": "openedx", "mfe": "mfe"}
    for site, image in sites.items():
        name = f"{site}{version.suffix}"
        try:
            pod = client.get(Deployment, name).spec.template.spec
        except ApiError:
            continue  # told as not ready
        said = version.images.mirrored(wanted[image] or "") if image in wanted else None
        if said and pod.containers[0].image != said:
            found.append(f"{name}: runs {pod.containers[0].image} yet, and not {said}")
    return found
