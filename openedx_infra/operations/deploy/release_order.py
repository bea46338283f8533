"""Refuses an older release over a newer one's databases, and an upgrade that leaves out a release.

The release of the databases is that of the migration Jobs in Pulumi's state. It is there also where the stack
file names none, and after an `up` that failed while it migrated. After a `destroy` that left the data, which
deletes the Jobs, it is in a note that `destroy` made (`release_note`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openedx_infra.config import PROJECT, Stack
from openedx_infra.config.versions import newest_version
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import history, release_note
from openedx_infra.operations.urn import Urn
from openedx_infra.releases import RELEASES

_MIGRATION = "lms-migrate"
"""Name of the Job that migrates for the first version. A second one's has its suffix."""
_ANNOTATION = "openedx.org/release"


def require_order(session: Session, state: Mapping[str, Any]) -> None:
    """Raise OperationError unless the stack's newest release is that of its databases, or the next one.

    An older one is allowed where the stack file of the last `up` declared, by `openedx:migrations.beside`,
    that its code runs on the newer one's databases; and where the request asks for it, as `rollback` does,
    which has asked the database.
    """
    stack = session.stack
    if session.request.earlier_release or not isinstance(stack, Stack):
        return
    migrated = list(migrated_releases(state).values())
    if not migrated:
        migrated = release_note.read(session.target.client(), stack.namespace)
    if not out_of_order(stack, migrated, frozenset(), has_history=True):
        return  # what the last `up` declared only allows more
    good = (update.config for update in history.finished(session.live, session.file) if update.succeeded)
    config = next(good, None)
    beside = declared_beside(config or {})
    if problem := out_of_order(stack, migrated, beside, has_history=config is not None):
        raise problem


def migrated_releases(state: Mapping[str, Any]) -> dict[str, str]:
    """Releases whose migrations a stack's state has Jobs of, by the names of the Jobs: that of the first
    version is `lms-migrate`."""
    deployment = state.get("deployment") or {}
    begun = [each["resource"] for each in deployment.get("pending_operations") or ()]
    resources = [*begun, *(deployment.get("resources") or ())]
    found = {Urn(each["urn"]).name: _release(each) for each in resources if _is_migration(each)}
    return {name: release for name, release in found.items() if release}


def note(session: Session, state: Mapping[str, Any]) -> None:
    """Keep the release of the databases where it stays when the Jobs are deleted, before a `destroy`."""
    if isinstance(session.stack, Stack):
        releases = migrated_releases(state).values()
        release_note.write(session.target.client(), session.stack.namespace, releases)


def declared_beside(config: Mapping[str, Any]) -> frozenset[str]:
    """Releases whose code runs on the databases of a configuration, as it declares."""
    return frozenset((config.get(f"{PROJECT}:migrations") or {}).get("beside") or ())


def out_of_order(
    stack: Stack, migrated: Iterable[str], beside: frozenset[str], *, has_history: bool
) -> OperationError | None:
    """Why a stack must not be brought up over databases that these releases migrated. None: it may.

    `has_history`: whether any `up` of it succeeded.
    """
    migrated, order = list(migrated), list(RELEASES)
    if not migrated:
        return None
    unknown = sorted(release for release in migrated if release not in RELEASES)
    if unknown:
        return OperationError(
            f"Stack {stack.name} is at {unknown[0]}, a release that this version of the program doesn't "
            f"know: it knows {', '.join(order)}.",
            remedy=f"use a version of this program that has {unknown[0]}",
        )
    before = max(migrated, key=order.index)
    wanted = newest_version(stack).release
    if wanted == before:
        return None
    if order.index(wanted) < order.index(before):
        runs = beside | RELEASES[before].runs_beside
        return None if wanted in runs else _backwards(stack.name, before, wanted, has_history=has_history)
    left_out = order[order.index(before) + 1 : order.index(wanted)]
    return _skipping(stack.name, before, wanted, left_out) if left_out else None


def _backwards(stack: str, before: str, wanted: str, *, has_history: bool) -> OperationError:
    back = (
        f"run `openedx-infra rollback --stack {stack} --write`, which asks the database whether {wanted} can "
        "run with what was done to it, and tells what else can be done"
        if has_history
        else "if nothing ever ran here, or its data may go, run `openedx-infra destroy --stack "
        f"{stack}` with `openedx:datastores: {{protect: false}}`, and then `up`"
    )
    return OperationError(
        f"Stack {stack} has databases of {before}, and `openedx:release` names {wanted}, which is older: its "
        f"code may fail on what the migrations of {before} changed, or damage it. Nothing was changed.",
        remedy=f"write `openedx:release: {before}` again; or {back}",
    )


def _skipping(stack: str, before: str, wanted: str, left_out: list[str]) -> OperationError:
    return OperationError(
        f"Stack {stack} is at {before}, and `openedx:release` names {wanted}: {' and '.join(left_out)} "
        "would be left out, and migrations are made for one release after the other. Nothing was changed.",
        remedy=f"write `openedx:release: {left_out[0]}`, run `up`, and then go on to "
        f"{(*left_out[1:], wanted)[0]}",
    )


def _is_migration(resource: Mapping[str, Any]) -> bool:
    urn = Urn(resource["urn"])
    return urn.kind == "Job" and urn.name.startswith(_MIGRATION)


def _release(resource: Mapping[str, Any]) -> str | None:
    spec = (resource.get("inputs") or {}).get("spec") or {}
    annotations = ((spec.get("template") or {}).get("metadata") or {}).get("annotations") or {}
    release: str | None = annotations.get(_ANNOTATION)
    return release
