"""What is no error in a stack file, and still often not what its author means."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config import Stack, controller_settings
from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.images.builds import Build
from openedx_infra.config.rules import hosts
from openedx_infra.config.services.registry import with_section

_K3S = "k3s"
"""What the paths of kubeconfigs of k3s have in them."""


def lines(stack: Stack) -> Iterator[str]:
    """One line for each caution, the key first."""
    yield from hosts.notes(stack)
    yield from _default_class(stack)
    yield from _theme(stack)
    yield from controller_settings.notes(stack)
    yield from _resting_services(stack)


def _default_class(stack: Stack) -> Iterator[str]:
    storage, cluster = stack.datastores.storage, stack.cluster
    asked = isinstance(storage, StorageVolumes) and storage.access_mode == "ReadWriteMany"
    if asked and cluster.storage_class is None:
        own = "k3s' own makes none" if _K3S in (cluster.kubeconfig or "") else "many make none"
        yield (
            "openedx:datastores.storage.access_mode: ReadWriteMany volumes would come from the cluster's "
            f"default StorageClass, and {own}: name another one in openedx:cluster.storage_class"
        )


def _resting_services(stack: Stack) -> Iterator[str]:
    """Services that are off keep what they stored, which nothing uses or backs up meanwhile."""
    for each in with_section(stack):
        databases = [one.database for one in each.service.databases_of(stack, each.section)]
        if not each.section.enabled and databases:
            yield (
                f"{key_of(each.location)}: {each.service.title} is off: its secrets and its database "
                f"{', '.join(databases)} stay as they are, if it was on before, and backups don't contain it"
            )


def _theme(stack: Stack) -> Iterator[str]:
    theme, build = stack.site.theme, stack.images.openedx
    if theme and not (isinstance(build, Build) and theme in getattr(build, "themes", ())):
        yield f"openedx:site.theme: the image must have the theme {theme}: {stack.image('openedx')}"
