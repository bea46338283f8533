"""How does a stack get from its file to the cluster, and away again? The verbs up, preview and destroy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from openedx_infra.operations.deploy import moved_datastores
from openedx_infra.operations.deploy.release_compatibility import require_stopped
from openedx_infra.operations.deploy.unfinished_restore import require_restored
from openedx_infra.operations.engine import failure
from openedx_infra.operations.engine.progress import Plan, Progress, counted
from openedx_infra.operations.engine.session import Request, Session, begin
from openedx_infra.operations.engine.watch import Watch
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from openedx_infra.operations.engine.automation import Verbs

__all__ = ["Request", "destroy", "preview", "up", "urls"]

Confirm = Callable[[str], bool]
"""Asks a yes-or-no question."""


def up(request: Request, console: Console, *, confirm: Confirm | None = None, refresh: bool = False) -> None:
    """Bring a stack up: make the cluster what the stack file says.

    With `confirm`, what would change is shown before, and asked about. Raises an error for people when
    anything fails; what was done until then is kept, and the next `up` goes on from there. Incompatible: the
    code that runs must be stopped first, as `upgrade.up` does.
    """
    start = time.monotonic()
    stop = _Stop(console)
    session = begin(request, console, on_interrupt=stop)
    require_restored(session, refresh=refresh)
    require_stopped(session)
    _announce(session, console)
    kept = moved_datastores.left_behind(session.stack, session.live)
    moved_datastores.tell(kept, console)
    if confirm and not _agreed(session, console, confirm, kept):
        return
    session.recover(console)
    moved_datastores.release(session.live, kept)
    _work(session, stop, lambda verbs: verbs.up(refresh=refresh), "up", start)
    _farewell(session, console)


def preview(request: Request, console: Console, *, refresh: bool = False, unchanged: bool = False) -> None:
    """Show what `up` would change. With `unchanged`, any change is an error."""
    session = begin(request, console, on_interrupt=_Stop(console))
    _announce(session, console)
    kept = moved_datastores.left_behind(session.stack, session.live)
    moved_datastores.tell(kept, console)
    plan = _plan(session, console, kept, refresh=refresh)
    if unchanged and plan.steps:
        raise OperationError(f"Stack {request.name} would change, and no change was expected.")


def destroy(request: Request, console: Console, *, confirm: Confirm | None = None) -> None:
    """Delete all of a stack's objects but those that are protected, and say which stay."""
    start = time.monotonic()
    stop = _Stop(console)
    session = begin(request, console, creating=False, on_interrupt=stop)
    if confirm and not confirm(
        f"Delete the objects of stack {request.name} in {session.place}? What is protected stays."
    ):
        return
    session.recover(console)
    _work(session, stop, lambda verbs: verbs.destroy(), "destroy", start)
    _tell_what_stays(session, console)


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


def _announce(session: Session, console: Console) -> None:
    console.print(
        Text.assemble(
            "Stack ",
            (session.file.name, "bold"),
            f" → {session.place}",
        ),
        soft_wrap=True,
    )


def _plan(session: Session, console: Console, kept: Sequence[str], *, refresh: bool) -> Plan:
    plan = Plan()
    try:
        session.verbs(plan).preview(refresh=refresh, exclude=kept)
    except OperationError as error:
        raise failure.of_program(error, plan.errors) from error
    plan.show(console)
    if plan.summary:
        console.print(f"Preview: {counted(plan.summary.changes, future=True)}. Nothing was changed.")
    return plan


def _agreed(session: Session, console: Console, confirm: Confirm, kept: Sequence[str]) -> bool:
    plan = _plan(session, console, kept, refresh=False)
    return bool(plan.steps) and confirm(f"Change stack {session.file.name} so?")


def _work(session: Session, stop: _Stop, verb: Callable[[Verbs], None], word: str, start: float) -> None:
    """Do a verb and show how it goes; raises an error for people when it fails or is stopped."""
    console = stop.console
    clients = list(session.place.clients())
    with (
        Progress(console, usual="delete" if word == "destroy" else "create") as progress,
        Watch(
            clients, progress.making, session.live.cli.brake.pull, console, deleting=progress.deleting
        ) as watch,
    ):
        try:
            verb(session.verbs(progress))
        except OperationError as error:
            if watch.hopeless or stop.asked:
                _remember(session, progress)
            if watch.hopeless:
                raise failure.of_hopeless_pods(watch.hopeless, session.file.name, word) from error
            if stop.asked:
                raise failure.of_stop(progress, session.file.name, word) from error
            raise failure.explain(session, progress, error, word) from error
    for line in progress.printed:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    seconds = time.monotonic() - start
    changes = progress.summary.changes if progress.summary else {}
    console.print(f"[green]Done[/green] in {seconds:.0f} s: {counted(changes)}.")


def _remember(session: Session, progress: Progress) -> None:
    """Have the state know what was cut short: Pulumi keeps nothing of an update that it stops to wait for.

    Else a stack file that is put back to what it said before would look as if nothing were to do.
    """
    changed = [each.urn.text for each in progress.failures if each.op == "update" and each.urn.is_kubernetes]
    if changed:
        with suppress(OperationError):  # the cluster does not answer: `up --refresh` will do it
            session.live.refresh(changed)


def _farewell(session: Session, console: Console) -> None:
    addresses = urls(session.live.outputs())
    for name, url in sorted(addresses.items()):
        console.print(f"  {name:<14}{url}", soft_wrap=True, highlight=False)
    if session.local and addresses:
        console.print(_ON_EMBEDDED.format(file=session.file.path.name), soft_wrap=True)


_ON_EMBEDDED = """
The cluster is the embedded one: it admits, schedules and rolls out as a real one does, but its nodes are \
simulated and containers don't run, so these addresses don't answer. To run the same on k3s:
  1. curl -sfL https://get.k3s.io | sh -      (on the server; it holds Traefik and storage)
  2. cp {file} Pulumi.campus.yaml, and in it, under `config:`, write
         openedx:cluster:
           context: default
           kubeconfig: /etc/rancher/k3s/k3s.yaml
  3. openedx-infra secrets generate --stack campus && openedx-infra up --stack campus
`openedx-infra down` stops the embedded cluster; its data stays."""


def urls(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The addresses among a stack's outputs, by the name of what they lead to."""
    return {
        name.removesuffix("_url"): value
        for name, value in outputs.items()
        if name.endswith("_url") and isinstance(value, str)
    }


def _tell_what_stays(session: Session, console: Console) -> None:
    stays = [
        resource
        for resource in session.live.state()["deployment"].get("resources", ())
        if resource.get("protect")
    ]
    if not stays:
        console.print("Nothing of the stack is left.")
        return
    console.print("These stay, as they hold data:")
    for resource in stays:
        console.print(f"  {Urn(resource['urn'])}", highlight=False)
    name = session.file.name
    console.print(
        f"To delete them too, say `openedx:datastores: {{protect: false}}` in {session.file.path.name}, then "
        f"run `openedx-infra up --stack {name}` and `openedx-infra destroy --stack {name}`.",
        soft_wrap=True,
        highlight=False,
    )
