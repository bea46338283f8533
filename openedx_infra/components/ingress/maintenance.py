"""The maintenance page: a server that answers every request while `maintenance.page` is set.

Ingresses lead to it when its pods are ready, and away from it before it is deleted, so that the switch costs
no request; while the page is off, there is no such server.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from openedx_infra.components.frontends.caddy import SOFTWARE, caddy
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER
from openedx_infra.kubernetes import files, workload
from openedx_infra.kubernetes.pod import FixedSize, Pod
from openedx_infra.kubernetes.routing import Route
from openedx_infra.settings.servers.maintenance import maintenance_files
from openedx_infra.settings.servers.mfe import MFE_PORT

NAME = "maintenance"
ROUTE = Route(service=NAME, port=MFE_PORT)
"""Where every request goes while the page is on."""
SIZE = FixedSize(cpu="10m", memory="64Mi", memory_limit="128Mi")
"""Caddy 2.6 takes 38 MB to serve the page (measured here); the limit is a guess."""


class Maintenance(pulumi.ComponentResource):
    """A server that answers every request with the same page.

    It runs the image of the MFEs, which nodes have already, in as many pods; the network lets visitors reach
    whatever runs that software.
    """

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Maintenance", name, None, opts)
        scope, opts = instance.scope, pulumi.ResourceOptions(parent=self)
        page = files.plain(f"{NAME}-page", scope, maintenance_files(instance.stack), opts)
        container = caddy(instance.image("mfe"), SIZE, page, MFE_PORT)
        pod = Pod(component=NAME, software=SOFTWARE, container=container, user=USER)
        workload.service(NAME, scope, pod, opts)
        replicas = instance.stack.sizing.mfe.replicas
        self.ready: Sequence[pulumi.Resource] = [
            workload.deployment(NAME, scope, pod, opts, replicas=replicas)
        ]
        """What must be ready before visitors are sent here."""
        self.register_outputs({})
