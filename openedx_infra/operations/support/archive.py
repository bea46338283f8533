"""`support`: what helps to find a fault of a stack, in one archive, with secrets masked."""

from __future__ import annotations

import io
import json
import platform
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml
from rich.console import Console

from openedx_infra.config import BaseStack, Stack
from openedx_infra.config.checkout_files import FileFault
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.rules.platform import settings_modules
from openedx_infra.operations.cluster import target
from openedx_infra.operations.cluster.status import snapshot
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline import render
from openedx_infra.operations.pods import questions
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import local_stack, stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.operations.support import evidence, masking
from openedx_infra.operations.support.evidence import Files
from openedx_infra.operations.support.masking import Mask

if TYPE_CHECKING:
    from lightkube import Client

_README = """\
What `openedx-infra support` found of stack {name}. Values of secrets were replaced by {mask}; host names,
addresses and what learners wrote into logs were not: look through it before you send it to somebody.

  stack.yaml       what the stack file says, with all defaults
  settings/        files of Python settings that the stack file names
  status.json      what is ready, and why the rest isn't
  preview.txt      what `up` would change
  events.txt       the latest events of the cluster
  logs/            the last {lines} lines of each container, and of its run before
  services/        what companion services answered to what they are asked
  objects/         objects in the cluster
  rendered/        objects as the program makes them now, settings of LMS and Studio among them
  nodes.json       room on the nodes
  versions.json    of what is in use
"""


def support(request: Request, output: Path, console: Console, *, preview: bool = True) -> Path:
    """Write the archive and return its path, which only its owner may read.

    Everything passes the mask before it is written. Raises OperationError where the secrets that must be
    masked can't be had.
    """
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.validated(file, placeholders=True)
    if output.exists():
        raise OperationError(f"{output} is there already.", remedy="name another file by --output")
    clients = list(target.target_of(stack, local=file.local).clients())
    mask = Mask(_secret_values(file, clients, console), _public(stack))
    with output.open("xb") as raw:
        output.chmod(0o600)
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in _parts(request, stack, clients, console, preview=preview):
                archive.writestr(mask(name), mask(text))
    return output


def _secret_values(file: StackFile, clients: list[Client], console: Console) -> Iterator[str]:
    if file.secrets or (file.local and local_stack.effective_file(file.name).secrets):
        yield from secrets.reveal(open_stack(file, tools(console))).values()
    for client in clients:
        for item in evidence.secrets(client):
            yield from masking.of_object(item)


def _public(stack: BaseStack) -> Iterator[str]:
    """What the stack file says in plain."""
    return masking.leaves(stack.model_dump(mode="json"))


def _parts(
    request: Request,
    stack: BaseStack,
    clients: list[Client],
    console: Console,
    *,
    preview: bool,
) -> Files:
    lines = evidence.LINES
    yield "README.txt", _README.format(name=stack.name, mask=masking.MASK, lines=lines)
    yield "stack.yaml", yaml.safe_dump(stack.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    yield "versions.json", json.dumps(_versions(clients), indent=1)
    yield from own_python(stack)
    yield from _rendered(stack)
    for client in clients:
        console.print(f"Asking the cluster about namespace {client.namespace}.", soft_wrap=True)
        folder = "" if client is clients[0] else f"{client.namespace}/"
        for name, text in evidence.collected(client):
            yield f"{folder}{name}", text
    for answer in questions.answers(stack, clients[0]) if clients else ():
        note = "" if answer.good else "failed, or was not asked:\n"
        yield f"services/{answer.service}/{answer.question}.txt", f"{note}{answer.text}\n"
    rows = [asdict(row) for client in clients for row in snapshot(client).rows()]
    yield "status.json", json.dumps(rows, indent=1)
    if preview:
        console.print("Making a preview.")
        yield "preview.txt", _preview(request)


def _rendered(stack: BaseStack) -> Files:
    """The objects that the program makes, with stand-ins where secrets would be, which are covered."""
    with TemporaryDirectory() as folder:
        for path in render.write(stack, secrets.stand_ins(stack), Path(folder) / "r", show_secrets=False):
            yield f"rendered/{path.name}", path.read_text(encoding="utf-8")


def own_python(stack: BaseStack) -> Files:
    """The operator's own Python, or what keeps it from being read; a first line names its key and path."""
    for module in settings_modules.named(stack) if isinstance(stack, Stack) else ():
        try:
            text = module.text()
        except FileFault as error:
            text = f"# {error}\n"
        yield f"settings/{module.section}.py", f"# {key_of(module.location)}: {module.path}\n{text}"


def _preview(request: Request) -> str:
    """What `up` would change, or why that is unknown."""
    written = io.StringIO()
    out = Console(file=written, width=160)
    try:
        deploy.preview(request, out)
    except Exception as error:  # whatever fails here is what somebody needs help with
        out.print(f"{type(error).__name__}: {error}")
    return written.getvalue()


def _versions(clients: list[Client]) -> dict[str, str]:
    from lightkube.resources.core_v1 import Node

    kubelets = {
        node.status.nodeInfo.kubeletVersion
        for client in clients[:1]
        for node in client.list(Node)
        if node.status and node.status.nodeInfo
    }
    return {
        "openedx-infra": version("openedx-infra"),
        "pulumi": version("pulumi"),
        "pulumi-kubernetes": version("pulumi-kubernetes"),
        "python": sys.version,
        "system": platform.platform(),
        "kubernetes": ", ".join(sorted(kubelets)),
    }
