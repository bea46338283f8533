"""`.venv/bin/pulumi`: puts tools, state and cluster in place, then becomes the real Pulumi."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.operations.cli import app
from openedx_infra.operations.deploy import missing_objects, release_order, unbound_claims
from openedx_infra.operations.deploy.refusals import require_deployable, require_versions
from openedx_infra.operations.engine import session
from openedx_infra.operations.engine.session import Request, Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing, local_stack, stack_file
from openedx_infra.operations.stack_files.checkout import CHECKOUT, DEFAULT_STACK, stack_file_path
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import backend
from openedx_infra.operations.state.command_line import DEPLOYING, Line
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.operations.state.pulumi_cli import Cli
from tools.toolchain import Toolchain

_WITH_CLUSTER = (*DEPLOYING, "refresh", "destroy", "import", "watch")
_WITH_CONFIG_FILE = (*_WITH_CLUSTER, "config", "logs")
_BESIDE_CONFIG_FILE = (["stack", "history"], ["stack", "change-secrets-provider"])
NOTE = (
    f"pulumi: the one of {CHECKOUT}: it puts tools, state and cluster of the checkout in place, then becomes "
    "the real Pulumi (docs/clusters.md, Plain Pulumi)."
)
"""What people at a terminal read first: it has the name of another program. Scripts read nothing more."""
_PLAIN_REMEDY = "Pulumi doesn't notice by itself: add --refresh, or run `openedx-infra up`"
"""What to do about objects that were deleted by hand."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """How the real Pulumi is called."""

    executable: Path
    arguments: Sequence[str]
    environment: Mapping[str, str]
    edits: Path | None = None
    """The stack file that it changes; None when it changes none."""


def main() -> None:
    """Become the real Pulumi, with the user's own arguments."""
    try:
        line = Line(tuple(sys.argv[1:]))
        if sys.stderr.isatty() and _in_checkout(line):
            print(NOTE, file=sys.stderr)
        call = prepare(line, os.environ)
        if call.edits:
            sys.exit(_edit(call, call.edits))
    except Exception as error:
        app.print_error(error)
        sys.exit(1)
    os.execve(call.executable, [str(call.executable), *call.arguments], dict(call.environment))


def _edit(call: Call, path: Path) -> int:
    """Have Pulumi change a copy of the stack file, which takes its place whole; return Pulumi's code."""
    with editing.copied(path) as copy:
        variables = {**call.environment, "PULUMI_OPTION_CONFIG_FILE": str(copy)}
        arguments = _replaced(call.arguments, "--config-file", str(copy))
        return subprocess.run([call.executable, *arguments], env=variables, check=False).returncode


def prepare(line: Line, base: Mapping[str, str]) -> Call:
    """How to call the real Pulumi."""
    console = Console(stderr=True)
    toolchain = tools(console)
    executable = toolchain.bin_dir / "pulumi"
    environment = toolchain.environment(base)
    if not _in_checkout(line) or line.asks_for_help:
        return Call(executable=executable, arguments=line.arguments, environment=environment)
    environment = backend.environment(environment, local=False)
    if line.needs_no_stack:
        return Call(executable=executable, arguments=line.arguments, environment=environment)
    name = _stack_name(line, environment, executable)
    environment["PULUMI_STACK"] = name
    arguments: Sequence[str] = line.arguments
    source = line.option("--config-file")
    edits = None
    if source or stack_file_path(name).exists():
        request = Request(name=name, config_file=Path(source) if source else None)
        arguments = _prepare_stack(line, request, environment, toolchain, console)
        if line.edits:
            written = environment.get("PULUMI_OPTION_CONFIG_FILE") or source or stack_file_path(name)
            edits = Path(written).absolute()
    return Call(executable=executable, arguments=arguments, environment=environment, edits=edits)


def _in_checkout(line: Line) -> bool:
    """Whether the project that the command is about is ours: the nearest Pulumi.yaml upwards."""
    folder = Path(line.option("--cwd") or ".").resolve()
    return (
        next((each for each in (folder, *folder.parents) if (each / "Pulumi.yaml").exists()), None)
        == CHECKOUT
    )


