"""Network policies for egress, to the Internet and to servers outside, and for the ingress controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.ingress.routes import public_hosts
from openedx_infra.components.instance import DATASTORES_ONLY, PLATFORM, PREFLIGHT, Instance
from openedx_infra.components.network.destinations import of_store, of_url, web
from openedx_infra.components.network.reached import allow_internet
from openedx_infra.components.web_proxy import WEB_PORTS, backups_use_it, companion_uses_it, files_by_proxy
from openedx_infra.config import Stack
from openedx_infra.config.sections.backups import HTTPS
from openedx_infra.config.sections.issuers import AcmeHttp, ClusterIssuer
from openedx_infra.config.sections.parts.retirement import RETIREMENT_DUTY
from openedx_infra.kubernetes.names import NAME
from openedx_infra.kubernetes.network_policies import Destination, Group, NetworkPolicies
from openedx_infra.services.of_stack import companions, services
from openedx_infra.settings.backups import CHECK, LIST
from openedx_infra.settings.backups import SOFTWARE as BACKUPS

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
    controller = ingress_controller(stack)
    ports = {route.service: route.port for host in public_hosts(stack) for route in host.routes}
    for service, port in sorted(ports.items()):
        policies.allow_ingress(policies.component(service), port, controller)
    if isinstance(stack.site.issuer, AcmeHttp | ClusterIssuer):
        policies.allow_ingress(Group(name="acme-solver", labels=SOLVER), SOLVER_PORT, controller)


def ingress_controller(stack: Stack) -> Group:
    """Pods of the ingress controller, and the addresses of those in the network of their node."""
    cluster = stack.cluster
    label, namespaces = CONTROLLERS[cluster.ingress_controller]
    return Group(
        name=label,
        labels=cluster.ingress_pods or {NAME: label},
        namespaces=[cluster.ingress_namespace] if cluster.ingress_namespace else namespaces,
        addresses=cluster.ingress_addresses,
    )


def users_of_sites(policies: NetworkPolicies, stack: Stack) -> Group:
    """Pods with the platform's code that ask LMS and Studio, other servers of the Internet, and send mail:
    all but those that need datastores alone."""
    return _platform(policies, stack, "users-of-sites", DATASTORES_ONLY)


def senders_of_mail(policies: NetworkPolicies, stack: Stack) -> Group:
    """Pods that connect to the mail server: who sends, and the preflight, which tries it."""
    without = [name for name in DATASTORES_ONLY if name != PREFLIGHT]
    return _platform(policies, stack, "senders-of-mail", without)


def _platform(policies: NetworkPolicies, stack: Stack, name: str, without: Sequence[str]) -> Group:
    names = [each.format(version.suffix) for version in stack.versions for each in without]
    return Group(name=name, labels=policies.software(PLATFORM).labels, without=names)


def allow_egress(instance: Instance, stores: Datastores, policies: NetworkPolicies) -> None:
    """The platform reaches the Internet, and servers outside on their own ports; so do the Jobs that
    provision these."""
    stack, platform = instance.stack, policies.software(PLATFORM)
    clients = users_of_sites(policies, stack)
    policies.allow_egress(f"internet-from-{PLATFORM}", clients, stack.network.ports, web(stack))
    if server := _tracking_server(stack):
        policies.allow_egress(f"tracking-from-{PLATFORM}", clients, [_port(server)], of_url(stack, server))
    for name, (bucket, _) in stack.retirement.buckets.items() if stack.retirement.enabled else ():
        duty, purpose = policies.component(f"duty-{RETIREMENT_DUTY}"), name.replace("_", "-")
        to = of_url(stack, bucket.url)
        policies.allow_egress(f"{purpose}-from-{duty.name}", duty, [_port(bucket.url)], to)
    _allow_sinks(stack, policies, clients)
    for name, ports, to in _stores_outside(stack, stores):
        group = senders_of_mail(policies, stack) if name == "mail" else platform
        policies.allow_egress(f"{name}-from-{PLATFORM}", group, ports, to)
        if stores.named()[name].administrator:
            job = policies.software(f"{name}-provision")
            policies.allow_egress(f"{name}-from-{job.name}", job, ports, to)
        if name in read_by_backups(stack):
            policies.allow_egress(f"{name}-from-{BACKUPS}", backup_readers(policies), ports, to)
    if stack.backups:
        target = stack.backups.destination
        policies.allow_egress(
            f"internet-from-{BACKUPS}", policies.software(BACKUPS), [target.port], of_url(stack, target.url)
        )
    for service in services(stack):
        allow_internet(policies, stack, policies.software(service.label), service.internet)
    if instance.aws and instance.aws.agent:
        _allow_credentials(policies, stack)


def _allow_credentials(policies: NetworkPolicies, stack: Stack) -> None:
    """Pods with a role of AWS ask the agent on their node for credentials."""
    policies.allow_credentials_agent(PLATFORM)
    if "storage" in read_by_backups(stack):
        policies.allow_credentials_agent(BACKUPS)
    for each in companions(stack):
        if each.service.buckets:
            policies.allow_credentials_agent(each.name)


def allow_proxy(policies: NetworkPolicies, stack: Stack) -> None:
    """Who asks web servers outside reaches the proxy, on its own port."""
    if stack.network.proxy is None:
        return
    without = [] if files_by_proxy(stack) else [name for name in DATASTORES_ONLY if name != PREFLIGHT]
    groups = [_platform(policies, stack, PLATFORM, without)]
    if backups_use_it(stack):
        groups.append(policies.software(BACKUPS))
    groups += [policies.software(each.label) for each in services(stack) if WEB_PORTS & {*each.internet}]
    groups += [policies.software(each.name) for each in companions(stack) if companion_uses_it(stack, each)]
    for group in groups:
        open_proxy(policies, stack, group)


def open_proxy(policies: NetworkPolicies, stack: Stack, client: Group) -> None:
    """These pods reach the proxy, where there is one."""
    if proxy := stack.network.proxy:
        policies.allow_egress(f"proxy-from-{client.name}", client, [proxy.port], of_url(stack, proxy.url))


def _allow_sinks(stack: Stack, policies: NetworkPolicies, clients: Group) -> None:
    """Sinks of events, wherever they are and on whichever port."""
    for name, url in stack.event_sinks.urls.items():
        policies.allow_egress(f"{name}-from-{PLATFORM}", clients, [_port(url)], of_url(stack, url))


def read_by_backups(stack: Stack) -> tuple[str, ...]:
    """Datastores that pods of backups read, and write to when they restore."""
    return stack.backups.stores if stack.backups else ()


def backup_readers(policies: NetworkPolicies) -> Group:
    """Pods of backups that read datastores. Others only look at the bucket."""
    return Group(name=BACKUPS, labels=policies.software(BACKUPS).labels, without=(CHECK, LIST))


def _tracking_server(stack: Stack) -> str | None:
    """Address of the server that tracking events go to. None: it is that of uploaded files, or there is
    none."""
    tracking = stack.monitoring.tracking
    if tracking is None or tracking.server is None:
        return None
    return tracking.server.url


def _port(url: str) -> int:
    address = urlsplit(url)
    return address.port or (HTTPS if address.scheme == "https" else 80)


def _stores_outside(stack: Stack, stores: Datastores) -> Iterator[tuple[str, Sequence[int], Destination]]:
    """Name, ports and place of each server that runs in no pod of the instance."""
    for name, store in stores.named().items():
        if store.reach.ports and not store.reach.pods:
            yield name, store.reach.ports, of_store(stack, name, store.reach)
