"""Objects that the state has and the cluster has lost: a run tells which, and creates them again.

Pulumi compares the program with its state only. So what was deleted by hand has to leave the state first, by
a refresh of exactly these resources.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.drift.expected import Expected, expected
from openedx_infra.operations.drift.presence import Presence, look
from openedx_infra.operations.drift.reader import Reader
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError

LEAVING_SECONDS = 90.0
"""How long an object that is being deleted is waited for. Measured: a namespace of an instance takes 10 s in
the embedded cluster; pods that end slowly hold a volume for up to 110 s. A guess in between."""

_POLL_SECONDS = 1.0

_SHOWN = 12
"""Names in one line: of more, the rest is counted."""


def find(session: Session, state: Mapping[str, Any] | None = None) -> Presence:
    """Ask the cluster for everything that the state has, which is read unless it is given.

    Raises OperationError when the cluster does not answer.
    """
    client = session.target.client()
    if client is None:
        return Presence()
    with answering():
        return look(Reader(client), expected(state if state is not None else session.live.state()))


def show(
    presence: Presence,
    stack: str,
    console: Console,
    *,
    when: str = "outside the program",
    remedy: str = "`up` creates them again",
) -> None:
    """Print what is missing, and loudly what is lost with its data."""
    for objects, how in ((presence.missing, "were deleted"), (presence.leaving, "are being deleted")):
        if objects:
            console.print(
                f"These {how} {when}: {_names(objects)}. {remedy}.",
                style="yellow",
                soft_wrap=True,
                highlight=False,
            )
    if presence.lost:
        console.print(
            f"DATA IS LOST with {_names(presence.lost)}: `up` creates them EMPTY. To bring back the last "
            f"backup afterwards, run `openedx-infra restore --stack {stack}`; to look for the data first "
            "(a retained volume, a snapshot), don't run `up`.",
            style="bold red",
            soft_wrap=True,
            highlight=False,
        )


def forget(presence: Presence, session: Session, console: Console) -> None:
    """Remove from the state what the cluster has lost, so that the next run creates it again.

    What is being deleted is waited for. When data is lost, the Jobs that set it up run again, too. Raises
    OperationError when something is still being deleted after LEAVING_SECONDS.
    """
    if not presence.gone:
        return
    _wait(presence.leaving, session, console)
    urns = {each.urn.text for each in presence.gone}
    if presence.lost:
        urns |= set(_delete_set_up(session))
    session.live.refresh(sorted(urns))


def _wait(leaving: Sequence[Expected], session: Session, console: Console) -> None:
    client = session.target.client()
    if not leaving or client is None:
        return
    console.print(f"Waiting until {_names(leaving)} are gone.", soft_wrap=True, highlight=False)
    end = time.monotonic() + LEAVING_SECONDS
    api = Reader(client)
    while True:
        with answering():
            rest = look(api, leaving).leaving
        if not rest:
            return
        if time.monotonic() > end:
            raise OperationError(
                f"{_names(rest)} are still being deleted after {LEAVING_SECONDS:.0f} s: pods that use them, "
                "or finalizers, hold them. Nothing was changed.",
                remedy="make a backup of data that is about to go, end the pods that `kubectl describe` "
                f"names, then run `openedx-infra up --stack {session.file.name}` again",
            )
        time.sleep(_POLL_SECONDS)


def _delete_set_up(session: Session) -> Iterator[str]:
    """Delete the finished Jobs that created databases and users, and return their URNs."""
    from lightkube import ApiError
    from lightkube.resources.batch_v1 import Job
    from lightkube.types import CascadeType

    client = session.target.client()
    for each in expected(session.live.state()):
        if client is None or each.kind != "Job" or each.urn.owner != "Initialization":
            continue
        try:
            client.delete(Job, each.name, namespace=each.namespace, cascade=CascadeType.BACKGROUND)
        except ApiError as error:
            if error.status.code != 404:
                raise OperationError(f"{each} can't be deleted: {error}") from error
        yield each.urn.text


def _names(objects: Sequence[Expected]) -> str:
    names = [str(each) for each in objects[:_SHOWN]]
    rest = len(objects) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest else "")
