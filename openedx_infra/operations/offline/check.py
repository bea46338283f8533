"""`check`: validates configuration, settings, every Kubernetes object and the rules, offline."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console

from openedx_infra.config import PROJECT, SECRETS_KEY, BaseStack, ConfigError, Stack
from openedx_infra.config.renamed_keys.reading import former_keys
from openedx_infra.config.secrets import references
from openedx_infra.config.services.registry import companions
from openedx_infra.config.stack_kinds import missing, required
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline import cautions, missing_files, requests
from openedx_infra.operations.offline.requests import Requests, Reservation, reservation
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import local_stack, shared_hosts, stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile

if TYPE_CHECKING:
    from openedx_infra.operations.offline.recording import Graph
    from policies.complaint import Complaint


_OVERRIDE = re.compile(r"openedx:overrides\[(\d+)\]: no ")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a check found in a stack that can be brought up."""

    stack: BaseStack
    resources: int
    objects: int
    reserved: Reservation
    """What its pods reserve on nodes."""
    notes: Sequence[str]
    """What is worth knowing and no error."""
    seconds: float


def check(name: str, config_file: Path | None = None) -> Report:
    """Check a stack without an engine, a cluster or a network.

    Raises ConfigError with everything that is wrong at once: keys, what is undecided, files, rules, room on
    the nodes that the file states, and secrets.
    """
    start = time.monotonic()
    file = stack_file.read(name, config_file)
    found = stack_file.examined(file)
    stack, problems, graph = found.stack, list(found.problems), None
    if stack is not None:
        graph, more = _judged(stack, whole=found.whole)
        problems += more
    secret_lines = missing_secrets(file, stack if found.whole else None)
    if problems or stack is None or graph is None or unset_references(file, stack):
        raise ConfigError(name, [*problems, *secret_lines])
    objects = graph.objects()
    return Report(
        stack=stack,
        resources=len(graph.resources),
        objects=len(objects),
        reserved=reservation(objects),
        notes=notes(file, stack),
        seconds=time.monotonic() - start,
    )


def _judged(stack: BaseStack, *, whole: bool) -> tuple[Graph | None, list[str]]:
    """What the program would register, and what is wrong with it.

    Of a stack that isn't whole, as faulty keys were left out, only what these can't have caused.
    """
    if not isinstance(stack, Stack):
        return _registered(stack, whole=whole)
    with TemporaryDirectory() as folder:
        files = missing_files.problems(stack)
        usable = missing_files.without(stack, Path(folder)) if files else stack
        graph, lines = _registered(usable, whole=whole)
    nodes = stack.cluster.nodes
    room = requests.problems(graph.objects(), nodes) if graph and whole and nodes else []
    return graph, [*files, *room, *lines]


def _registered(stack: BaseStack, *, whole: bool) -> tuple[Graph | None, list[str]]:
    values = secrets.stand_ins(stack)
    try:
        graph = recorded(stack, values)
    except ConfigError as error:
        refused = list(error.problems) if whole else []
        rest = _without_unmatched(stack, error.problems)
        if rest is None:
            return None, refused
        found, more = _registered(rest, whole=whole)
        return found, [*refused, *more]
    except Exception:
        if whole:
            raise
        return None, []  # keys that exclude each other may describe what can't be made
    return graph, _refused(stack, graph, values)


def _without_unmatched(stack: BaseStack, problems: Sequence[str]) -> Stack | None:
    """The stack without the overrides that match no object; None where something else is wrong."""
    found = [_OVERRIDE.match(line) for line in problems]
    if not isinstance(stack, Stack) or not all(found):
        return None
    unmatched = {int(match[1]) for match in found if match}
    kept = tuple(each for index, each in enumerate(stack.overrides) if index not in unmatched)
    return stack.model_copy(update={"overrides": kept})


def _refused(stack: BaseStack, graph: Graph, values: Mapping[str, str]) -> list[str]:
    """What the policies refuse, but images without a digest that the configuration names: their keys have
    been complained of."""
    named = _named_images(stack) if isinstance(stack, Stack) else []
    return [
        str(complaint)
        for complaint in complaints(stack, graph, values)
        if complaint.rule != "digested_images" or not any(f" {image} " in complaint.text for image in named)
    ]