def _stack_name(line: Line, environment: Mapping[str, str], executable: Path) -> str:
    """The stack that it is about: as it says, as the environment says, as selected, or the usual one."""
    given = line.stack or environment.get("PULUMI_STACK")
    if given:
        return given.split("/")[-1]
    selected = Cli(executable, environment).run(["stack", "--show-name"], folder=CHECKOUT)
    return DEFAULT_STACK if selected.code else selected.stdout.strip().split("/")[-1]


def _prepare_stack(
    line: Line, request: Request, environment: dict[str, str], toolchain: Toolchain, console: Console
) -> Sequence[str]:
    """Put in place what the command needs on this stack; return the arguments for the real Pulumi."""
    if line.command in _WITH_CLUSTER:
        ready = session.begin(request, console, creating=line.command in DEPLOYING)
        builder = {name: value for name, value in ready.live.cli.environment.items() if "BUILDX" in name}
        environment.update(builder)
        if line.command in (*DEPLOYING, "watch"):
            _inspect(line, ready, console)
        if line.command == "up":
            ready.recover(console)
        if line.command == "destroy":
            release_order.note(ready, ready.live.state())
        if note := line.note_on_targets:
            console.print(note, style="yellow", soft_wrap=True, highlight=False)
    file = stack_file.read(request.name, request.config_file)
    return _prepare_local(line, file, environment, toolchain) if file.local else line.arguments


def _inspect(line: Line, ready: Session, console: Console) -> None:
    """Refuse what `openedx-infra up` refuses, before anything changes, and what Pulumi would refuse midway;
    print what the cluster has lost.

    Raises OperationError. Releases and volumes are looked at whatever targets there are: data is at stake.
    """
    state, refresh = ready.live.state(), line.refreshes
    if line.command == "preview":
        require_versions(ready, state, console)
    else:
        require_deployable(ready, state, console, refresh=refresh)
    if line.command == "up" and not line.has_targets:  # who names targets may have left out the claims
        unbound = unbound_claims.unbound(state, ready.target.client())
        unbound_claims.refuse(unbound_claims.outdated(unbound, ready.stack), ready.file.name)
    if not refresh:
        missing = missing_objects.find(ready, state)
        missing_objects.show(missing, ready.file.name, console, remedy=_PLAIN_REMEDY)


def _prepare_local(
    line: Line, file: StackFile, environment: dict[str, str], toolchain: Toolchain
) -> Sequence[str]:
    """Have Pulumi read and write the effective file of a local stack, and leave the checkout's alone."""
    environment.pop("KUBECONFIG", None)
    if line.words[:2] == ["stack", "init"]:
        local_stack.write_effective(file, None)
        open_stack(file, toolchain).create()
        return ["stack", "select", file.name]
    if line.edits_checkout and "--secret" in line.arguments:
        raise OperationError(
            f"Only `{PROJECT}:{SECRETS_KEY}.NAME` holds secrets: Pulumi would encrypt this one with another "
            "salt than the stack's. Nothing was changed.",
            remedy=f"run `openedx-infra secrets set NAME --stack {file.name}`, and name the secret where the "
            "value is needed",
        )
    if line.words[:2] == ["stack", "rm"]:
        environment["PULUMI_OPTION_PRESERVE_CONFIG"] = "true"
    if line.words[:2] in _BESIDE_CONFIG_FILE:
        # They read and write the file of the project they stand in, whatever else is set (seen with 3.259).
        folder = str(local_stack.write_effective(file, None).path.parent)
        environment["PULUMI_OPTION_CWD"] = folder
        return _replaced(_replaced(line.arguments, "--cwd", folder), "-C", folder)
    if line.command in _WITH_CONFIG_FILE and not line.edits_checkout:
        effective = local_stack.write_effective(file, None).path
        environment["PULUMI_OPTION_CONFIG_FILE"] = str(effective)
        return _replaced(line.arguments, "--config-file", str(effective))
    return line.arguments


def _replaced(arguments: Sequence[str], option: str, value: str) -> list[str]:
    """The arguments with another value for an option that is among them."""
    changed, skip = [], False
    for argument in arguments:
        if skip:
            argument, skip = value, False
        elif argument == option:
            skip = True
        elif argument.startswith(f"{option}="):
            argument = f"{option}={value}"
        changed.append(argument)
    return changed
