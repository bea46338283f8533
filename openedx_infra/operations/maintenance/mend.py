"""Sets back what was changed by hand: an `up` of the objects that differ, and of nothing else."""

from __future__ import annotations

from rich.console import Console

from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm
from openedx_infra.operations.drift.findings import Findings
from openedx_infra.operations.engine import failure
from openedx_infra.operations.engine.progress import Plan
from openedx_infra.operations.engine.session import Request, begin
from openedx_infra.operations.errors import OperationError


def mend(request: Request, found: Findings, console: Console, *, confirm: Confirm | None = None) -> bool:
    """Bring the objects of `found` back to what was brought up last; return whether that was confirmed.

    Raises OperationError before anything is changed where data is lost, as it can't be set back, and where
    the stack file has changes that were not brought up, as these would come along.
    """
    lost = [each for each, _, fields in found.differing if each.holds_data and not fields]
    if lost:
        raise OperationError(
            f"Data is lost with {', '.join(map(str, lost))}: that can't be set back. Nothing was changed.",
            remedy=f"run `openedx-infra up --stack {request.name}`: it names what it creates empty, and how "
            "to restore the data",
        )
    _require_nothing_pending(request, console)
    if confirm and not confirm(f"Set back {len(found.urns)} objects of stack {request.name}?"):
        return False
    deploy.up(request, console, refresh=True, targets=found.urns)
    return True


def _require_nothing_pending(request: Request, console: Console) -> None:
    """Refuse where a preview that doesn't look into the cluster has anything to do."""
    session = begin(request, console)
    planned = Plan()
    try:
        session.verbs(planned).preview()
    except OperationError as error:
        raise failure.of_program(error, planned.errors) from error
    if planned.steps:
        raise OperationError(
            f"Stack {request.name} has {len(planned.steps)} changes that were not brought up, and they would "
            "come along. Nothing was changed.",
            remedy=f"see them by `openedx-infra preview --stack {request.name}`; `openedx-infra up --refresh "
            f"--stack {request.name}` brings them up and sets back what was changed by hand",
        )
