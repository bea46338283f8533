"""How the secrets of a stack file are encrypted: the salt or the key that Pulumi wrote into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile

SALT = "encryptionsalt"
"""Key of the salt, where a passphrase encrypts."""
KEYS = (SALT, "encryptedkey", "secretsprovider")
"""Keys by which Pulumi notes how it encrypts."""

KeyPath = tuple[str | int, ...]
"""Where a value stands in a document, such as `("config", "openedx:secrets", "mysql_password")`."""


def encrypted_values(value: Any, at: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every encrypted value of a stack file's content, by its path."""
    if isinstance(value, Mapping):
        if list(value) == ["secure"] and isinstance(value["secure"], str):
            yield at, value["secure"]
        else:
            for key, inner in value.items():
                yield from encrypted_values(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from encrypted_values(inner, (*at, index))


def require_key(file: StackFile) -> None:
    """Refuse a file whose encrypted values have lost their salt: Pulumi would write a new one beside them.

    Raises OperationError. A local stack's values may be encrypted by the salt of its effective file.
    """
    if file.local or any(key in file.content for key in KEYS):
        return
    if any(encrypted_values(file.content)):
        raise OperationError(
            f"{file.path} holds encrypted secrets, but not the `{SALT}` that they were encrypted with. "
            "Nothing was changed.",
            remedy=f"put the line `{SALT}: …` back from an older version of the file (`git log -p "
            f"{file.path.name}`)",
        )


def of_local_stack(file: StackFile, effective: StackFile) -> dict[str, Any]:
    """How a local stack's secrets are encrypted: as its effective file notes it, else as the checkout's does.

    A salt in the checkout's file under which nothing is encrypted is passed over: a Pulumi that was not
    `.venv/bin/pulumi` wrote it. Raises OperationError when both files have secrets under different salts: put
    together, half of them could never be decrypted again.
    """
    theirs = _noted(file) if any(encrypted_values(file.content)) else {}
    ours = _noted(effective)
    provider = {key: value for key, value in _noted(file).items() if key == "secretsprovider"}
    if any(ours[key] != theirs[key] for key in ours.keys() & theirs.keys()):
        raise OperationError(
            f"The secrets in {file.path} and those in {effective.path} were encrypted differently: their "
            f"`{SALT}` is not the same. Nothing was changed.",
            remedy=f"run `openedx-infra secrets repair --stack {file.name}`: it encrypts all of them alike",
        )
    return provider | theirs | ours


def _noted(file: StackFile) -> dict[str, Any]:
    return {key: file.content[key] for key in KEYS if key in file.content}
