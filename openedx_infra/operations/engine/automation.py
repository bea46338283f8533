"""Pulumi's long verbs, run by the Automation API, which only this file uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from openedx_infra.operations.engine.events import Event, Failed, Finished, Message, Outputs, Started, Summary
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.checkout import CHECKOUT
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.pulumi_cli import Cli
from openedx_infra.operations.state.pulumi_errors import explain, plain
from openedx_infra.operations.urn import Urn
from tools.recipes import TOOLS

Listen = Callable[[Event], None]
"""Called with each event, from another thread."""

_STACK = "pulumi:pulumi:Stack"
"""Type of the resource whose outputs are those of the stack."""

_FORCE = "PULUMI_K8S_ENABLE_PATCH_FORCE"
"""Variable by which the Kubernetes provider overrides other managers of a field."""


class Verbs:
    """Preview, up and destroy of one stack. What Pulumi refuses is raised as OperationError."""

    def __init__(self, live: LiveStack, listen: Listen) -> None:
        self._workspace = _Workspace(CHECKOUT, live.cli)
        self._stack = automation.Stack.select(live.name, self._workspace)
        self._config = str(live.config_file)
        self._on_event = _translating(listen)
        self._environment = live.cli.environment

    def preview(self, *, refresh: bool = False, exclude: Sequence[str] = ()) -> None:
        """Preview `up`, except for resources with these URNs."""
        self._take_back(refresh)
        self._do(
            lambda: self._stack.preview(
                on_event=self._on_event, refresh=refresh, exclude=list(exclude), config_file=self._config
            )
        )

    def up(self, *, refresh: bool = False, targets: Sequence[str] = ()) -> None:
        """Bring the resources to what the program declares; with `targets`, those with these URNs alone."""
        self._take_back(refresh)
        self._do(
            lambda: self._stack.up(
                on_event=self._on_event,
                show_secrets=False,
                refresh=refresh,
                target=list(targets) or None,
                config_file=self._config,
            )
        )

    def destroy(self) -> None:
        """Delete everything except what is protected."""
        self._do(
            lambda: self._stack.destroy(
                on_event=self._on_event, show_secrets=False, exclude_protected=True, config_file=self._config
            )
        )

    def _take_back(self, refresh: bool) -> None:
        """With a refresh, take back fields that somebody else has set: without this, Pulumi's provider
        refuses to write what `kubectl edit` has written."""
        self._workspace.env_vars = {**(self._workspace.env_vars or {}), _FORCE: str(refresh).lower()}

    def _do(self, verb: Callable[[], object]) -> None:
        try:
            verb()
        except automation.CommandError as error:
            raise explain(self._stack.name, str(error), self._environment) from error
        except RuntimeError as error:  # raised by the API for a preview without a summary
            raise OperationError(f"Pulumi ended early: {error}") from error


class _Workspace(automation.LocalWorkspace):
    """A workspace that changes no selected stack, which plain `pulumi` works on, and reads no outputs."""

    def __init__(self, folder: Path, cli: Cli) -> None:
        super().__init__(work_dir=str(folder), env_vars=dict(cli.environment), pulumi_command=_Command(cli))

    def select_stack(self, stack_name: str) -> None:
        """Select nothing: every command says by itself which stack it means."""

    def stack_outputs(self, stack_name: str) -> automation.OutputMap:
        """Return nothing. The API reads the outputs after each `up`, masked and in plain, for a result that
        nobody here uses: two runs of the CLI, a twelfth of the CPU of a small change (measured)."""
        return {}


class _Command(automation.PulumiCommand):
    """The CLI, as the Automation API wants it."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self.command = str(cli.executable)
        # The oldest that the toolchain accepts: the API wants to know what the CLI can do, and to ask the CLI
        # takes 0.15 s of CPU.
        self.version = VersionInfo(*TOOLS["pulumi"].accept.minimum)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """Run a command; raises CommandError when it fails."""
        environment = {**additional_env, "PULUMI_AUTOMATION_API": "true"}
        done = self._cli.run_long(
            args, folder=Path(cwd), environment=environment, on_output=on_output, on_error=on_error
        )
        result = automation.CommandResult(stdout=done.stdout, stderr=done.stderr, code=done.code)
        if done.code:
            raise create_command_error(result)
        return result


def _translating(listen: Listen) -> Callable[[automation.EngineEvent], None]:
    def on_event(event: automation.EngineEvent) -> None:
        if translated := _translate(event):
            listen(translated)

    return on_event


def _translate(event: automation.EngineEvent) -> Event | None:
    if event.resource_pre_event:
        step = event.resource_pre_event.metadata
        changed = tuple(step.detailed_diff or step.diffs or ())
        before, now = (dict(each.inputs or {}) if each else {} for each in (step.old, step.new))
        return Started(urn=Urn(step.urn), op=step.op.value, changed=changed, before=before, now=now)
    if event.res_outputs_event:
        step = event.res_outputs_event.metadata
        if step.type == _STACK:
            before, now = (dict(each.outputs or {}) if each else {} for each in (step.old, step.new))
            return Outputs(before=before, now=now)
        return Finished(urn=Urn(step.urn), op=step.op.value)
    if event.res_op_failed_event:
        step = event.res_op_failed_event.metadata
        return Failed(urn=Urn(step.urn), op=step.op.value)
    if event.diagnostic_event:
        message = event.diagnostic_event
        urn = Urn(message.urn) if message.urn else None
        return Message(
            urn=urn,
            severity=message.severity,
            text=plain(message.message),
            passing=bool(message.ephemeral),
        )
    if event.summary_event:
        summary = event.summary_event
        changes = {getattr(op, "value", op): count for op, count in summary.resource_changes.items()}
        return Summary(changes=changes, seconds=summary.duration_seconds)
    return None
