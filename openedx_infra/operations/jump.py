"""Can the code that runs live with what the next `up` does to the databases?

Not between releases that nobody tried together: their migrations take away what the code before them still
uses. It is asked of the stack's outputs, which tell what runs.
"""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.session import Session


class Incompatible(OperationError):
    """Code of `before` runs, and must not while the migrations of `wanted` do."""

    def __init__(self, stack: str, before: str, wanted: str, *, stopped: bool) -> None:
        self.before, self.wanted, self.stopped = before, wanted, stopped
        super().__init__(
            f"Stack {stack} is at {before}, and the migrations of {wanted} may take away what its code still "
            "uses: it must be stopped first, and visitors get the maintenance page meanwhile.",
            remedy=f"run `openedx-infra up --stack {stack}`, which does that. Whoever found out that both "
            f"can run together says `openedx:migrations: {{beside: [{before}]}}`",
        )


def demand_stopped(session: Session) -> None:
    """Raise Incompatible unless the code that runs can live with the migrations of the next `up`, or is
    stopped, and visitors have the page until that is done."""
    before, stack = session.before.get("release"), session.stack
    if not isinstance(stack, Stack) or not before:
        return
    if all(version.runs_beside(before) for version in stack.versions):
        return
    stopped = _rests(session)
    if not (stopped and stack.maintenance.page):
        raise Incompatible(session.file.name, before, stack.release, stopped=stopped)


def _rests(session: Session) -> bool:
    """Whether the last `up` left nothing of the platform running, and visitors with the page."""
    said = session.before.get("config", {}).get("maintenance", {})
    return bool(said.get("pause") and said.get("page"))
