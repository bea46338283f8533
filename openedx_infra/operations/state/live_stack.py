"""A stack as Pulumi's backend has it: state, outputs, creation, refresh."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openedx_infra.operations.stack_files import editing
from openedx_infra.operations.stack_files.checkout import CHECKOUT, project_in
from openedx_infra.operations.state.pulumi_cli import Cli
from openedx_infra.operations.state.pulumi_errors import explain


class LiveStack:
    """A stack as Pulumi's backend has it.

    What Pulumi refuses is raised as OperationError.
    """

    def __init__(self, name: str, *, config_file: Path, cli: Cli, provider: str | None = None) -> None:
        self.name = name
        self.cli = cli
        self.config_file = config_file
        self._provider = provider

    def exists(self) -> bool:
        """Whether the backend has the stack. Only its own entry is read: another one may be damaged."""
        result = self.cli.run(["stack", "--show-name", "--stack", self.name], folder=CHECKOUT)
        if result.code and "no stack named" not in result.stderr:
            raise explain(self.name, result.stderr or result.stdout, self.cli.environment)
        return not result.code

    def create(self) -> None:
        """Create the stack in the backend unless it exists; Pulumi then adds a salt to the stack file."""
        if self.exists():
            return
        provider = ["--secrets-provider", self._provider] if self._provider else []
        with editing.copied(self.config_file, f"Pulumi.{self.name}.yaml") as copy:
            if not self.exists():  # another process was first
                self.run("stack", "init", self.name, "--no-select", *provider, folder=project_in(copy.parent))

    def configure(self, *arguments: str, stdin: str | None = None) -> None:
        """Run `pulumi config` with arguments that change the stack file, which is written whole or not."""
        with editing.copied(self.config_file) as copy:
            self.run("config", *arguments, "--stack", self.name, "--config-file", str(copy), stdin=stdin)

    def replace_state(self, state: Mapping[str, Any]) -> None:
        """Replace the state in the backend."""
        self.run("stack", "import", "--stack", self.name, stdin=json.dumps(state))

    def unprotect(self, urns: Iterable[str]) -> None:
        """Take the protection from resources in the state."""
        self.run("state", "unprotect", *urns, "--yes", "--stack", self.name)

    def refresh(self, urns: Iterable[str]) -> None:
        """Refresh resources from the cluster, and wait until they are ready."""
        targets = [part for urn in urns for part in ("--target", urn)]
        config = str(self.config_file)
        self.run(
            "refresh", "--yes", "--skip-preview", "--config-file", config, "--stack", self.name, *targets
        )

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The outputs of the last `up`, secrets masked unless asked for."""
        shown = ["--show-secrets"] if show_secrets else []
        outputs: dict[str, Any] = json.loads(
            self.run("stack", "output", "--json", *shown, "--stack", self.name)
        )
        return outputs

    def state(self) -> dict[str, Any]:
        """The state in the backend, secrets encrypted."""
        state: dict[str, Any] = json.loads(self.run("stack", "export", "--stack", self.name))
        return state

    def run(self, *arguments: str, folder: Path | None = None, stdin: str | None = None) -> str:
        """Run a short command of the CLI and return what it prints."""
        result = self.cli.run(arguments, folder=folder or CHECKOUT, stdin=stdin)
        if result.code:
            raise explain(self.name, result.stderr or result.stdout, self.cli.environment)
        return result.stdout
