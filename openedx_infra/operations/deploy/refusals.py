"""What an `up` refuses before it changes anything, and a preview too, whoever runs Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from openedx_infra.operations.deploy.forum_data import require_forum_in_mysql
from openedx_infra.operations.deploy.release_compatibility import require_stopped
from openedx_infra.operations.deploy.release_order import require_order
from openedx_infra.operations.deploy.server_versions import require_openable
from openedx_infra.operations.deploy.unfinished_restore import require_restored
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.prerequisites.own_machine import require_own_machine


def require_deployable(
    session: Session, state: Mapping[str, Any], console: Console, *, refresh: bool = False
) -> None:
    """Raise OperationError where an `up` would damage data, or open the site over damaged data.

    `state` is the stack's, as it was before any recovery; `refresh`: whether the `up` reads the cluster
    first. IncompatibleRelease: the running code must be stopped first, as `upgrade.up` does.
    """
    require_own_machine(session.stack, session.target)
    require_restored(session, refresh=refresh)
    require_versions(session, state, console)
    require_forum_in_mysql(session, state, console)
    require_stopped(session)


def require_versions(session: Session, state: Mapping[str, Any], console: Console) -> None:
    """Raise OperationError for releases and images that don't go with what is stored, as a preview does,
    too."""
    require_order(session, state)
    require_openable(session, state, console)
