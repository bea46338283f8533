"""Makes, keeps and replaces a stack's secrets: encrypted in its file, and never on command lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from openedx_infra.config import PROJECT, SECRETS_KEY, BaseStack, ConfigError, Stack
from openedx_infra.config.secrets.catalogue import BY_NAME, CLIENT_KEYS, Secret, referenced_secret
from openedx_infra.config.secrets.formats import unfit, unfit_headers
from openedx_infra.config.secrets.needed import kept, password_limits
from openedx_infra.config.stack_kinds import missing, required
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.secrets.stand_in_key import stand_in_key
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.live_stack import LiveStack


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A secret of a stack, and whether its file holds it. The value is nowhere in here."""

    secret: Secret
    present: bool


def presence(stack: BaseStack, names: Iterable[str]) -> Iterator[Presence]:
    """Every secret that the stack needs, beside the `names` that it has."""
    has = set(names)
    for secret in required(stack):
        yield Presence(secret=secret, present=secret.name in has)


def generate(file: StackFile, stack: BaseStack, live: LiveStack) -> list[str]:
    """Make the secrets that are missing in a file and can be made; return their names."""
    names = []
    for item in presence(stack, file.secrets):
        if not item.present and item.secret.make:
            _write(live, item.secret.name, item.secret.make())
            names.append(item.secret.name)
    return names


def rotate(names: Sequence[str], file: StackFile, stack: BaseStack, live: LiveStack) -> list[str]:
    """Replace secrets by new ones; return the names that were written.

    Raises OperationError, before any is touched, for a name that is unknown, missing, or the operator's to
    choose.
    """
    chosen = [_rotatable(name, file, stack) for name in names]
    values = reveal(live)
    deployed = _deployed(live)
    for secret, make in chosen:
        old, new = values[secret.name], make()
        _keep_previous(secret, values, deployed, live)
        _write(live, secret.name, f"{new}\n{old}" if secret.append else new)
    return [secret.name for secret, _ in chosen]


def put(name: str, value: str, file: StackFile, stack: BaseStack, live: LiveStack) -> None:
    """Set a secret to a value that the operator knows.

    Raises OperationError, before anything is touched, for a value that who reads it would refuse, and for
    one that lacks lines which old data needs.
    """
    _require_fit({name: value}, stack)
    secret = BY_NAME.get(name)
    if secret and name in file.secrets and (secret.append or secret.keep_previous):
        values = reveal(live)
        if secret.append and not set(values[name].splitlines()) <= set(value.splitlines()):
            raise OperationError(
                f"The new {name} lacks lines of the present one, which old data needs.",
                remedy=f"run `openedx-infra secrets rotate {name} --stack {file.name}`, which adds a line",
            )
        _keep_previous(secret, values, _deployed(live), live)
    _write(live, name, value)


def put_all(values: Mapping[str, str], file: StackFile, stack: BaseStack, live: LiveStack) -> None:
    """Set secrets of a stack that was never brought up. Raises OperationError, before any is touched."""
    _require_fit(values, stack)
    for name, value in values.items():
        put(name, value, file, stack, live)


def _require_fit(values: Mapping[str, str], stack: BaseStack) -> None:
    faults = unfit(values, password_limits(stack) if isinstance(stack, Stack) else {})
    if isinstance(stack, Stack):
        faults += unfit_headers(stack, values)
    if faults:
        raise OperationError("\n".join(faults), remedy="set another value")


def remove(name: str, live: LiveStack) -> None:
    """Take a secret out of the stack's file."""
    live.configure("rm", "--path", f"{PROJECT}:{SECRETS_KEY}.{name}")


def unused(stack: BaseStack, names: Iterable[str]) -> list[str]:
    """Those of the secrets of a file that the stack has no use for, nor any companion service of it that is
    off."""
    used = {each for secret in required(stack) for each in (secret.name, secret.previous)}
    used |= {secret.name for secret in (kept(stack) if isinstance(stack, Stack) else ())}
    return sorted(set(names) - used)


def rotated_by_all(stack: BaseStack) -> list[str]:
    """The names that `rotate --all` means: what can be made anew without losing anything."""
    return [secret.name for secret in required(stack) if secret.make and not secret.by_name_only]


def reveal(live: LiveStack) -> dict[str, str]:
    """The secrets of a stack in plain text, by name."""
    shown = live.run(
        "config", "--json", "--show-secrets", "--stack", live.name, "--config-file", str(live.config_file)
    )
    entry: Mapping[str, object] = json.loads(shown).get(f"{PROJECT}:{SECRETS_KEY}", {})
    value = entry.get("objectValue") or json.loads(str(entry.get("value") or "{}"))
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}


def stand_ins(stack: BaseStack) -> dict[str, str]:
    """Values of the right form for all secrets that the stack needs, where the real ones stay encrypted."""
    return {secret.name: stand_in(secret) for secret in required(stack)}


def stand_in(secret: Secret) -> str:
    """A value of the right form for a secret, though perhaps only the operator knows the real one."""
    if secret.name == "jwt_private_key" or secret.name in CLIENT_KEYS:
        return stand_in_key()
    return secret.make() if secret.make else "known-to-the-operator"


def require_operator_secrets(stack: BaseStack, names: set[str]) -> None:
    """Raise ConfigError when a secret is missing that only the operator knows."""
    makeable = {secret.name for secret in required(stack) if secret.make}
    if problems := missing(stack, names | makeable):
        raise ConfigError(stack.name, problems)


def _rotatable(name: str, file: StackFile, stack: BaseStack) -> tuple[Secret, Callable[[], str]]:
    needed = {secret.name: secret for secret in required(stack)}
    secret = needed.get(name, BY_NAME.get(name))
    if secret is None and name in file.secrets:
        secret = referenced_secret(name, ["nothing refers to it"], "")
    if secret is None:
        raise OperationError(
            f"There is no secret {name}.", remedy="`openedx-infra secrets list` shows those that exist"
        )
    if secret.make is None:
        raise OperationError(
            f"Only you know a new {name}: {secret.meaning}.",
            remedy=f"run `openedx-infra secrets set {name} --stack {file.name}`, which asks for it",
        )
    if name not in file.secrets:
        raise OperationError(
            f"Stack {file.name} has no {name} yet, so there is nothing to rotate.",
            remedy=f"run `openedx-infra secrets generate --stack {file.name}`",
        )
    return secret, secret.make


def _deployed(live: LiveStack) -> str:
    """The state of a stack as text, with secrets in plain."""
    return live.run("stack", "export", "--show-secrets", "--stack", live.name)


def _keep_previous(secret: Secret, values: Mapping[str, str], deployed: str, live: LiveStack) -> None:
    """Keep the login by which a new password is set, under a name of its own.

    What no `up` ever sent to the cluster is not in force there: the value kept before still is.
    """
    old = values[secret.name]
    if secret.keep_previous and (old in deployed or secret.previous not in values):
        _write(live, secret.previous, old)


def _write(live: LiveStack, name: str, value: str) -> None:
    """Encrypt one secret into the stack's file. The value goes through a pipe: command lines are public."""
    live.configure("set", "--secret", "--path", "--raw", f"{PROJECT}:{SECRETS_KEY}.{name}", stdin=value)
