"""Network policies for egress, to the Internet and to servers outside, and for the ingress controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.ingress.routes import public_hosts
from openedx_infra.components.instance import PLATFORM, Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.backups import HTTPS
from openedx_infra.config.sections.issuers import AcmeHttp, ClusterIssuer
from openedx_infra.config.sections.network import anywhere, networks, public
from openedx_infra.kubernetes.names import NAME
from openedx_infra.kubernetes.network_policies import Group, NetworkPolicies
from openedx_infra.services import services
from openedx_infra.settings.backups import CHECK, LIST
from openedx_infra.settings.backups import SOFTWARE as BACKUPS

WITHOUT_INTERNET = (
    "lms{}-beat",
    "preflight{}",
    "lms-migrate{}",
    "studio-migrate{}",
    "lms-setup{}",
    "studio-setup{}",
    "migration-check{}",
)
"""Components that run the platform's code, and need nothing outside but datastores. The braces stand for the
suffix of a second version."""

CONTROLLERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "traefik": ("traefik", ("kube-system", "traefik")),
    "nginx": ("ingress-nginx", ("ingress-nginx",)),
    "envoy": ("envoy", ("envoy-gateway-system",)),
}
"""Label app.kubernetes.io/name of each controller's pods, and their namespaces, as k3s and the controllers'
own charts set them."""

SOLVER = {"acme.cert-manager.io/http01-solver": "true"}
"""Label of the pods by which cert-manager proves to an authority that a host leads here: in the namespace of
the Certificate, restricted like all (cert-manager's pkg/issuer/acme/http/pod.go)."""
SOLVER_PORT = 8089
"""Their port."""


def allow_ingress_controller(instance: Instance, policies: NetworkPolicies) -> None:
    """The ingress controller reaches the Services of public hosts, each on its port, and nothing else."""
    stack = instance.stack
    label, namespaces = CONTROLLERS[stack.cluster.ingress_controller]
    namespace = stack.cluster.ingress_namespace
    controller = Group(name=label, labels={NAME: label}, namespaces=[namespace] if namespace else namespaces)
    ports = {route.service: route.port for host in public_hosts(stack) for route in host.routes}
    for service, port in sorted(ports.items()):
        policies.allow_ingress(policies.component(service), port, controller)
    if isinstance(stack.site.issuer, AcmeHttp | ClusterIssuer):
        policies.allow_ingress(Group(name="acme-solver", labels=SOLVER), SOLVER_PORT, controller)


def allow_egress(instance: Instance, stores: Datastores, policies: NetworkPolicies) -> None:
    """The platform reaches the Internet, and servers outside on their own ports; so do the Jobs that
    provision these."""
    stack, platform = instance.stack, policies.software(PLATFORM)
    internet = public(stack.network.inside)
    without = [name.format(version.suffix) for version in stack.versions for name in WITHOUT_INTERNET]
    clients = Group(name=PLATFORM, labels=platform.labels, without=without)
    policies.allow_egress(f"internet-from-{PLATFORM}", clients, stack.network.ports, internet)
    if port := _tracking_server(stack):
        policies.allow_egress(f"tracking-from-{PLATFORM}", clients, [port], servers_outside(stack))
    for name, ports, blocks in _stores_outside(stack, stores):
        policies.allow_egress(f"{name}-from-{PLATFORM}", platform, ports, blocks)
        if stores.named()[name].administrator:
            job = policies.software(f"{name}-provision")
            policies.allow_egress(f"{name}-from-{job.name}", job, ports, blocks)
        if name in read_by_backups(stack):
            policies.allow_egress(f"{name}-from-{BACKUPS}", backup_readers(policies), ports, blocks)
    if stack.backups:
        port = stack.backups.destination.port
        policies.allow_egress(
            f"internet-from-{BACKUPS}", policies.software(BACKUPS), [port], servers_outside(stack)
        )
    for service in services(stack):
        if service.internet:
            client = policies.software(service.label)
            policies.allow_egress(f"internet-from-{client.name}", client, service.internet, internet)
    if instance.aws and instance.aws.agent:
        policies.allow_credentials_agent(PLATFORM)
        if "storage" in read_by_backups(stack):
            policies.allow_credentials_agent(BACKUPS)


def read_by_backups(stack: Stack) -> tuple[str, ...]:
    """Datastores that pods of backups read, and write to when they restore."""
    return stack.backups.stores if stack.backups else ()


def backup_readers(policies: NetworkPolicies) -> Group:
    """Pods of backups that read datastores. Others only look at the bucket."""
    return Group(name=BACKUPS, labels=policies.software(BACKUPS).labels, without=(CHECK, LIST))


def _tracking_server(stack: Stack) -> int | None:
    """Port of the server that tracking events go to. None: it is that of uploaded files, or there is none."""
    tracking = stack.monitoring.tracking
    if tracking is None or tracking.server is None:
        return None
    address = urlsplit(tracking.server.url)
    return address.port or (HTTPS if address.scheme == "https" else 80)


def servers_outside(stack: Stack) -> Mapping[str, Sequence[str]]:
    """Networks of the servers that the stack file names, each without what is barred in it."""
    blocks = stack.network.datastores
    return anywhere() if blocks is None else networks(blocks)


def _stores_outside(
    stack: Stack, stores: Datastores
) -> Iterator[tuple[str, Sequence[int], Mapping[str, Sequence[str]]]]:
    """Name, ports and networks of each server that runs in no pod of the instance."""
    for name, store in stores.named().items():
        if store.reach.pods or not store.reach.ports:
            continue
        # What AWS lets pods use by a role is at public addresses.
        by_role = stack.stores[name].run_by == "aws-role"
        public_only = by_role and stack.network.datastores is None
        yield (
            name,
            store.reach.ports,
            public(stack.network.inside) if public_only else servers_outside(stack),
        )
