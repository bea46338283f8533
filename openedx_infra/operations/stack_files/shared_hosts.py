"""Other stacks of the checkout that share what each needs for itself: hosts, cookies, places of data."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config import ConfigError, Stack, describe
from openedx_infra.config.services.registry import companions
from openedx_infra.config.types.hosts import within
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.checkout import stack_file_path, stack_names
from openedx_infra.operations.stack_files.shared_places import places
from openedx_infra.operations.stack_files.stack_file import StackFile


def notes(file: StackFile, stack: Stack) -> Iterator[str]:
    """One line for each such stack. Files that are no valid stack files are left out."""
    for name in stack_names():
        if name == file.name or (found := _other(stack, name)) is None:
            continue
        other, its = found
        shared = _hosts(stack) & _hosts(its)
        if shared and _cluster(other) == _cluster(file):
            yield (
                f"stack {name} names the same cluster and the same hosts ({', '.join(sorted(shared))}): "
                "only one of the two can be up"
            )
            continue
        if not shared and _share_cookies(stack, its):
            yield (
                f"stack {name} sets cookies of the same names for {its.site.cookie_domain}: who visits both "
                "is signed out of one by the other. `openedx:site.cookie_prefix` keeps them apart"
            )
        yield from _same_places(stack, its)


def _same_places(stack: Stack, other: Stack) -> Iterator[str]:
    theirs = places(other)
    for place, key in places(stack).items():
        if place in theirs:
            yield (
                f"stack {other.name} keeps its data in the same place, {place.name} at {place.server}: each "
                f"would take the other's for its own. Set another one in `{key}` of a new instance"
            )


def _share_cookies(first: Stack, second: Stack) -> bool:
    """Whether browsers send cookies of one to the other, under the names that it has for its own."""
    ours, theirs = first.site.cookie_domain, second.site.cookie_domain
    same = first.site.cookie_prefix == second.site.cookie_prefix
    return same and (within(ours, theirs) or within(theirs, ours))


def _other(stack: Stack, name: str) -> tuple[StackFile, Stack] | None:
    """The stack called `name`, if it may have hosts, cookies or servers of this one."""
    hosts = _hosts(stack)
    words = {*hosts, *(host.partition(".")[2] for host in hosts), *(place.word for place in places(stack))}
    try:
        text = stack_file_path(name).read_text(encoding="utf-8", errors="replace")
        # Reading a file for its hosts takes a thousand times as long as this.
        if not any(word in text for word in words):
            return None
        other = stack_file.read(name)
        found = describe(name, other.values, placeholders=True)
    except (OSError, ConfigError, OperationError):
        return None
    return (other, found) if isinstance(found, Stack) else None


def _hosts(stack: Stack) -> set[str]:
    """All public hosts of a stack."""
    previews = (host for version in stack.versions for host in version.preview_hosts.values())
    services = (
        host for each in companions(stack) for host in each.service.hosts(stack, each.section).values()
    )
    return {*stack.site.hosts, *previews, *services, *([stack.files_host] if stack.files_host else [])}


def _cluster(file: StackFile) -> tuple[object, object]:
    """The cluster that a file names; two that name none share the embedded one."""
    cluster = file.values.get("cluster")
    named = cluster if isinstance(cluster, dict) else {}
    return named.get("context"), named.get("kubeconfig")
