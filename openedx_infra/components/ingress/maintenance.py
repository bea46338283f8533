"""Who answers visitors while the site is being worked on?

There is such a server only while the page is on. Ingresses turn to it when its pods are ready, and away from
it before it goes, so that the switch costs no request; and a site that isn't worked on pays nothing for it.
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
from openedx_infra.settings.maintenance import maintenance_files
from openedx_infra.settings.static import MFE_PORT

NAME = "maintenance"
ROUTE = Route(service=NAME, port=MFE_PORT)
"""Where every request goes while the page is on."""
SIZE = FixedSize(cpu="10m", memory="64Mi", memory_limit="128Mi")
"""Caddy 2.6 takes 38 MB to serve the page (measured here); the limit is a guess."""


class Maintenance(pulumi.ComponentResource):
    """A server that gives every request the same page.

    It runs the image of the MFEs, which nodes have already, in as many pods; the network lets visitors reach
    whatever runs that software.
    """

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Maintenance", name, None, opts)
        scope, own = instance.scope, pulumi.ResourceOptions(parent=self)
        texts = files.plain(f"{NAME}-page", scope, maintenance_files(instance.stack), own)
        container = caddy(instance.image("mfe"), SIZE, texts, MFE_PORT)
        pod = Pod(component=NAME, software=SOFTWARE, container=container, user=USER)
        workload.service(NAME, scope, pod, own)
        replicas = instance.stack.sizing.mfe.replicas
        self.ready: Sequence[pulumi.Resource] = [
            workload.deployment(NAME, scope, pod, own, replicas=replicas)
        ]
        """What must be there before visitors are sent here."""
        self.register_outputs({})
