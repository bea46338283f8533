"""Where Pulumi keeps state, and what encrypts secrets: the user's choice, or files of the checkout."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlparse

from openedx_infra.operations.stack_files.checkout import state
from openedx_infra.operations.state import machine
from tools.paths import private_dir

PASSPHRASE_VARIABLES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def environment(base: Mapping[str, str], *, local: bool) -> dict[str, str]:
    """An environment in which Pulumi finds state and passphrase.

    A backend or passphrase that `base` or a login names is kept. For a local stack, KUBECONFIG is removed:
    nothing can reach a cluster that its stack file does not name.
    """
    variables = dict(base)
    if not chosen_backend(base):
        variables["PULUMI_BACKEND_URL"] = _own().as_uri()
        machine.record()
    if not any(base.get(variable) for variable in PASSPHRASE_VARIABLES):
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file())
    if local:
        variables.pop("KUBECONFIG", None)
    return variables


def chosen_backend(base: Mapping[str, str]) -> str | None:
    """What chose a backend other than the checkout's files: a variable or a login; None when nothing did."""
    for variable in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"):
        if base.get(variable):
            return variable
    path = credentials(base)
    try:
        current = json.loads(path.read_text()).get("current")
    except (OSError, ValueError, AttributeError):
        return None
    return f"the login in {path}" if current else None


def local_folder(variables: Mapping[str, str]) -> Path | None:
    """The folder `.pulumi` of a backend that is files of this machine; None of any other."""
    url = variables.get("PULUMI_BACKEND_URL", "")
    return Path(unquote(urlparse(url).path)).expanduser() / ".pulumi" if url.startswith("file://") else None


def is_own(variables: Mapping[str, str]) -> bool:
    """Whether the backend is the checkout's own folder, rather than one that somebody chose."""
    return variables.get("PULUMI_BACKEND_URL") == _own().as_uri()


def _own() -> Path:
    return private_dir(state() / "state")


def passphrase_file() -> Path:
    """The file of this checkout's own passphrase, created if missing and readable by its owner alone."""
    path = state() / "passphrase"
    try:
        # O_EXCL: of two runs that start at once, one creates it and both use it.
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path


def has_own_passphrase() -> bool:
    """Whether this checkout has made up a passphrase of its own already."""
    return (state() / "passphrase").exists()


def passphrase_origin(base: Mapping[str, str]) -> str:
    """Where the passphrase comes from, for messages."""
    variable, file = PASSPHRASE_VARIABLES
    return variable if base.get(variable) else base.get(file) or str(passphrase_file())


def credentials(base: Mapping[str, str]) -> Path:
    """Pulumi's file of logins, which need not exist."""
    folder = base.get("PULUMI_CREDENTIALS_PATH") or base.get("PULUMI_HOME")
    return (Path(folder) if folder else Path.home() / ".pulumi") / "credentials.json"
