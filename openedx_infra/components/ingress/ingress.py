"""How do visitors reach LMS, Studio, MFEs and search? By Ingresses, or by a Gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from openedx_infra.components.ingress.annotations import proxy
from openedx_infra.components.ingress.certificates import signed
from openedx_infra.components.ingress.gateway import PLAIN, GatewayEntrance, own_gateway
from openedx_infra.components.ingress.routes import Door, doors, parts
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.kubernetes.routing import open_host


class Ingress(pulumi.ComponentResource):
    """What lets visitors in by each host, when what they are led to is ready: that is in `after`."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("openedx:index:Ingress", name, None, opts)
        stack, own = instance.stack, pulumi.ResourceOptions(parent=self, depends_on=list(after))
        found = doors(stack)
        secrets = signed(instance, found, _solver(stack), pulumi.ResourceOptions(parent=self))
        if stack.ingress.kind == "gateway":
            GatewayEntrance(instance, own).open(found, secrets)
        else:
            _open(instance, found, secrets, own)
        self.register_outputs({"hosts": [door.host for door in found]})


def _open(
    instance: Instance, found: Sequence[Door], secrets: Mapping[str, str], opts: pulumi.ResourceOptions
) -> None:
    """One Ingress for each host, and one for each group of paths to which more is refused."""
    controller = proxy(instance, pulumi.ResourceOptions(parent=opts.parent))
    for door in found:
        for part in parts(door, instance.stack):
            open_host(
                part.name,
                instance.scope,
                host=door.host,
                routes=part.routes,
                ingress_class=ingress_class(instance.stack),
                annotations=controller.annotations(part),
                tls_secret=secrets.get(door.name),
                opts=opts,
            )


def ingress_class(stack: Stack) -> str:
    """The IngressClass of all Ingresses."""
    return stack.cluster.ingress_class or stack.cluster.ingress_controller


def _solver(stack: Stack) -> dict[str, Any]:
    """How cert-manager lets an authority in that asks a host for proof."""
    if stack.ingress.kind == "gateway":
        return {"gatewayHTTPRoute": {"parentRefs": [own_gateway(PLAIN)]}}
    # Its Service needs no port on the nodes, which is what cert-manager makes unless told.
    return {"ingress": {"ingressClassName": ingress_class(stack), "serviceType": "ClusterIP"}}
