"""Other stacks of the checkout that name the same cluster and the same hosts: only one of them can be up."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config import ConfigError, Stack, describe
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.checkout import stack_file_path, stack_names
from openedx_infra.operations.stack_files.stack_file import StackFile


def notes(file: StackFile, stack: Stack) -> Iterator[str]:
    """One line for each such stack. Files that are no valid stack files are left out."""
    for name in stack_names():
        if name != file.name and (shared := _shared(file, stack, name)):
            yield (
                f"stack {name} names the same cluster and the same hosts ({', '.join(sorted(shared))}): "
                "only one of the two can be up"
            )


def _shared(file: StackFile, stack: Stack, name: str) -> set[str]:
    """The hosts that the stack called `name` has, too."""
    hosts = _hosts(stack)
    try:
        text = stack_file_path(name).read_text(encoding="utf-8", errors="replace")
        # Reading a file for its hosts takes a thousand times as long as this.
        if not any(host in text or host.partition(".")[2] in text for host in hosts):
            return set()
        other = stack_file.read(name)
        found = describe(name, other.values, placeholders=True)
    except (OSError, ConfigError, OperationError):
        return set()
    if not isinstance(found, Stack) or _cluster(other) != _cluster(file):
        return set()
    return hosts & _hosts(found)


def _hosts(stack: Stack) -> set[str]:
    """All public hosts of a stack."""
    previews = (host for version in stack.versions for host in version.preview_hosts.values())
    return {*stack.site.hosts, *previews, *([stack.files_host] if stack.files_host else [])}


def _cluster(file: StackFile) -> tuple[object, object]:
    """The cluster that a file names; two that name none share the embedded one."""
    cluster = file.values.get("cluster")
    named = cluster if isinstance(cluster, dict) else {}
    return named.get("context"), named.get("kubeconfig")
