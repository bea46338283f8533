"""The verbs up, preview and destroy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from openedx_infra.config import Stack
from openedx_infra.operations.deploy import (
    empty_namespaces,
    missing_objects,
    moved_datastores,
    planning,
    release_order,
    unbound_claims,
)
from openedx_infra.operations.deploy.refusals import require_deployable, require_versions
from openedx_infra.operations.engine import failure
from openedx_infra.operations.engine.progress import Progress, counted
from openedx_infra.operations.engine.session import Request, Session, begin
from openedx_infra.operations.engine.watch import Watch
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.checkout import BIN
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from openedx_infra.operations.engine.automation import Verbs

__all__ = ["Request", "destroy", "planned_changes", "preview", "up", "urls"]

Confirm = Callable[[str], bool]
"""Asks a yes-or-no question."""


def up(
    request: Request,
    console: Console,
    *,
    confirm: Confirm | None = None,
    refresh: bool = False,
    targets: Sequence[str] = (),
) -> None:
    """Bring a stack up as its file describes it; with `targets`, only resources with these URNs.

    With `confirm`, the changes are shown and confirmed before. Raises OperationError when anything fails;
    what was done until then stays, and the next `up` goes on from there. IncompatibleRelease: the running
    code must be stopped first, as `upgrade.up` does.
    """
    stop = _Stop(console)
    session = begin(request, console, on_interrupt=stop)
    require_deployable(session, session.live.state(), console, refresh=refresh)
    _print_target(session, console)
    found = planning.inspect(session, console)
    if confirm and not _is_confirmed(session, console, confirm, found):
        return
    _make_mount_points(session)
    unbound_claims.delete(found.unbound, session.live, session.target.client())
    session.recover(console)
    missing_objects.forget(found.presence, session, console)
    moved_datastores.forget(session.live, found.orphans)
    _run(session, stop, lambda verbs: verbs.up(refresh=refresh, targets=targets), "up", session.tools_ready)
    _heal(session, stop)
    _print_addresses(session, console)


def _make_mount_points(session: Session) -> None:
    """Of a development instance; other stacks load nothing of it."""
    if isinstance(session.stack, Stack) and session.stack.development:
        from openedx_infra.operations.stack_files import mount_points

        mount_points.make(session.stack)


def _heal(session: Session, stop: _Stop) -> None:
    """Run once more when objects were deleted while `up` ran: it saw them before, and so ended well."""
    missing = missing_objects.find(session)
    if not missing.gone:
        return
    missing_objects.show(missing, session.file.name, stop.console, when="while `up` ran")
    missing_objects.forget(missing, session, stop.console)
    _run(session, stop, lambda verbs: verbs.up(), "up", time.monotonic())
    if still := missing_objects.find(session).gone:
        raise OperationError(
            f"Something deletes objects of the stack: {', '.join(map(str, still))} are gone again.",
            remedy="find out what deletes them (the audit log of the API server names it), then run "
            f"`openedx-infra up --stack {session.file.name}` again",
        )


def preview(
    request: Request,
    console: Console,
    *,
    refresh: bool = False,
    unchanged: bool = False,
    diff: bool = False,
    json: bool = False,
) -> None:
    """Show what `up` would change.

    With `unchanged`, any change is an error. With `diff`, the objects are shown, too; with `json`, all of it
    is printed for machines, and nothing else on the standard output.
    """
    planned = planned_changes(request, console, refresh=refresh)
    if json:
        planned.print_json()
    else:
        planned.show(console, diff=diff)
    if unchanged and planned.steps:
        raise OperationError(f"Stack {request.name} would change, and no change was expected.")


def planned_changes(request: Request, console: Console, *, refresh: bool = False) -> planning.Planned:
    """What `up` would change; prints only what it is about. Raises OperationError where it is refused."""
    session = begin(request, console, on_interrupt=_Stop(console))
    require_versions(session, session.live.state(), console)
    _print_target(session, console)
    return planning.plan(session, console, refresh=refresh)


def destroy(request: Request, console: Console, *, confirm: Confirm | None = None) -> None:
    """Delete all of a stack's objects except those that are protected, and print which stay."""
    stop = _Stop(console)
    session = begin(request, console, creating=False, on_interrupt=stop)
    if confirm and not confirm(
        f"Delete the objects of stack {request.name} in {session.target}? Protected ones stay."
    ):
        return
    state = session.live.state()
    release_order.note(session, state)
    unbound = unbound_claims.unbound(state, session.target.client())
    unbound_claims.delete(unbound, session.live, session.target.client())
    session.recover(console)
    _run(session, stop, lambda verbs: verbs.destroy(), "destroy", session.tools_ready)
    empty_namespaces.delete(session)
    _print_protected(session, console)


