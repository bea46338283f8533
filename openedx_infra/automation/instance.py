"""One instance, and the verbs on it as Python methods."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from rich.console import Console

from openedx_infra.config.outputs import InstanceOutputs, instance_outputs
from openedx_infra.operations.backups import backup
from openedx_infra.operations.backups.backup import Backup
from openedx_infra.operations.deploy import deploy, outputs
from openedx_infra.operations.drift import status
from openedx_infra.operations.engine.events import Event
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline import check
from openedx_infra.operations.plan.change_summary import ChangeSummary
from openedx_infra.operations.secrets import commands
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.versions import upgrade

OnEvent = Callable[[Event], None]
"""Called with each event, from another thread."""
_FILE = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_.-]+)\.yaml")


@dataclass(frozen=True)
class Instance:
    """A stack and its file. Nothing is read before a method is called, and nothing is kept between two.

    Methods may run in threads, one at a time for each instance: Pulumi's lock refuses a second run. They
    print nothing and ask nothing. They raise ConfigError for a wrong stack file, and OperationError for all
    else, each with a message for people; OperationError has the remedy in `remedy`.
    """

    stack: str
    """Name of the stack."""
    file: Path
    """Its stack file."""

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The instance of a stack file, `Pulumi.<stack>.yaml`. Raises OperationError where it is none."""
        file = Path(path).absolute()
        match = _FILE.fullmatch(file.name)
        if match is None or not file.is_file():
            raise OperationError(
                f"{path} is no stack file.", remedy="name a file that exists, as Pulumi.<stack>.yaml"
            )
        return cls(match["stack"], file)

    def check(self) -> check.Report:
        """Validate it offline. Raises ConfigError with everything that is wrong."""
        return check.check(self.stack, self.file)

    def generate_secrets(self) -> list[str]:
        """Make the secrets that the stack file lacks and that can be made.

        Returns the names of those that are left, which only the operator knows.
        """
        return list(commands.generate(self.stack, self.file, _silent()))

    def preview(self, *, refresh: bool = False) -> ChangeSummary:
        """What `up` would change. Nothing is changed."""
        return deploy.planned_changes(self._request(), _silent(), refresh=refresh).summary

    def up(self, *, refresh: bool = False, on_event: OnEvent | None = None) -> InstanceOutputs:
        """Bring it up, or to what its file says; return what it exports then.

        It asks nothing: call `preview` before, and decide. `on_event` is called with each event, from another
        thread. What failed half-way is continued by the next call.
        """
        upgrade.up(self._request(on_event), _silent(), refresh=refresh)
        return self.outputs()

    def destroy(self, *, on_event: OnEvent | None = None) -> None:
        """Delete all but what is protected. It asks nothing."""
        deploy.destroy(self._request(on_event), _silent())

    def status(self) -> status.Report:
        """Whether all that it created is there, as it was applied, and ready."""
        file = stack_file.read(self.stack, self.file)
        return status.look(file, stack_file.validated(file, placeholders=True))

    def backup(self) -> None:
        """Make a backup now, and wait until it is complete."""
        backup.make(self._request(), _silent())

    def backups(self) -> list[Backup]:
        """The backups that exist, oldest first."""
        return backup.existing(self._request(), _silent())

    def outputs(self) -> InstanceOutputs:
        """What the last `up` exported. Raises OperationError where there was none."""
        found = outputs.read(self._request(), _silent())
        if not found:
            raise outputs.no_outputs(self._request())
        try:
            return instance_outputs(found)
        except ValidationError as error:
            raise OperationError(
                f"Stack {self.stack} exports what this version doesn't know: {error}",
                remedy=f"run `openedx-infra up --stack {self.stack}` by this version",
            ) from error

    def _request(self, on_event: OnEvent | None = None) -> Request:
        return Request(name=self.stack, config_file=self.file, on_event=on_event)


def _silent() -> Console:
    return Console(quiet=True)