def _named_images(stack: Stack) -> list[str]:
    """The images that the stack file can name: those of `images`, and of companion services."""
    published = [image for image in stack.published_images.values() if image]
    services = companions(stack)
    further = (one for each in services for one in each.service.further_images(stack, each.section))
    return [
        *published,
        *(image for each in services if (image := each.image(stack))),
        *(stack.images.mirrored(one.reference) for one in further),
    ]


def show(report: Report, console: Console) -> None:
    """Print what a check found."""
    for note in report.notes:
        console.print(f"note: {note}", style="yellow", highlight=False, soft_wrap=True)
    console.print(
        f"Stack {report.stack.name} is right: {report.resources} resources, {report.objects} Kubernetes "
        f"objects, checked in {report.seconds:.1f} s.",
        soft_wrap=True,
    )
    if report.reserved.largest != Requests():
        console.print(
            f"Its pods reserve {report.reserved.running}, and up to {report.reserved.passing} for Jobs and "
            "roll-outs beside them.",
            soft_wrap=True,
            highlight=False,
        )


def recorded(stack: BaseStack, values: dict[str, str]) -> Graph:
    """Everything that the program would register for a stack. Raises ConfigError with what it refuses."""
    from openedx_infra.operations.offline.recording import record
    from stacks.gate import Refused

    try:
        return record(stack, values)
    except Refused as error:
        raise error.error from None


def complaints(stack: BaseStack, graph: Graph, values: Mapping[str, str]) -> list[Complaint]:
    """Everything that the policies refuse in a graph made with these secrets."""
    import policies

    return policies.check(graph, stack, values)


def require_lawful(stack: BaseStack, graph: Graph, values: Mapping[str, str]) -> None:
    """Raise OperationError with everything that the policies refuse in a graph made with these secrets."""
    refused = complaints(stack, graph, values)
    if refused:
        lines = "\n".join(f"  - {complaint}" for complaint in refused)
        raise OperationError(
            f"Stack {stack.name}: the rules of policies/ refuse {len(refused)} things.\n{lines}"
        )


def missing_secrets(file: StackFile, stack: BaseStack | None) -> list[str]:
    """One line for each secret that `up` will ask for; of a local stack, of those that it can't make."""
    if not file.local:
        return stack_file.missing_secrets(file, stack)
    if stack is None:
        return []
    return missing(stack, present_secrets(file) | {secret.name for secret in required(stack) if secret.make})


def unset_references(file: StackFile, stack: BaseStack) -> set[str]:
    """Names of secrets that the stack file refers to and nobody has set: only the operator knows them."""
    names = references.uses(stack) if isinstance(stack, Stack) else {}
    return names.keys() - present_secrets(file)


def present_secrets(file: StackFile) -> set[str]:
    """Names of the secrets that a stack has, in its file or beside the state of a local stack."""
    local = local_stack.effective_file(file.name).secrets if file.local else {}
    return {*file.secrets, *local}


def notes(file: StackFile, stack: BaseStack) -> list[str]:
    """What an operator should know before `up`."""
    lines = [each.note(file.name) for each in former_keys(file.written_values, stack.kind)]
    lines += [f"`up` will refuse: {line}" for line in missing_secrets(file, stack)]
    lines += [
        f"{PROJECT}:{SECRETS_KEY}.{name}: nothing uses it: `openedx-infra secrets remove {name} --stack "
        f"{file.name}` takes it out"
        for name in secrets.unused(stack, file.secrets)
    ]
    lines += shared_hosts.notes(file, stack) if isinstance(stack, Stack) else ()
    if file.local:
        text = (
            "it names no cluster: `up` uses the embedded one, where containers don't run, and makes secrets"
        )
        return [text, *lines]
    return [*lines, *(cautions.lines(stack) if isinstance(stack, Stack) else ())]
