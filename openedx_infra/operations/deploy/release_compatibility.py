"""Can the code that runs live with what the next `up` does to the databases?

Not between releases that nobody tried together: their migrations take away what the code before them still
uses. It is asked of Pulumi's history, which tells what runs.
"""

from __future__ import annotations

from openedx_infra.config import PROJECT, Stack
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import history
from openedx_infra.operations.state.history import Update


class IncompatibleRelease(OperationError):
    """Code of `before` runs, and must not while the migrations of `wanted` do."""

    def __init__(self, stack: str, before: str, wanted: str, *, stopped: bool) -> None:
        self.before, self.wanted, self.stopped = before, wanted, stopped
        super().__init__(
            f"Stack {stack} is at {before}, and the migrations of {wanted} may take away what its code still "
            "uses: it must be stopped first, and visitors get the maintenance page meanwhile.",
            remedy=f"run `openedx-infra up --stack {stack}`, which does that. Whoever found out that both "
            f"can run together says `openedx:migrations: {{beside: [{before}]}}`",
        )


def require_stopped(session: Session) -> None:
    """Raise IncompatibleRelease unless the running code is compatible with the migrations of the next `up`,
    or is stopped and visitors get the maintenance page until that is done.

    What runs is what the last `up` that succeeded left: outputs would tell of one that failed, too.
    """
    if isinstance(session.stack, Stack):
        past = history.finished(session.live, session.file)
        if before := next((update for update in past if update.succeeded), None):
            require_compatible(session.stack, before)


def require_compatible(stack: Stack, before: Update) -> None:
    """The same, when it is known what was up before."""
    release = before.live_release
    if release is None or all(version.runs_beside(release) for version in stack.versions):
        return
    said = before.config.get(f"{PROJECT}:maintenance") or {}
    stopped = bool(said.get("pause") and said.get("page"))
    if not (stopped and stack.maintenance.page):
        raise IncompatibleRelease(stack.name, release, stack.release, stopped=stopped)
