"""Makes secrets readable again that were encrypted with different salts, by Pulumi's own verbs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML

from openedx_infra.config import PROJECT
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing
from openedx_infra.operations.stack_files.encryption import SALT, KeyPath, encrypted_values
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.live_stack import LiveStack

_Plain = dict[KeyPath, tuple[str, str]]
"""Decrypted values by their paths: the salt that decrypts each, and its text."""


def repair(files: Sequence[StackFile], live: LiveStack, salts: Iterable[str], console: Console) -> None:
    """Encrypt all secrets of a stack with one salt: that of its state, where the passphrase fits it.

    `files` are those that may hold secrets: the operator's, and the effective one of a local stack. `salts`
    are tried beside those of the state and the files. Raises OperationError, with nothing changed, when a
    value can't be decrypted with any of them.
    """
    candidates = [salt for salt in _candidates(files, live, salts) if _fits(live, salt)]
    if not candidates:
        raise OperationError(
            f"The passphrase fits no salt of stack {live.name}. Nothing was changed.",
            remedy="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the right one",
        )
    decrypted = [_decrypted(file, live, candidates) for file in files]
    if lost := [
        f"{file.path.name}: {'.'.join(map(str, path[1:]))}"
        for file, plain in zip(files, decrypted, strict=True)
        for path, _ in encrypted_values(file.content)
        if path not in plain
    ]:
        raise OperationError(
            f"No salt of stack {live.name} decrypts {', '.join(lost)}. Nothing was changed.",
            remedy=f"name the right one by `--salt` (`git log -p` shows the `{SALT}` of older files), set "
            "PULUMI_CONFIG_PASSPHRASE if another passphrase was used, or remove these lines and set the "
            "secrets anew",
        )
    for file, plain in zip(files, decrypted, strict=True):
        _write(file, plain, candidates[0], live)
    count = sum(map(len, decrypted))
    console.print(f"All {count} secrets of stack {live.name} are encrypted with one salt.", soft_wrap=True)


def _candidates(files: Sequence[StackFile], live: LiveStack, salts: Iterable[str]) -> list[str]:
    """All salts that are known, each once, the state's first."""
    providers = live.state()["deployment"].get("secrets_providers") or {} if live.exists() else {}
    of_state = (providers.get("state") or {}).get("salt")
    every = [of_state, *(file.content.get(SALT) for file in reversed(files)), *salts]
    return list(dict.fromkeys(str(salt) for salt in every if salt))


def _decrypted(file: StackFile, live: LiveStack, salts: Sequence[str]) -> _Plain:
    """The values of a file that one of the salts decrypts: all at once if possible, else one by one."""
    plain: _Plain = {}
    for salt in salts:
        rest = {path: cipher for path, cipher in encrypted_values(file.content) if path not in plain}
        for group in (list(rest), *([path] for path in rest)):
            texts = _decrypt(live, salt, [rest[path] for path in group])
            plain |= {path: (salt, text) for path, text in zip(group, texts or (), strict=bool(texts))}
            if len(group) == len(rest) and texts:
                break
    return plain


def _decrypt(live: LiveStack, salt: str, ciphers: Sequence[str]) -> list[str] | None:
    """These values in plain text; None when the salt doesn't fit one of them."""
    config = {f"{PROJECT}:v{index}": {"secure": cipher} for index, cipher in enumerate(ciphers)}
    with tempfile.TemporaryDirectory(prefix="openedx-infra-") as folder:
        path = _temporary(Path(folder), {SALT: salt, "config": config})
        try:
            shown = live.run(
                "config", "--json", "--show-secrets", "--stack", live.name, "--config-file", str(path)
            )
        except OperationError:
            return None
    values = json.loads(shown)
    return [str(values[key]["value"]) for key in config]


def _fits(live: LiveStack, salt: str) -> bool:
    """Whether the passphrase is the one that a salt was made with."""
    try:
        _encrypt(live, salt, ["x"])
    except OperationError:
        return False
    return True


def _encrypt(live: LiveStack, salt: str, texts: Sequence[str]) -> list[str]:
    """These texts, encrypted. They go to Pulumi by a pipe."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="openedx-infra-") as folder:
        path = _temporary(Path(folder), {SALT: salt})
        for index, text in enumerate(texts):
            live.run(
                "config", "set", "--secret", "--raw", f"{PROJECT}:v{index}",
                "--stack", live.name, "--config-file", str(path),
                stdin=text,
            )  # fmt: skip
        config = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["config"]
    return [config[f"{PROJECT}:v{index}"]["secure"] for index in range(len(texts))]


def _write(file: StackFile, plain: _Plain, salt: str, live: LiveStack) -> None:
    """Write the values of a file encrypted with a salt, whole or not at all.

    A file that holds none needs no salt: one that another Pulumi than ours wrote is taken out.
    """
    if not plain and SALT not in file.content:
        return
    others = {path: text for path, (theirs, text) in plain.items() if theirs != salt}
    ciphers = dict(zip(others, _encrypt(live, salt, list(others.values())), strict=True))

    def change(content: Any) -> None:
        content[SALT] = salt
        if not plain:
            del content[SALT]
        for path, cipher in ciphers.items():
            holder = content
            for key in path:
                holder = holder[key]
            holder["secure"] = cipher

    editing.edit_all(file.path, change)


def _temporary(folder: Path, content: Mapping[str, Any]) -> Path:
    path = folder / f"Pulumi.{PROJECT}.yaml"
    path.write_bytes(editing.fresh(content))
    return path
