"""Component of the ways in: Ingresses or a Gateway for LMS, Studio, MFEs, search and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from openedx_infra.components.ingress.annotations import ingress_controller
from openedx_infra.components.ingress.certificates import certificate_secrets
from openedx_infra.components.ingress.gateway import PLAIN, GatewayRoutes, own_gateway
from openedx_infra.components.ingress.k3s import traefik_config
from openedx_infra.components.ingress.routes import PublicHost, public_hosts, route_groups
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.kubernetes.routing import open_host


class Ingress(pulumi.ComponentResource):
    """Routes and certificates of all public hosts, registered after what they lead to is ready: `after`."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        opts: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("openedx:index:Ingress", name, None, opts)
        stack, hosts = instance.stack, public_hosts(instance.stack)
        secrets = certificate_secrets(instance, hosts, _solver(stack), pulumi.ResourceOptions(parent=self))
        traefik_config(instance, pulumi.ResourceOptions(parent=self))
        after_all = pulumi.ResourceOptions(parent=self, depends_on=list(after))
        if stack.ingress.kind == "gateway":
            GatewayRoutes(instance, after_all).register(hosts, secrets)
        else:
            _ingresses(instance, hosts, secrets, after_all)
        self.register_outputs({"hosts": [host.domain for host in hosts]})


def _ingresses(
    instance: Instance, hosts: Sequence[PublicHost], secrets: Mapping[str, str], opts: pulumi.ResourceOptions
) -> None:
    """One Ingress for each host, and one for each group of paths with stricter limits."""
    controller = ingress_controller(instance, pulumi.ResourceOptions(parent=opts.parent))
    for host in hosts:
        for group in route_groups(host, instance.stack):
            open_host(
                group.name,
                instance.scope,
                host=host.domain,
                routes=group.routes,
                ingress_class=ingress_class(instance.stack),
                annotations=controller.annotations(group),
                tls_secret=secrets.get(host.name),
                opts=opts,
            )


def ingress_class(stack: Stack) -> str:
    """The IngressClass of all Ingresses."""
    return stack.cluster.ingress_class or stack.cluster.ingress_controller


def _solver(stack: Stack) -> dict[str, Any]:
    """HTTP-01 of cert-manager: how an authority's request for proof reaches it."""
    if stack.ingress.kind == "gateway":
        return {"gatewayHTTPRoute": {"parentRefs": [own_gateway(PLAIN)]}}
    # By default, cert-manager makes a Service of type NodePort, which nothing needs here.
    return {"ingress": {"ingressClassName": ingress_class(stack), "serviceType": "ClusterIP"}}
