"""`images build` and `images push`: the plans that `up` has Pulumi build, built by buildx."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.images import explain
from openedx_infra.images.plan import Plan, plans
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images.build_options import BuildOptions
from openedx_infra.operations.images.build_progress import BuildProgress
from openedx_infra.operations.images.builders import Builder
from openedx_infra.operations.stack_files.checkout import CHECKOUT

CACHE = "mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"
"""Layers of all stages, in a form that every registry takes; if it fails, the image is still good."""

LAST_LINES = 15
"""How much of what an unexplained failure wrote is shown."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """An image that was built."""

    reference: str
    """Where it was pushed to, with its digest; without one if it stayed here."""
    seconds: float
    steps: str


def chosen(stack: Stack, options: BuildOptions) -> list[Plan]:
    """The plans that are asked for. Raises OperationError when there are none."""
    by_name = {plan.name: plan for plan in plans(stack)}
    unknown = [name for name in options.names if name not in by_name]
    if unknown or not by_name:
        built = ", ".join(by_name) or "none"
        raise OperationError(
            f"Stack {stack.name} does not build {', '.join(unknown) or 'any image'}; it builds {built}.",
            remedy="set `source: build` and a `repository` for it in openedx:images, or `build` in the "
            "section of a companion service",
        )
    return [
        replace(plan, target=options.target or plan.target, tag=options.tag or plan.tag)
        for name, plan in by_name.items()
        if not options.names or name in options.names
    ]


def parts(plan: Plan) -> list[Plan]:
    """One plan for each platform, as `up` has it: built at once, their caches of layers would be one."""
    if len(plan.platforms) < 2:
        return [plan]
    return [_part(plan, platform, platform.rpartition("/")[2]) for platform in plan.platforms]


def _part(plan: Plan, platform: str, short: str) -> Plan:
    return replace(
        plan,
        platforms=(platform,),
        tag=f"{plan.tag}-{short}",
        cache_from=tuple(f"{image}-{short}" for image in plan.cache_from),
        cache_to=f"{plan.cache_to}-{short}" if plan.cache_to else None,
    )


def join(plan: Plan, built: Sequence[Built], builder: Builder) -> str:
    """One name for what was pushed for several platforms; returns the reference with its digest."""
    _run(
        builder, ["imagetools", "create", "--tag", plan.reference, *(each.reference for each in built)], plan
    )
    shown = _run(builder, ["imagetools", "inspect", "--format", "{{.Manifest.Digest}}", plan.reference], plan)
    return f"{plan.reference}@{shown.strip()}"


def _run(builder: Builder, arguments: Sequence[str], plan: Plan) -> str:
    chosen = ["--builder", builder.name] if builder.name else []
    done = subprocess.run(
        [*builder.command, *arguments[:2], *chosen, *arguments[2:]],
        env=dict(builder.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OperationError(f"The parts of image {plan.name} could not be joined: {done.stderr.strip()}")
    return done.stdout


def build(
    plan: Plan, builder: Builder, secrets: Mapping[str, str], console: Console, options: BuildOptions
) -> Built:
    """Build one image. `secrets` are the stack's, by name.

    Raises OperationError with one sentence that says which step of which stage failed, and why.
    """
    begin = time.monotonic()
    progress = BuildProgress(plan.name, console)
    with _secret_files(plan, secrets) as files, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files_of_build = ["--metadata-file", str(folder / "metadata.json")]
        if plan.dockerfile:
            (folder / "Dockerfile").write_text(plan.dockerfile, encoding="utf-8")
            files_of_build += ["--file", str(folder / "Dockerfile")]
        command = builder.build(
            [*arguments(plan, files, options), *files_of_build, *output(plan, builder, options)]
        )
        with subprocess.Popen(
            [*command, str(plan.context)],
            cwd=CHECKOUT,
            env=dict(builder.environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            written = progress.show(process.stdout)
        if process.returncode:
            raise _failed(plan, written)
        digest = _digest(folder / "metadata.json") if options.push else None
    reference = f"{plan.reference}@{digest}" if digest else plan.reference
    return Built(reference=reference, seconds=time.monotonic() - begin, steps=str(progress.tally))


def arguments(plan: Plan, secrets: Mapping[str, Path], options: BuildOptions) -> list[str]:
    """The arguments of `buildx build` that follow from a plan, but for its Dockerfile."""
    args = ["--progress", "plain", "--tag", plan.reference]
    args += [part for name, value in plan.arguments.items() for part in ("--build-arg", f"{name}={value}")]
    args += [part for name, place in plan.contexts.items() for part in ("--build-context", f"{name}={place}")]
    args += [part for name, path in secrets.items() for part in ("--secret", f"id={name},src={path}")]
    args += [part for image in plan.cache_from for part in ("--cache-from", f"type=registry,ref={image}")]
    if options.push and plan.cache_to:
        args += ["--cache-to", f"type=registry,ref={plan.cache_to},{CACHE}"]
    # Without, the image is one manifest, as `up` pushes it.
    args += ["--provenance", "mode=max", "--sbom", "true"] if options.attest else ["--provenance", "false"]
    if plan.platforms:
        args += ["--platform", ",".join(plan.platforms)]
    if plan.target:
        args += ["--target", plan.target]
    return args


def output(plan: Plan, builder: Builder, options: BuildOptions) -> list[str]:
    """Where the image goes: to its registry, to a Docker that runs here, or into the cache alone."""
    if options.push:
        return ["--push"]
    return ["--load"] if builder.loads and len(plan.platforms) < 2 else []


@contextmanager
def _secret_files(plan: Plan, secrets: Mapping[str, str]) -> Iterator[dict[str, Path]]:
    """Secrets of a build as files of the owner's alone: command lines and environments can be read."""
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, Path] = {}
        for number, (name, secret) in enumerate(plan.secrets.items()):
            files[name] = Path(folder) / str(number)
            descriptor = os.open(files[name], os.O_CREAT | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(secrets[secret])
        yield files


def _failed(plan: Plan, output: str) -> OperationError:
    failure = explain(plan.name, output, plan.dockerfile)
    if failure is not None:
        return OperationError(str(failure))
    last = "\n".join(f"  {line}" for line in output.strip().splitlines()[-LAST_LINES:])
    return OperationError(f"Image {plan.name} could not be built. Its last lines:\n{last}")


def _digest(metadata: Path) -> str | None:
    report = json.loads(metadata.read_text(encoding="utf-8")) if metadata.exists() else {}
    return report.get("containerimage.digest")
