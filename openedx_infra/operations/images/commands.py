"""The commands `images list`, `digest`, `build` and `push`."""

from __future__ import annotations

import json as json_format
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from openedx_infra.config import ConfigError, Stack
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.images.images import has_digest
from openedx_infra.images import Plan, problems
from openedx_infra.images.plan import service_plans
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images import build_images, builders, pin_digests
from openedx_infra.operations.images.build_options import BuildOptions
from openedx_infra.operations.images.builders import Builder
from openedx_infra.operations.images.logins import Logins
from openedx_infra.operations.images.registry import Reference as Parts
from openedx_infra.operations.images.registry import Registries
from openedx_infra.operations.images.stack_images import published
from openedx_infra.operations.stack_files.stack_file import StackFile

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image of a stack."""

    name: str
    """Its key in the stack file's `images`, or the place of what runs it, such as `services.notes`."""
    source: str
    """`release`, `service`, `stack file`, or `build`."""
    reference: str
    """Where nodes take it from; of a build, where it is pushed to."""
    pinned: bool
    """Whether it means the same image for ever: by a digest, which a build has after `up`."""


def rows(stack: Stack) -> list[Row]:
    """Every image of a stack: those of `images` in the order of the reference, those of companion services,
    and those of extra containers."""
    elsewhere = {image.name: image for image in published(stack) if image.location[0] != "images"}
    return [
        *(
            Row(
                name=name,
                source=_source(stack, name),
                reference=stack.image(name),
                pinned=name in stack.images.builds or has_digest(stack.image(name)),
            )
            for name in stack.image_names
        ),
        *(
            Row(name=plan.name, source="build", reference=plan.reference, pinned=True)
            for plan in service_plans(stack)
        ),
        *(
            Row(
                name=name,
                source="stack file" if image.by_stack_file else "service",
                reference=stack.images.mirrored(image.reference),
                pinned=has_digest(image.reference),
            )
            for name, image in elsewhere.items()
        ),
    ]


def show(stack: Stack, console: Console, *, json: bool) -> None:
    """Print every image of a stack."""
    images = rows(stack)
    if json:
        print(json_format.dumps([asdict(row) for row in images], indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Image", "From", "Digest"):
        table.add_column(column, no_wrap=True)
    table.add_column("Reference", overflow="fold")
    for row in images:
        table.add_row(row.name, row.source, "yes" if row.pinned else "no", row.reference)
    console.print(table, highlight=False)
    if not all(row.pinned for row in images):
        console.print(
            f"`openedx-infra images digest --stack {stack.name}` prints those without a digest with one.",
            soft_wrap=True,
        )


def digests(
    file: StackFile, stack: Stack, references: Sequence[str], console: Console, *, write: bool
) -> None:
    """Print references with the digests that their registries have: those given, or all of a stack, as lines
    for its file, or written into it."""
    registries = Registries(Logins(file, stack, console))
    if references:
        for reference in _pinned(registries, {text: text for text in references}, stack).values():
            console.print(reference, highlight=False, soft_wrap=True)
        return
    pinned = _pinned(registries, configured(stack), stack)
    if write:
        pin_digests.write(file.path, pinned)
        console.print(f"{len(pinned)} written into {file.path}.", soft_wrap=True)
        return
    for line in pin_digests.lines(pinned):
        console.print(line, highlight=False, soft_wrap=True)


def configured(stack: Stack) -> dict[Location, str]:
    """References as the stack file, the release or a service has them, without mirrors, by the places of
    their keys; images built here have none."""
    return {image.location: image.reference for image in published(stack)}


def build(file: StackFile, stack: Stack, options: BuildOptions, console: Console) -> None:
    """Build images, and push them if wished. Raises OperationError, ConfigError or ToolError."""
    if faults := problems(stack):
        raise ConfigError(stack.name, faults)
    chosen = build_images.chosen(stack, options)
    logins = Logins(file, stack, console)
    values = logins.secrets(secret for plan in chosen for secret in plan.secrets.values())
    builder = builders.available(stack.images.builder, console)
    with builders.logged_in(builder, logins.from_stack()) as ready:
        for plan in chosen:
            _build(plan, ready, values, options, console)


def _build(
    plan: Plan, builder: Builder, secrets: Mapping[str, str], options: BuildOptions, console: Console
) -> None:
    """Build one image for all its platforms, and tell of it."""
    parts = build_images.parts(plan)
    built = [build_images.build(part, builder, secrets, console, options) for part in parts]
    for each in built:
        verb = "pushed" if options.push else "built"
        text = f"{plan.name}: {verb} in {each.seconds:.0f} s, {each.steps}: {each.reference}"
        console.print(text, highlight=False, soft_wrap=True)
    if options.push and len(parts) > 1:
        joined = build_images.join(plan, built, builder)
        console.print(f"{plan.name}: joined: {joined}", highlight=False, soft_wrap=True)


def _pinned(registries: Registries, wanted: Mapping[Key, str], stack: Stack) -> dict[Key, str]:
    """References with digests; registries are asked at the same time. A digest is the same at a mirror.

    Raises OperationError with all that could not be had.
    """

    def pin(reference: str) -> str | OperationError:
        try:
            return Parts.parse(reference).pinned(registries.digest(stack.images.mirrored(reference)))
        except OperationError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(wanted, pool.map(pin, wanted.values()), strict=True))
    errors = [answer for answer in answers.values() if isinstance(answer, OperationError)]
    if errors:
        remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
        raise OperationError("\n".join(error.message for error in errors), remedy="; ".join(remedies) or None)
    return {name: answer for name, answer in answers.items() if isinstance(answer, str)}


def _source(stack: Stack, name: str) -> str:
    if name in stack.images.builds:
        return "build"
    return "stack file" if getattr(stack.images, name) else "release"
