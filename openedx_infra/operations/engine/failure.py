"""The error of a failed or stopped run: which step failed, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.engine.progress import Failure, Progress
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from openedx_infra.operations.engine.session import Session
    from openedx_infra.operations.engine.watch import HopelessPod

_WORKLOADS = ("Deployment", "StatefulSet", "Job", "PersistentVolumeClaim", *operator_status.NAMES)


def explain(session: Session, progress: Progress, error: OperationError, verb: str) -> OperationError:
    """The error for people when a verb failed half-way."""
    name = session.file.name
    reasons = "\n".join(text for failure in progress.failures for text in failure.why)
    if unknown := _UNKNOWN_STACK.search(reasons):
        return _of_reference(unknown["name"])
    if progress.failures:
        parts = [_described(session, failure) for failure in progress.failures]
        return OperationError("\n".join(parts), remedy=_remedy(progress.failures, name, verb))
    return of_program(error, progress.errors, progress.printed)


def of_stop(progress: Progress, stack: str, verb: str) -> OperationError:
    """The error when the user asked to stop."""
    under_way = ", ".join(str(failure.urn) for failure in progress.failures)
    return OperationError(
        "Stopped, as you asked." + (f" Cut short: {under_way}." if under_way else ""),
        remedy=f"run `openedx-infra {verb} --stack {stack}` again: it goes on from here",
    )


def of_hopeless_pods(hopeless: Sequence[HopelessPod], stack: str, verb: str) -> OperationError:
    """The error when the run was stopped because pods that it waited for can't become ready."""
    by_workload = {str(each.urn): each for each in reversed(hopeless)}
    lines = []
    for workload, each in sorted(by_workload.items()):
        lines.append(f"{workload} can't become ready: {each}")
        if each.log:
            lines += [f"  last lines of pod {each.pod}:", *(f"    {line}" for line in each.log)]
    lines.append("What was under way was stopped; nothing is lost.")
    return OperationError(
        "\n".join(lines),
        remedy=f"the pods that served before still do. {_mend(hopeless)}, then run "
        f"`openedx-infra {verb} --stack {stack}` again: it goes on from here",
    )


def _mend(hopeless: Sequence[HopelessPod]) -> str:
    ways = (_WAYS.get(each.problem.family, "correct what the pod complains about") for each in hopeless)
    words = "; ".join(dict.fromkeys(ways))
    return words[:1].upper() + words[1:]


_WAYS = {
    "image": "correct the image's name or its pull policy in openedx:images",
    "pull": "see that the image is in its registry, and that nodes may pull it (openedx:images)",
    "config": "see that what the container refers to is there, or run `up --refresh`",
    "memory": "give it a higher memory limit (openedx:sizing)",
    "room": "add a node, or ask for less (openedx:sizing)",
}
"""What helps, by the family of a problem."""


def of_program(error: OperationError, errors: Sequence[str], printed: Sequence[str] = ()) -> OperationError:
    """The error when the program itself, rather than a resource, failed."""
    message = "\n".join(dict.fromkeys([*printed, *filter(None, map(_without_frame, errors))]))
    if unknown := _UNKNOWN_STACK.search(message):
        return _of_reference(unknown["name"])
    if protected := _PROTECTED.search(message):
        return _of_protection(Urn(protected["urn"]))
    return OperationError(message) if message else error


_UNKNOWN_STACK = re.compile(r"unknown stack \"(?P<name>[^\"]+)\"")
"""How Pulumi's engine ends a run when a stack reference leads to nothing."""


def _of_reference(name: str) -> OperationError:
    stack = name.rpartition("/")[2]
    return OperationError(
        f"This stack refers to {name}, which was never brought up: it does not exist in the backend of this "
        "stack's state. Nothing was changed.",
        remedy=f"run `openedx-infra up --stack {stack}` first, or name a stack that was brought up",
    )


_PROTECTED = re.compile(
    r"unable to replace resource \"(?P<urn>[^\"]+)\"\s+as it is currently marked for protection"
)
"""How Pulumi's engine ends a run that would replace what holds data."""


def _of_protection(urn: Urn) -> OperationError:
    return OperationError(
        f"{urn} holds data, and could only be replaced by an empty one: it is protected, and stays.",
        remedy="`openedx-infra preview --refresh` shows what differs. Restore the earlier value in the stack "
        "file, or undo what was changed outside the program; docs/datastores.md describes how data moves",
    )


def _described(session: Session, failure: Failure) -> str:
    head = f"{failure.urn} failed" + (f" (part of {failure.urn.owner})" if failure.urn.owner else "")
    lines = [f"  {line}" for text in dict.fromkeys(failure.why) for line in _readable(text)]
    return "\n".join([head, *lines, *(f"  {line}" for line in _from_cluster(session, failure.urn))])


def _from_cluster(session: Session, urn: Urn) -> Iterator[str]:
    """Why a workload is not ready in the cluster, and the end of its pods' logs."""
    from openedx_infra.operations.cluster.status import log_tail, snapshot

    if urn.kind not in _WORKLOADS:
        return
    try:
        rows = [(client, snapshot(client).row(urn.kind, urn.name)) for client in session.target.clients()]
    except OperationError as error:
        yield f"(the cluster could not be asked why: {error.message})"
        return
    for client, row in rows:
        if row and row.reason:
            yield f"the cluster says: {row.reason}"
        for pod in row.pods[-1:] if row else ():
            if tail := log_tail(client, pod):
                yield f"last lines of pod {pod}:"
                yield from (f"  {line}" for line in tail)


def _remedy(failures: Sequence[Failure], stack: str, verb: str) -> str:
    again = f"then run `openedx-infra {verb} --stack {stack}` again: it goes on from here"
    if any(_CONFLICT in text for failure in failures for text in failure.why):
        return (
            "somebody else changed these fields in the cluster, and would lose the change: "
            f"`openedx-infra status --stack {stack}` shows it. To set the fields back, run "
            f"`openedx-infra {verb} --refresh --stack {stack}`"
        )
    if any(failure.urn.kind == "Job" for failure in failures):
        return f"the pods that served before still do. Correct what the step complains about, {again}"
    return f"`openedx-infra status --stack {stack}` shows the whole. Correct what it complains about, {again}"


_CONFLICT = "Server-Side Apply field conflict"
"""How the Kubernetes provider complains of fields that another manager has changed."""


def _readable(text: str) -> list[str]:
    """The provider's complaint without its list marks and empty lines."""
    lines = (_NOISE.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


_NOISE = re.compile(
    r"^\s*\*\s*|^\d+ errors? occurred:$|^resource \"?urn:\S+ was (not )?successfully created"
    r"(, but the Kubernetes API server reported that it failed to fully initialize or become live)?:?"
)
"""List marks and phrases of the Kubernetes provider that say no more than `failed`."""


def _without_frame(text: str) -> str:
    """The program's message without the frame that the language host puts around it."""
    return _FRAME.sub("", text.strip())


_FRAME = re.compile(
    r"^(?:(?:Program failed with an unhandled exception:|error: )\s*)?"
    r"(?:an unhandled error occurred: program exited with non-zero exit code: \d+$)?"
)
"""What Pulumi prints around, and after, the program's message."""
