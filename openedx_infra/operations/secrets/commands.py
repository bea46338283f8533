"""The commands under `secrets`: they print names and effects, never a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openedx_infra.config import BaseStack, Stack
from openedx_infra.config.secrets.catalogue import BY_NAME
from openedx_infra.config.secrets.needed import kept
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.secrets import entry, secrets
from openedx_infra.operations.secrets import repair as mend
from openedx_infra.operations.stack_files import editing, local_stack, stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.backend import passphrase_file
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.open_stack import open_stack, tools


def show(name: str, config_file: Path | None, console: Console) -> None:
    """Print the secrets that a stack needs."""
    file, stack = _read(name, config_file)
    present = set(file.secrets) | set(_holder(name, config_file).secrets)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Secret", "There", "Used for", "Changing it"):
        table.add_column(column, overflow="fold")
    for item in secrets.presence(stack, present):
        there = Text("yes", "green") if item.present else Text("missing", "red")
        table.add_row(item.secret.name, there, item.secret.meaning, item.secret.rotation)
    for secret in kept(stack) if isinstance(stack, Stack) else ():
        if secret.name in present:
            table.add_row(secret.name, Text("yes", "green"), f"{secret.meaning}, off now", secret.rotation)
    for unused in secrets.unused(stack, present):
        table.add_row(unused, Text("yes", "green"), Text("nothing", "yellow"), "changes nothing")
    console.print(table)


def put(
    secret: str,
    from_file: Path | None,
    name: str,
    config_file: Path | None,
    console: Console,
    ask: Callable[[str], str],
) -> None:
    """Set a secret to a value that the operator knows, and print what uses it."""
    file, stack = _read(name, config_file)
    if fault := file.name_fault(secret):
        raise OperationError(f"{secret}: {fault}", remedy="choose another name, or refer to it first")
    value = entry.read(secret, from_file, ask)
    live = _live(file, console)
    with editing.alone(live.config_file):
        secrets.put(secret, value, _holder(name, config_file), stack, live)
    console.print(f"{secret} is set in {live.config_file}.", soft_wrap=True)
    _print_passphrase(live, console)
    use = {each.name: each for each in required(stack)}.get(secret)
    text = (
        f"Used for: {use.meaning}. `openedx-infra up --stack {name}` puts it in force."
        if use
        else f"Nothing uses it yet: write `{{secret: {secret}}}` where the stack file needs it."
    )
    console.print(text, highlight=False, soft_wrap=True)


def keep(name: str, values: Mapping[str, str], console: Console) -> None:
    """Set the secrets of a new stack to values that an older installation has.

    Raises OperationError, with none of them set, for a value that who reads it would refuse.
    """
    file, stack = _read(name, None)
    live = _live(file, console)
    with editing.alone(live.config_file):
        secrets.put_all(values, file, stack, live)
    console.print(f"{len(values)} secrets are kept: {', '.join(values)}.", highlight=False, soft_wrap=True)


def remove(secret: str, name: str, config_file: Path | None, console: Console) -> None:
    """Take a secret that nothing uses out of the stack's file."""
    file, stack = _read(name, config_file)
    holder = _holder(name, config_file)
    if secret not in holder.secrets:
        raise OperationError(
            f"Stack {name} has no secret {secret}.",
            remedy=f"`openedx-infra secrets list --stack {name}` shows those that it has",
        )
    use = {each.name: each for each in required(stack)}.get(secret)
    if use or secret not in secrets.unused(stack, holder.secrets):
        meaning = f": {use.meaning}" if use else ""
        raise OperationError(
            f"Stack {name} uses {secret}{meaning}.", remedy="take out first what uses it in the stack file"
        )
    live = _live(file, console)
    secrets.remove(secret, live)
    console.print(f"{secret} is gone from {live.config_file}.", soft_wrap=True)


def generate(name: str, config_file: Path | None, console: Console) -> list[str]:
    """Make what is missing and can be made; return the names of those that are left to the operator.

    These are printed, and no error: all was made that can be.
    """
    file, stack = _read(name, config_file)
    live = _live(file, console)
    with editing.alone(live.config_file):  # what another command made meanwhile isn't made twice
        names = secrets.generate(_holder(name, config_file), stack, live)
    rest = f": {', '.join(names)}" if names else ", as none is missing that can be made"
    console.print(f"{len(names)} made in {live.config_file}{rest}.", soft_wrap=True)
    if names:
        _print_passphrase(live, console)
    present = set(_holder(name, config_file).secrets)
    left = [item.secret.name for item in secrets.presence(stack, present) if not item.present]
    if left:
        console.print(
            f"Left for you, as only you know {'its value' if len(left) == 1 else 'their values'}: "
            f"{', '.join(left)}. `openedx-infra secrets set NAME --stack {name}` sets one.",
            highlight=False,
            soft_wrap=True,
        )
    return left


def rotate(
    names: Sequence[str] | None,
    name: str,
    config_file: Path | None,
    console: Console,
    *,
    confirm: Callable[[str], bool] | None,
) -> None:
    """Replace the named secrets, or all that can be replaced without loss."""
    file, stack = _read(name, config_file)
    chosen = names or secrets.rotated_by_all(stack)
    catalogue = BY_NAME | {secret.name: secret for secret in required(stack)}
    for secret in (catalogue[each] for each in chosen if each in catalogue):
        console.print(f"  {secret.name}: {secret.rotation}", highlight=False, soft_wrap=True)
    if confirm and not confirm(f"Replace {len(chosen)} secrets of stack {name}?"):
        return
    live = _live(file, console)
    with editing.alone(live.config_file):
        written = secrets.rotate(chosen, _holder(name, config_file), stack, live)
    console.print(
        f"{len(written)} replaced in {live.config_file}. "
        f"`openedx-infra up --stack {name}` puts them in force.",
        soft_wrap=True,
    )


def repair(name: str, config_file: Path | None, salts: Sequence[str], console: Console) -> None:
    """Encrypt all secrets with one salt, where a foreign Pulumi mixed two."""
    file = stack_file.read(name, config_file)
    live = open_stack(file, tools(console))
    files = [file, local_stack.effective_file(name)] if file.local else [file]
    with editing.alone(live.config_file):
        mend.repair([each for each in files if each.content], live, salts, console)


def _read(name: str, config_file: Path | None) -> tuple[StackFile, BaseStack]:
    file = stack_file.read(name, config_file)
    return file, stack_file.validated(file, placeholders=True)


def _holder(name: str, config_file: Path | None) -> StackFile:
    """The file that holds the secrets as it is now: the operator's, or the effective one of a local stack."""
    file = stack_file.read(name, config_file)
    return local_stack.effective_file(file.name) if file.local else file


def _live(file: StackFile, console: Console) -> LiveStack:
    if file.local:
        local_stack.write_effective(file, None)
    live = open_stack(file, tools(console))
    live.create()
    return live


def _print_passphrase(live: LiveStack, console: Console) -> None:
    """Name the passphrase that we made: whoever loses it loses the secrets."""
    salted = "encryptionsalt" in stack_file.read(live.name, live.config_file).content
    if salted and live.cli.environment.get("PULUMI_CONFIG_PASSPHRASE_FILE") == str(passphrase_file()):
        console.print(
            f"They are encrypted with the passphrase in {passphrase_file()}: keep a copy.", soft_wrap=True
        )
