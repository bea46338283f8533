"""The verb `import data`: an older site's data is copied beside an instance's, compared, and put in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.config.versions import live_version
from openedx_infra.operations.backups import restore
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import process
from openedx_infra.operations.pods.container import choose
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.overlay import overlaid
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.transfer import checks
from openedx_infra.operations.transfer.copying import SCRIPT, Copying
from openedx_infra.operations.transfer.dump_folder import DumpFolder, courses
from openedx_infra.operations.transfer.file_copying import FileCopying
from openedx_infra.operations.transfer.import_pod import import_pod
from openedx_infra.operations.transfer.place import place
from openedx_infra.operations.transfer.report import Report
from openedx_infra.operations.transfer.source import DATABASES, FOLD, HISTORY, Source
from openedx_infra.operations.transfer.tutor_root import tutor_source
from openedx_infra.operations.versions import upgrade

if TYPE_CHECKING:
    from lightkube import Client

__all__ = ["Options", "Request", "import_data"]

KINDS = ("tutor", "dump", "ssh")
_DISKS = {"mysql": "/var/lib/mysql", "mongodb": "/data/db"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to copy, and how."""

    kind: str
    """`tutor`, `dump`, or `ssh` for dumps on another machine."""
    place: str
    """A folder, or `HOST:FOLDER`."""
    tutor_mode: str = "local"
    """How Tutor runs the old site: `local`, `dev` or `k8s`."""
    warm: bool = False
    """Whether to copy beforehand, while the old site runs, and put nothing in force."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """New names of hosts, by old ones."""
    fold_history: bool = False
    """Whether the second database, with the history of answers, is added to the main one."""
    report: Path = Path()
    """Folder of the report."""


@dataclass(frozen=True)
class _Instance:
    file: StackFile
    stack: Stack

    def client(self) -> Client:
        address = connection.address_of(self.stack, local=self.file.local)
        return connection.connect(address, self.stack.namespace)

    def pod(self) -> Any:
        return import_pod(self.client(), self.stack.name, live_version(self.stack).suffix)

    def free(self, store: str) -> int | None:
        """Bytes that a server's volume has left, where the instance runs it as one pod."""
        if getattr(self.stack.datastores, store).source != "in-cluster":
            return None
        lines: list[bytes] = []
        command = ["df", "-P", "-B1", _DISKS[store]]
        container = choose(self.client(), store)
        if process.run(container, command, on_stdout=lines.append, on_stderr=lambda _: None):
            return None
        return int(b"".join(lines).split()[-3])


def source_of(options: Options) -> Source:
    """Where the data comes from. Raises OperationError for what is no source."""
    where = place(options.place)
    if options.kind not in KINDS:
        raise OperationError(
            f"--from: {options.kind!r} is no source.", remedy=f"write one of {', '.join(KINDS)}"
        )
    if options.kind == "ssh" and where.host is None:
        raise OperationError(
            f"{options.place!r} names no machine.", remedy="write it as [USER@]HOST:FOLDER, the folder from /"
        )
    if options.kind == "tutor":
        return tutor_source(where, options.tutor_mode)
    names = {
        name: FOLD if ours == HISTORY and options.fold_history else ours for name, ours in DATABASES.items()
    }
    return DumpFolder(place=where, names=names)


def import_data(
    request: Request, options: Options, console: Console, *, confirm: Callable[[str], bool] | None = None
) -> None:
    """Copy the data of an older site into an instance that nobody has used, and put it in force.

    The old site is only read. Interrupted at any point, the same command goes on. Raises OperationError,
    with nothing changed that is in use, when something is not as it must be.
    """
    file = stack_file.read(request.name, request.config_file)
    instance = _Instance(file, stack_file.instance(file, placeholders=True))
    source = source_of(options)
    report = Report(
        stack=request.name,
        source=source.title,
        release=live_version(instance.stack).release,
        warm=options.warm,
    )
    with instance.pod() as pod:
        found = pod.ask(SCRIPT, {"action": "look"})
        resumed = "begun" in found["switched"]
        checks.require_empty(found, resumed=resumed)
        if not resumed:
            names = courses(DATABASES)
            copying = Copying(
                pod=pod, source=source, room=instance, report=report, console=console, courses=names
            )
            copying.run(found)
            for folder in source.folders():
                FileCopying(pod=pod, report=report, console=console).run(folder)
    if not options.warm:
        question = f"Put the data of {source.title} in force in stack {request.name}?"
        if confirm and not confirm(question):
            return
        _put_in_force(request, instance, _hosts(instance.stack, source, options), report, console)
    for path in report.write(options.report):
        console.print(f"The report is {path}.", highlight=False, soft_wrap=True)
    if options.warm:
        console.print(
            "Nothing is in force yet: the same command without --warm, with the old site at rest, copies "
            "what has changed since, and puts it in force.",
            highlight=False,
            soft_wrap=True,
        )


def _hosts(stack: Stack, source: Source, options: Options) -> dict[str, str]:
    """New names by old ones, where they differ."""
    ours = {"lms_host": stack.site.lms_host, "studio_host": stack.site.studio_host}
    pairs = {theirs: ours[name] for name, theirs in source.hosts().items() if theirs}
    return {old: new for old, new in {**pairs, **options.hosts}.items() if old != new}


def _put_in_force(
    request: Request, instance: _Instance, hosts: Mapping[str, str], report: Report, console: Console
) -> None:
    """Stop the platform, switch, and let migrations and set-up run over what came."""

    def up(changes: Mapping[str, Any], *, refresh: bool = False) -> None:
        with overlaid(instance.file, changes) as path:
            upgrade.up(replace(request, config_file=path), console, refresh=refresh)

    console.print("The platform is stopped, and visitors get the maintenance page", style="bold")
    with report.step("stopping the platform"):
        up(upgrade.STOPPED)
        wait_until_stopped(instance.client(), console)
    console.print("The data is put into its place", style="bold")
    with report.step("switch"), instance.pod() as pod:
        switched = pod.ask(SCRIPT, {"action": "switch", "hosts": dict(hosts)})
        report.notes += switched["hosts"]
    console.print("Migrations and set-up run, search is filled, and the site opens", style="bold")
    with report.step("migrations, set-up and start"):
        restore.delete_jobs(instance.client(), instance.stack)
        up({}, refresh=True)
    with instance.pod() as pod:
        pod.ask(SCRIPT, {"action": "clear"})
    report.in_force = True
    console.print(f"Stack {request.name} runs on the data of {report.source}.", highlight=False)
