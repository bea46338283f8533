"""What is there of each version of the platform, where there are two? All that runs its code, and its MFEs.

The second one's databases are those of the first. It has queues of its own: what one version enqueues, it
does itself, however long the other one serves already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.edx_platform.lms import Lms
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, render
from openedx_infra.components.edx_platform.studio import Studio
from openedx_infra.components.edx_platform.web import SiteArgs
from openedx_infra.components.edx_platform.workers import Workers, WorkersArgs
from openedx_infra.components.frontends.mfe import Mfe
from openedx_infra.components.frontends.static_files import Static
from openedx_infra.components.initialization.initialization import (
    Before,
    Initialization,
    InitializationArgs,
)
from openedx_infra.components.instance import Instance
from openedx_infra.settings.connections import Connections


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version, with what others build on."""

    instance: Instance
    """The instance as the version sees it."""
    initialization: Initialization
    sites: Sequence[pulumi.Resource]
    """What visitors reach."""


def version(
    instance: Instance,
    stores: Datastores,
    static: Static,
    after: Sequence[pulumi.Resource] | None,
    own: pulumi.ResourceOptions,
    backup: Before | None = None,
    turned: Sequence[pulumi.Resource] = (),
) -> Version:
    """A version. `after` is what another one did to the databases before; None: it is the first, and makes
    the backup for both. `turned` is what leads visitors elsewhere before web pods are stopped or changed."""
    suffix = instance.stack.suffix
    connections = pulumi.Output.from_input(stores.connections).apply(lambda at: _apart(at, instance))
    settings = {site.name: render(site, instance, connections) for site in (LMS, STUDIO)}
    first = InitializationArgs(
        instance=instance, datastores=stores, settings=settings, after=after, backup=backup
    )
    initialization = Initialization(f"initialization{suffix}", first, own)
    # Before a page asks for files of a new version, they are there.
    web = [initialization.done, static.ready, *turned]
    site = SiteArgs(instance=instance, storage=stores.storage, settings=settings, after=web)
    lms, studio = Lms(f"lms{suffix}", site, own), Studio(f"studio{suffix}", site, own)
    workers = WorkersArgs(
        instance=instance,
        storage=stores.storage,
        lms=lms.settings,
        studio=studio.settings,
        connections=connections,
        after=[initialization.done],
    )
    Workers(f"workers{suffix}", workers, own)
    mfe = Mfe(f"mfe{suffix}", instance, own)
    return Version(instance=instance, initialization=initialization, sites=[lms, studio, mfe])


def _apart(at: Connections, instance: Instance) -> Connections:
    """Queues and topics of a second version begin with its colour; so do its workers' names for them."""
    stack = instance.stack
    if not stack.suffix:
        return at
    return replace(at, broker=replace(at.broker, prefix=f"{at.broker.prefix}{stack.colour}:"))
