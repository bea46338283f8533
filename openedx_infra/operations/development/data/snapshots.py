"""The verbs dev snapshot save, load, list and delete.

A snapshot is a copy of all volumes, made while the servers are stopped for a moment: ADR 57 has the
measurements. It lies on the node, in a folder that the instance's own volumes are not in.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from openedx_infra.operations.development.data.instance import DevelopmentInstance, development_instance
from openedx_infra.operations.development.data.servers import Data, data_of, stopped
from openedx_infra.operations.development.data.volumes_pod import SCRIPT, SNAPSHOTS, paths, volumes_pod
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses.platform_script import Interpreter

if TYPE_CHECKING:
    from lightkube import Client

__all__ = ["Request", "delete", "load", "save", "show"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
Confirm = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """An instance whose volumes are mounted."""

    instance: DevelopmentInstance
    client: Client
    data: Data
    python: Interpreter

    def ask(self, action: str, **request: Any) -> Any:
        """The answer of the script in the pod."""
        return self.python.ask(SCRIPT, {"action": action, **request})

    @property
    def volumes(self) -> Mapping[str, str]:
        """Folders by the names of claims."""
        return paths(self.data.claims)


def save(request: Request, name: str, console: Console, *, replace: bool = False) -> None:
    """Copy all volumes to a snapshot. The servers are stopped meanwhile, for some seconds; the platform's
    pods go on, and connect again."""
    start = time.monotonic()
    with _place(request, name) as place:
        about = {
            "name": name,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "release": place.instance.stack.release,
            "images": dict(place.data.images),
            "passwords": place.data.passwords,
        }
        with stopped(place.client, place.data.keeping()):
            done = place.ask(
                "save", snapshots=SNAPSHOTS, name=name, volumes=place.volumes, about=about, replace=replace
            )
    console.print(
        f"Snapshot {name} is saved: {_size(done['bytes'])} in {time.monotonic() - start:.0f} s.",
        highlight=False,
    )


def load(request: Request, name: str, console: Console, *, confirm: Confirm | None = None) -> None:
    """Put a snapshot in the place of all data. It is read to its end, and compared with its digests, before
    anything changes; then the servers are stopped for a moment."""
    with _place(request, name) as place:
        about = place.ask("about", snapshots=SNAPSHOTS, name=name)
        _demand_fitting(about, place.data, name)
        question = f"Replace the data of stack {request.name} by snapshot {name} of {about['made'][:16]}?"
        if confirm and not confirm(question):
            return
        start = time.monotonic()
        place.ask("prepare", snapshots=SNAPSHOTS, name=name, volumes=place.volumes)
        with stopped(place.client, [server.name for server in place.data.servers]):
            place.ask("swap", volumes=place.volumes)
        place.ask("discard", volumes=place.volumes)
    console.print(f"Snapshot {name} is loaded, in {time.monotonic() - start:.0f} s.", highlight=False)
    release = place.instance.stack.release
    if about.get("release") != release:
        console.print(
            f"It was made with {about.get('release')}, and the instance runs {release}: "
            "`openedx-infra dev manage lms migrate`, and the same of cms, bring its tables up to date.",
            soft_wrap=True,
        )


def show(request: Request, console: Console, *, as_json: bool = False) -> None:
    """Print the snapshots of an instance."""
    with _place(request) as place:
        found = place.ask("list", snapshots=SNAPSHOTS)["snapshots"]
    if as_json:
        keys = ("name", "made", "release", "bytes", "damaged")
        print(json.dumps([{key: each[key] for key in keys if key in each} for each in found], indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Snapshot", "Made (UTC)", "Release", "Size"):
        table.add_column(column)
    for each in found:
        if each.get("damaged"):
            table.add_row(each["name"], "damaged", "", "")
        else:
            made = each["made"][:19].replace("T", " ")
            table.add_row(each["name"], made, each["release"], _size(each["bytes"]))
    console.print(table if found else "There are no snapshots yet.")


def delete(request: Request, name: str, console: Console, *, confirm: Confirm | None = None) -> None:
    """Delete a snapshot."""
    with _place(request, name) as place:
        if confirm and not confirm(f"Delete snapshot {name} of stack {request.name}?"):
            return
        place.ask("delete", snapshots=SNAPSHOTS, name=name)
    console.print(f"Snapshot {name} is deleted.", highlight=False)


@contextmanager
def _place(request: Request, name: str | None = None) -> Iterator[_Place]:
    """An instance with its volumes mounted. Raises OperationError for a name that no snapshot may have."""
    if name is not None and not _NAME.fullmatch(name):
        raise OperationError(
            f"{name!r} is no name of a snapshot.",
            remedy="write at most 63 letters, digits, dots, hyphens and underscores, the first of them a "
            "letter or a digit",
        )
    instance = development_instance(request)
    client = instance.client()
    data = data_of(client)
    with volumes_pod(client, instance.stack.name, data.claims) as python:
        yield _Place(instance=instance, client=client, data=data, python=python)


def _demand_fitting(about: Mapping[str, Any], data: Data, name: str) -> None:
    """Refuse a snapshot that the servers of now could not open, or that has other passwords."""
    saved, now = about.get("images", {}), data.images
    if others := sorted(server for server in {*saved, *now} if saved.get(server) != now.get(server)):
        lines = [f"{server}: {saved.get(server, 'none')}, now {now.get(server, 'none')}" for server in others]
        raise OperationError(
            f"Snapshot {name} is of other servers, which write other files. Nothing was changed."
            + "".join(f"\n  {line}" for line in lines),
            remedy="name the images of the snapshot in openedx:images, run `openedx-infra up`, and try again",
        )
    if about.get("passwords") != data.passwords:
        raise OperationError(
            f"Snapshot {name} is of servers with other passwords, which its databases keep. Nothing was "
            "changed.",
            remedy="bring the secrets back that the stack had then, or make a new snapshot",
        )


def _size(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB"
