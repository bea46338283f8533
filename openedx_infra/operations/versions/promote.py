"""The verb promote: images by digest and the release of one stack go into another's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.config.errors.key_paths import Location, key_of, location_of
from openedx_infra.config.outputs import InstanceOutputs, instance_outputs
from openedx_infra.operations.configuration.change import set_keys
from openedx_infra.operations.deploy import outputs
from openedx_infra.operations.deploy.deploy import Request
from openedx_infra.operations.drift import status
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.plan.differences import ABSENT, Difference, differences
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import history
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.releases import RELEASES
from openedx_infra.releases.images import ImageName


@dataclass(frozen=True, kw_only=True)
class Options:
    """What travels, and what becomes of it."""

    keys: Sequence[str] = ()
    """Further keys of the stack file, as `config set` takes them, such as `settings.common.PLATFORM_NAME`."""
    by_tag: bool = False
    """Whether images that run by a tag alone may travel."""
    write: bool = False
    """Whether the target's file is changed."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Stack files that are elsewhere, by stack."""


def promote(source: str, target: str, options: Options, console: Console) -> list[Difference]:
    """Show what promotion changes in the target's stack file, and change it with `options.write`.

    Values are those that run in the source, whatever its file says by now. Raises OperationError where the
    source is not ready or its last `up` failed, where an image has no digest, and for a key that it lacks;
    ConfigError for what would be wrong in the target; nothing is changed then.
    """
    running = _running(source, options, console)
    file = stack_file.read(target, options.files.get(target))
    wanted: dict[Location, Any] = {("release",): running.release}
    wanted |= {**_images(running, file, by_tag=options.by_tag), **_keys(running, options)}
    found = list(_changes(file, wanted))
    for each in found:
        console.print(f"  {each.name}  {each}", highlight=False, markup=False, soft_wrap=True)
    if not found:
        console.print(f"{file.path.name} has all that runs in {source} already.", highlight=False)
    elif options.write:
        set_keys(file, {where: value for where, value in wanted.items() if _at(file.values, where) != value})
        console.print(
            f"{file.path.name} is changed. `openedx-infra preview --stack {target}` shows what that does.",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print("Nothing was changed; --write changes the file.", highlight=False)
    return found


def _running(source: str, options: Options, console: Console) -> InstanceOutputs:
    """What runs in the source. Raises OperationError unless it is ready and came up by its last run."""
    path = options.files.get(source)
    file = stack_file.read(source, path)
    live = open_stack(file, tools(console))
    found = live.outputs()
    if not found:
        raise outputs.no_outputs(Request(name=source))
    past = history.updates(live, file)
    if past and not past[0].succeeded:
        raise OperationError(
            f"The last `up` of stack {source} failed, so it proves nothing. Nothing was changed.",
            remedy=f"bring it up, and look at it, before you promote it: `openedx-infra up --stack {source}`",
        )
    report = status.look(file, stack_file.validated(file, placeholders=True))
    if not report.good:
        rows = [row for row in report.rows if not row.ready]
        lines = "".join(f"\n  {row.kind} {row.name}: {row.reason or row.count}" for row in rows)
        raise OperationError(
            f"Stack {source} is not ready, so it proves nothing. Nothing was changed.{lines}",
            remedy=f"`openedx-infra status --stack {source}` must succeed",
        )
    return instance_outputs(found)


def _images(running: InstanceOutputs, file: StackFile, *, by_tag: bool) -> dict[Location, str]:
    """Images that are not those of the release, or that the target names."""
    usual = RELEASES[running.release]
    found: dict[Location, str] = {
        ("images", name): reference
        for name, reference in running.images.items()
        if _at(file.values, ("images", name)) is not ABSENT or reference != usual.image(cast(ImageName, name))
    }
    loose = [f"\n  {name}: {reference}" for (_, name), reference in found.items() if "@" not in reference]
    if loose and not by_tag:
        raise OperationError(
            "These images run by a tag, which may mean another image tomorrow. Nothing was changed."
            f"{''.join(loose)}",
            remedy="pin them (`openedx-infra images digest`) and bring the stack up, or promote --by-tag",
        )
    return found


def _keys(running: InstanceOutputs, options: Options) -> dict[Location, Any]:
    """Values of further keys, by those that the last `up` had."""
    found: dict[Location, Any] = {}
    for key in options.keys:
        try:
            location = location_of(key)
        except ValueError as error:
            raise OperationError(f"{error}. Nothing was changed.") from None
        value = _at(running.config, location)
        if value is ABSENT or location[0] == SECRETS_KEY:
            raise OperationError(
                f"{key_of(location)} is not set where it should come from. Nothing was changed.",
                remedy="name a key that `openedx-infra config get` shows there; secrets don't travel",
            )
        found[location] = value
    return found


def _at(values: Mapping[str, Any], location: Location) -> Any:
    """What a configuration has at a key; ABSENT where it has nothing."""
    value: Any = values
    for part in location:
        value = value.get(part, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value


def _changes(file: StackFile, wanted: Mapping[Location, Any]) -> Iterator[Difference]:
    for location, value in wanted.items():
        path = (f"{PROJECT}:{location[0]}", *map(str, location[1:]))
        yield from differences(_at(file.values, location), value, path)
