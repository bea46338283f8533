"""Local stacks, whose file names no cluster: they run in the embedded cluster of this checkout.

Pulumi reads its configuration from an effective file beside the state: what the checkout's file says, the
secrets and the salt that belong to the stack, and the address of the embedded cluster. The checkout itself
stays clean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.operations.stack_files import editing, encryption
from openedx_infra.operations.stack_files.checkout import local_project
from openedx_infra.operations.stack_files.stack_file import StackFile, read
from openedx_infra.operations.stack_files.whole_write import write_whole


@dataclass(frozen=True, kw_only=True)
class Address:
    """A cluster: a context of a kubeconfig. Without `kubeconfig`, of the one that kubectl would use."""

    context: str
    kubeconfig: Path | None = None


def effective_path(name: str) -> Path:
    """The path of a local stack's effective file; it need not exist."""
    return local_project() / f"Pulumi.{name}.yaml"


def effective_file(name: str) -> StackFile:
    """The effective file of a local stack as it was written last; empty when it never was."""
    path = effective_path(name)
    return read(name, path) if path.exists() else StackFile(name=name, path=path, content={})


def write_effective(file: StackFile, address: Address | None) -> StackFile:
    """Write the effective file of a local stack anew, with its secrets as they are, and return it.

    Without an address, the one that it had is kept.
    """
    path = effective_path(file.name)
    with editing.alone(path):
        content = _composed(file, effective_file(file.name), address)
        write_whole(path, editing.fresh(content), mode=0o600)
    return StackFile(name=file.name, path=path, content=content)


def _composed(file: StackFile, before: StackFile, address: Address | None) -> dict[str, Any]:
    config = dict(file.config)
    secrets = _section(before, SECRETS_KEY) | _section(file, SECRETS_KEY)
    if secrets:
        config[f"{PROJECT}:{SECRETS_KEY}"] = secrets
    cluster = _section(file, "cluster")
    if address:
        cluster |= {"context": address.context, "kubeconfig": str(address.kubeconfig)}
    else:
        last = _section(before, "cluster")
        cluster |= {key: last[key] for key in ("context", "kubeconfig") if key in last}
    if cluster:
        config[f"{PROJECT}:cluster"] = cluster
    return {**encryption.of_local_stack(file, before), "config": config}


def _section(file: StackFile, key: str) -> dict[str, Any]:
    section = file.values.get(key)
    return dict(section) if isinstance(section, Mapping) else {}
