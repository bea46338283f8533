"""Logins of a stack at registries: its own secrets, or Docker's credentials on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console

from openedx_infra.config import PROJECT, SECRETS_KEY, ConfigError, Stack
from openedx_infra.config.secrets.catalogue import REGISTRY_PASSWORD
from openedx_infra.config.secrets.needed import missing
from openedx_infra.operations.images.credentials import Login, docker_login
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import local_stack
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.open_stack import open_stack, tools


class Logins:
    """The logins of a stack. Its secrets are decrypted when one is needed, and not before."""

    def __init__(self, file: StackFile, stack: Stack, console: Console) -> None:
        self._file = file
        self._stack = stack
        self._console = console
        self._secrets: dict[str, str] | None = None

    def __call__(self, host: str) -> Login | None:
        """The login of a registry; None where there is none. Raises ConfigError for a missing password."""
        return self.from_stack().get(host) or docker_login(host)

    def from_stack(self) -> dict[str, Login]:
        """The logins that the stack file names, by host."""
        registries = self._stack.images.registries
        passwords = self.secrets(f"{REGISTRY_PASSWORD}{name}" for name in registries)
        return {
            registry.host: Login(registry.username, passwords[f"{REGISTRY_PASSWORD}{name}"])
            for name, registry in registries.items()
        }

    def secrets(self, names: Iterable[str]) -> Mapping[str, str]:
        """Some of the stack's secrets in plain text. Raises ConfigError with all that are missing."""
        wanted = set(names)
        if not wanted:
            return {}
        values = self._revealed()
        if absent := wanted - set(values):
            prefixes = tuple(f"{PROJECT}:{SECRETS_KEY}.{name}:" for name in absent)
            lines = [line for line in missing(self._stack, set(values)) if line.startswith(prefixes)]
            raise ConfigError(self._stack.name, lines)
        return {name: values[name] for name in wanted}

    def _revealed(self) -> dict[str, str]:
        if self._secrets is None:
            if self._file.local:
                local_stack.write_effective(self._file, None)
            live = open_stack(self._file, tools(self._console))
            live.create()
            self._secrets = secrets.reveal(live)
        return self._secrets