@dataclass
class _Stop:
    """Whether the user asked to stop."""

    console: Console
    asked: bool = False

    def __call__(self, count: int) -> None:
        self.asked = True
        if count == 1:
            self.console.print(
                "Stopping: what is under way may finish, nothing new begins. Nothing is lost, the next run "
                "goes on from here. (Ctrl-C once more stops at once.)",
                soft_wrap=True,
            )


def _print_target(session: Session, console: Console) -> None:
    console.print(
        Text.assemble(
            "Stack ",
            (session.file.name, "bold"),
            f" → {session.target}",
        ),
        soft_wrap=True,
    )


def _is_confirmed(session: Session, console: Console, confirm: Confirm, found: planning.Look) -> bool:
    planned = planning.plan(session, console, look=found)
    planned.show(console)
    return bool(planned.steps or found.leaving) and confirm(
        f"Apply these changes to stack {session.file.name}?"
    )


def _run(session: Session, stop: _Stop, verb: Callable[[Verbs], None], name: str, start: float) -> None:
    """Run a verb and show its progress. Raises OperationError when it fails or is stopped."""
    console = stop.console
    clients = list(session.target.clients())
    with (
        Progress(console, usual="delete" if name == "destroy" else "create") as progress,
        Watch(
            clients, progress.making, session.live.cli.brake.pull, console, deleting=progress.deleting
        ) as watch,
    ):
        try:
            verb(session.verbs(progress))
        except OperationError as error:
            if watch.hopeless or stop.asked:
                _refresh_interrupted(session, progress)
            if watch.hopeless:
                raise failure.of_hopeless_pods(watch.hopeless, session.file.name, name) from error
            if stop.asked:
                raise failure.of_stop(progress, session.file.name, name) from error
            raise failure.explain(session, progress, error, name) from error
    for line in progress.printed:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    seconds = time.monotonic() - start
    changes = progress.summary.changes if progress.summary else {}
    console.print(f"[green]Done[/green] in {seconds:.0f} s: {counted(changes)}.")


def _refresh_interrupted(session: Session, progress: Progress) -> None:
    """Refresh what was interrupted: Pulumi records nothing of an update that it stops waiting for.

    Otherwise a stack file that is restored to what it was before would look as if nothing were to do.
    """
    changed = [each.urn.text for each in progress.failures if each.op == "update" and each.urn.is_kubernetes]
    if changed:
        with suppress(OperationError):  # the cluster does not answer: `up --refresh` does it later
            session.live.refresh(changed)


def _print_addresses(session: Session, console: Console) -> None:
    addresses = urls(session.live.outputs())
    for name, url in sorted(addresses.items()):
        console.print(f"  {name:<14}{url}", soft_wrap=True, highlight=False)
    if session.local and session.is_new and addresses:
        console.print(_ON_EMBEDDED, soft_wrap=True, highlight=False)


_ON_EMBEDDED = f"""
The cluster is the embedded one: it admits, schedules and rolls out as a real one does, but its nodes are \
simulated and containers don't run, so these addresses don't answer. To run Open edX on a server:
  1. curl -sfL https://get.k3s.io | sh -s - --write-kubeconfig-mode 644      (it brings Traefik and storage)
  2. {BIN}openedx-infra init --stack campus      (writes Pulumi.campus.yaml and its secrets)
  3. {BIN}openedx-infra up --stack campus
`{BIN}openedx-infra down` stops the embedded cluster; its data stays."""


def urls(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The addresses among a stack's outputs, by the name of the site."""
    return {
        name.removesuffix("_url"): value
        for name, value in outputs.items()
        if name.endswith("_url") and isinstance(value, str)
    }


def _print_protected(session: Session, console: Console) -> None:
    protected = [
        resource
        for resource in session.live.state()["deployment"].get("resources", ())
        if resource.get("protect")
    ]
    if not protected:
        console.print("Nothing of the stack is left.")
        return
    console.print("These stay, because they hold data:")
    for resource in protected:
        console.print(f"  {Urn(resource['urn'])}", highlight=False)
    name = session.file.name
    console.print(
        f"To delete them too, set `openedx:datastores: {{protect: false}}` in {session.file.path.name}, then "
        f"run `openedx-infra up --stack {name}` and `openedx-infra destroy --stack {name}`.",
        soft_wrap=True,
        highlight=False,
    )
