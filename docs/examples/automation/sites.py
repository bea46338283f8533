"""Brings up a site for each request of a list, a few at a time, and prints where each is.

    python sites.py requests.json sites/ --at-once 2

requests.json is a list of {"name": "north", "lms_host": "north.example.org"}. Each site gets a stack file of
its own: nothing is shared but the cluster.
"""

from __future__ import annotations

import json
import re
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from openedx_infra.automation import ConfigError, Finished, Instance, OperationError

MOST = 50
"""Sites that may exist: a limit of the one who pays."""
_NAME = re.compile(r"[a-z][a-z0-9-]{1,20}")
KILOBYTES_PER_MEGABYTE = 1024


def written(folder: Path, request: dict[str, Any]) -> Instance:
    """The instance of a request, with its stack file. Raises OperationError for a name that is none."""
    if not _NAME.fullmatch(str(request.get("name"))):
        raise OperationError(f"{request.get('name')!r} is no name of a site.", remedy="use a-z, 0-9 and -")
    path = folder / f"Pulumi.{request['name']}.yaml"
    if not path.exists():  # an existing one holds secrets
        content = {
            "openedx:site": {"name": request["name"], "lms_host": request["lms_host"]},
            "openedx:datastores": {"protect": request.get("protect", True)},
        }
        path.write_text(yaml.safe_dump({"config": content}))
    return Instance.load(path)


def served(instance: Instance) -> dict[str, Any]:
    """Bring an instance up; what the one who asked for it is told."""
    start, resources = time.monotonic(), []

    def note(event: object) -> None:
        if isinstance(event, Finished):
            resources.append(event.urn.name)

    try:
        instance.check()
        outputs = instance.up(on_event=note)
    except (ConfigError, OperationError) as error:
        return {"name": instance.stack, "error": str(error)}
    return {
        "name": instance.stack,
        "lms": outputs.lms_url,
        "namespace": outputs.namespace,
        "resources": len(resources),
        "seconds": round(time.monotonic() - start),
    }


def main(
    requests: Path,
    folder: Path,
    at_once: Annotated[int, typer.Option(min=1, help="Sites that are brought up at the same time.")] = 2,
) -> None:
    """Bring up a site for each request; the others wait in a queue."""
    asked = json.loads(requests.read_text())[:MOST]
    folder.mkdir(exist_ok=True)
    instances = [written(folder, request) for request in asked]
    with ThreadPoolExecutor(at_once) as queue:
        sites = list(queue.map(served, instances))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // KILOBYTES_PER_MEGABYTE
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES_PER_MEGABYTE
    print(json.dumps({"sites": sites, "largest_process_mb": children, "own_mb": own}, indent=2))
    raise typer.Exit(any("error" in site for site in sites))


if __name__ == "__main__":
    typer.run(main)
