"""The store of the simulated AWS: a folder, one readable file a resource.

The plugin writes it; tests look, and meddle: they change a file as somebody would in AWS' console, take a
resource away, or order a failure. Several plugins may run at once, one for each provider of a program.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from filelock import FileLock

DIRECTORY = "SIMULATED_AWS_DIR"
"""Variable with the folder of the cloud."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What the cloud has: plain values, as AWS itself knows passwords."""

    urn: str
    """Which resource of a stack made it."""
    type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    """What it has beside its inputs."""
    secrets: list[list[str | int]] = field(default_factory=list)
    """Where in the inputs secrets are, which the engine must get back as such."""

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that was done, or tried."""

    verb: str
    urn: str
    begin: float
    """Seconds since the epoch."""
    end: float
    error: str = ""
    """Why it failed; empty when it didn't."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What shall go wrong."""

    verb: str
    """`create`, `update`, `delete` or `read`."""
    match: str
    """Pattern of a URN or a type, with `*`."""
    message: str
    """What AWS says."""
    times: int | None = 1
    """How often; None: until it is taken back."""


class Cloud:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._resources = folder / "resources"
        self._resources.mkdir(parents=True, exist_ok=True)
        self._failures = folder / "failures.json"
        self._events = folder / "events.jsonl"

    # --- What there is

    def resources(self, type_: str = "*") -> list[Resource]:
        """All resources of a type, by a pattern."""
        found = (Resource(**json.loads(path.read_text())) for path in sorted(self._resources.iterdir()))
        return [resource for resource in found if fnmatchcase(resource.type, type_)]

    def one(self, type_: str, name: str = "*") -> Resource:
        """The one resource of a type, and of a name in the program, by patterns."""
        [found] = [each for each in self.resources(type_) if fnmatchcase(each.name, name)]
        return found

    def find(self, type_: str, id_: str) -> Resource | None:
        """A resource by its id."""
        path = self._path(type_, id_)
        return Resource(**json.loads(path.read_text())) if path.exists() else None

    def put(self, resource: Resource) -> None:
        """Have a resource, instead of the one with its id if there is one."""
        path = self._path(resource.type, resource.id)
        fresh = self.folder / f".{path.name}.{os.getpid()}"
        fresh.write_text(json.dumps(asdict(resource), indent=1, sort_keys=True))
        fresh.replace(path)

    def change(self, resource: Resource, **inputs: Any) -> None:
        """Change a resource behind Pulumi's back."""
        self.put(Resource(**{**asdict(resource), "inputs": {**resource.inputs, **inputs}}))

    def remove(self, type_: str, id_: str) -> None:
        """Have a resource no longer."""
        self._path(type_, id_).unlink(missing_ok=True)

    # --- What goes wrong

    def fail(self, verb: str, match: str, message: str, times: int | None = 1) -> None:
        """Order a failure."""
        with self._locked():
            failure = Failure(verb=verb, match=match, message=message, times=times)
            self._write([*self._ordered(), failure])

    def mend(self) -> None:
        """Take back all failures."""
        self._failures.unlink(missing_ok=True)

    def failing(self, verb: str, urn: str, type_: str) -> str | None:
        """What goes wrong now with a resource; a failure that was ordered once is used up by that."""
        with self._locked():
            ordered = self._ordered()
            for index, each in enumerate(ordered):
                if each.verb == verb and (fnmatchcase(urn, each.match) or fnmatchcase(type_, each.match)):
                    left = None if each.times is None else each.times - 1
                    again = [] if left == 0 else [Failure(**{**asdict(each), "times": left})]
                    self._write([*ordered[:index], *again, *ordered[index + 1 :]])
                    return each.message
        return None

    # --- What was done

    def note(self, verb: str, urn: str, begin: float, error: str = "") -> None:
        """Remember that something was done, just now."""
        event = Event(verb=verb, urn=urn, begin=begin, end=time.time(), error=error)
        with self._events.open("a") as file:
            file.write(json.dumps(asdict(event)) + "\n")

    def events(self, verb: str = "*") -> list[Event]:
        """What was done, in the order of its ends."""
        lines = self._events.read_text().splitlines() if self._events.exists() else []
        found = (Event(**json.loads(line)) for line in lines)
        return [event for event in found if fnmatchcase(event.verb, verb)]

    def forget(self) -> None:
        """Forget what was done."""
        self._events.unlink(missing_ok=True)

    # --- Files

    def _path(self, type_: str, id_: str) -> Path:
        digest = hashlib.sha256(f"{type_} {id_}".encode()).hexdigest()[:12]
        return self._resources / f"{type_.rpartition(':')[2]}-{digest}.json"

    def _ordered(self) -> list[Failure]:
        if not self._failures.exists():
            return []
        return [Failure(**each) for each in json.loads(self._failures.read_text())]

    def _write(self, failures: list[Failure]) -> None:
        self._failures.write_text(json.dumps([asdict(each) for each in failures]))

    def _locked(self) -> FileLock:
        return FileLock(self.folder / ".lock")


def from_environment() -> Cloud:
    """The cloud of the plugin. Raises KeyError when the variable isn't there."""
    return Cloud(Path(os.environ[DIRECTORY]))
