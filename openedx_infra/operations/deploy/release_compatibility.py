"""Refuses migrations of a release while the code of an incompatible one runs.

Between releases that were not tested together, migrations may remove what the running code still uses. What
runs is read from Pulumi's history.
"""

from __future__ import annotations

from openedx_infra.config import PROJECT, Stack
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import history
from openedx_infra.operations.state.history import Update


class IncompatibleRelease(OperationError):
    """Code of `before` runs, and must not while the migrations of `wanted` run."""

    def __init__(self, stack: str, before: str, wanted: str, *, stopped: bool) -> None:
        self.before, self.wanted, self.stopped = before, wanted, stopped
        super().__init__(
            f"Stack {stack} is at {before}, and the migrations of {wanted} may remove what its code still "
            "uses: it must be stopped first, and visitors get the maintenance page meanwhile.",
            remedy=f"run `openedx-infra up --stack {stack}`, which does that. If you know that both can "
            f"run together, set `openedx:migrations: {{beside: [{before}]}}`",
        )


def require_stopped(session: Session) -> None:
    """Raise IncompatibleRelease unless the running code is compatible with the migrations of the next `up`,
    or is stopped and visitors get the maintenance page until that is done.

    What runs is of the last `up` that succeeded: outputs may be of one that failed.
    """
    if isinstance(session.stack, Stack):
        past = history.finished(session.live, session.file)
        if before := next((update for update in past if update.succeeded), None):
            require_compatible(session.stack, before)


def require_compatible(stack: Stack, before: Update) -> None:
    """The same, when it is known what was up before."""
    release = before.live_release
    wanted = [version.release for version in stack.versions if release and not version.runs_beside(release)]
    if release is None or not wanted:
        return
    maintenance = before.config.get(f"{PROJECT}:maintenance") or {}
    stopped = bool(maintenance.get("pause") and maintenance.get("page"))
    if not (stopped and stack.maintenance.page):
        raise IncompatibleRelease(stack.name, release, wanted[-1], stopped=stopped)
