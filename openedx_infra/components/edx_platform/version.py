"""One version of the platform, blue or green: all that runs its code, and its MFEs.

The second one's databases are those of the first. It has queues of its own: what one version enqueues, it
does itself, however long the other one serves already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, render_settings
from openedx_infra.components.edx_platform.web import Lms, SiteArgs, Studio
from openedx_infra.components.edx_platform.workers import Workers, WorkersArgs
from openedx_infra.components.frontends.mfe import Mfe
from openedx_infra.components.frontends.static_files import Static
from openedx_infra.components.initialization.initialization import (
    Initialization,
    InitializationArgs,
    PreMigrationStep,
)
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.settings.connections import Connections


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version, as other components need it."""

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
    opts: pulumi.ResourceOptions,
    backup: PreMigrationStep | None = None,
    maintenance: Sequence[pulumi.Resource] = (),
    first: Sequence[pulumi.Resource] = (),
) -> Version:
    """A version. `after` is what another one did to the databases before; None: it is the first, and makes
    the backup for both. `maintenance` is what leads visitors to the maintenance page before web pods are
    stopped or changed. `first` is what migrations wait for beside datastores."""
    suffix = instance.stack.suffix
    connections = pulumi.Output.from_input(stores.connections).apply(
        lambda endpoints: _with_queues_of(instance.stack, endpoints)
    )
    settings = {site.name: render_settings(site, instance, connections) for site in (LMS, STUDIO)}
    initialization_args = InitializationArgs(
        instance=instance, datastores=stores, settings=settings, after=after, backup=backup, first=first
    )
    initialization = Initialization(f"initialization{suffix}", initialization_args, opts)
    # Before a page asks for files of a new version, they are there.
    web = [initialization.done, static.ready, *maintenance]
    site = SiteArgs(instance=instance, storage=stores.storage, settings=settings, after=web)
    lms, studio = Lms(f"lms{suffix}", site, opts), Studio(f"studio{suffix}", site, opts)
    workers = WorkersArgs(
        instance=instance,
        storage=stores.storage,
        lms=lms.settings,
        studio=studio.settings,
        connections=connections,
        after=[initialization.done],
    )
    Workers(f"workers{suffix}", workers, opts)
    mfe = Mfe(f"mfe{suffix}", instance, opts)
    return Version(instance=instance, initialization=initialization, sites=[lms, studio, mfe])


def _with_queues_of(stack: Stack, connections: Connections) -> Connections:
    """The connections with a broker whose queues and topics begin with the colour of a second version."""
    if stack.is_first:
        return connections
    broker = connections.broker
    return replace(connections, broker=replace(broker, prefix=f"{broker.prefix}{stack.colour}:"))
