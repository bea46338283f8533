"""NetworkPolicies: everything is denied but the flows that are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.kubernetes.models import (
    IPBlockArgs,
    LabelSelectorArgs,
    LabelSelectorRequirementArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)
from openedx_infra.kubernetes.names import COMPONENT, INSTANCE, NAME, Scope

NODE_LOCAL_DNS = "169.254.20.10/32"
"""Address of NodeLocal DNSCache where a cluster runs it (its documented default)."""
DNS_PORT = 53
"""Port of name servers."""
NAMESPACE = "kubernetes.io/metadata.name"
"""Label of each namespace with its name, which Kubernetes sets itself."""
CREDENTIALS_AGENT = ("169.254.170.23/32", "fd00:ec2::23/128")
"""Addresses of EKS Pod Identity's agent on every node (AWS' documented ones), which serves plain HTTP."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pods that policies treat alike."""

    name: str
    """What policies about them are called."""
    labels: Mapping[str, str]
    """Labels by which they are found."""
    without: Sequence[str] = ()
    """Components that are not among them, though they have these labels."""
    any_namespace: str = ""
    """Why they may be in any namespace. Empty: they may not."""
    namespaces: Sequence[str] = ()
    """Namespaces that they are in. None: the instance's own, or any."""
    addresses: Sequence[str] = ()
    """Networks from which they connect, too: pods in the network of their node have its address."""

    @property
    def elsewhere(self) -> bool:
        """Whether they are outside the instance's namespace."""
        return bool(self.any_namespace or self.namespaces)


@dataclass(frozen=True, kw_only=True)
class Destination:
    """What pods may connect to outside of the instance."""

    blocks: Mapping[str, Sequence[str]]
    """Networks, each with what is barred in it."""
    namespaces: Sequence[str] = ()
    """Namespaces all of whose pods are reached: some CNIs read networks as addresses outside of the cluster
    alone."""
    anywhere: str = ""
    """Why private networks are reached that nobody names. Empty: they are not."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Pods that may open connections to others, on one TCP port."""

    clients: Sequence[Group]
    """Pods that connect."""
    server: Group
    """Pods that listen, in the instance's namespace."""
    port: int


@dataclass(frozen=True, kw_only=True)
class NetworkPolicies:
    """NetworkPolicies of one instance, all with the same resource options."""

    scope: Scope
    opts: pulumi.ResourceOptions
    prefix: str = ""
    """Prefix of the resources' names in Pulumi: another one for each namespace of a stack."""

    def deny_all(self) -> None:
        """No ingress and no egress for any pod of the namespace: other policies only add to that."""
        self._policy("deny-all", LabelSelectorArgs(), types=["Ingress", "Egress"])

    def allow_dns(
        self, servers: Group, port: int, addresses: Sequence[str] = (), but: Sequence[str] = ()
    ) -> None:
        """Every pod may reach the cluster's name servers: pods on their port, and others at these addresses
        on port 53. But for pods that run certain software, by their label app.kubernetes.io/name."""
        blocks = [
            NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr)) for cidr in (NODE_LOCAL_DNS, *addresses)
        ]
        rules = [
            NetworkPolicyEgressRuleArgs(to=peers, ports=_dns_ports(number))
            for peers, number in ((_peers([servers]), port), (blocks, DNS_PORT))
        ]
        without = LabelSelectorRequirementArgs(key=NAME, operator="NotIn", values=list(but))
        everybody = LabelSelectorArgs(match_expressions=[without] if but else None)
        self._policy("allow-dns", everybody, egress=rules)

    def software(self, name: str) -> Group:
        """Pods of the instance that run a software, by their label app.kubernetes.io/name."""
        return Group(name=name, labels={INSTANCE: self.scope.instance, NAME: name})

    def component(self, name: str) -> Group:
        """Pods of a component of the instance, by their label app.kubernetes.io/component."""
        return Group(name=name, labels={INSTANCE: self.scope.instance, COMPONENT: name})

    def allow_flows(self, flows: Sequence[Flow]) -> None:
        """Both ends of each flow: one policy for each server, one for each client."""
        servers = {flow.server.name: flow.server for flow in flows}
        for name, server in sorted(servers.items()):
            rules = [
                NetworkPolicyIngressRuleArgs(from_=_peers(flow.clients), ports=[_tcp(flow.port)])
                for flow in flows
                if flow.server.name == name
            ]
            reasons = [
                client.any_namespace for flow in flows if flow.server.name == name for client in flow.clients
            ]
            self._policy(f"to-{name}", _selector(server), ingress=rules, reasons=reasons)
        clients = {client.name: client for flow in flows for client in flow.clients if not client.elsewhere}
        for name, client in sorted(clients.items()):
            egress = [
                NetworkPolicyEgressRuleArgs(to=_peers([flow.server]), ports=[_tcp(flow.port)])
                for flow in flows
                if name in {one.name for one in flow.clients}
            ]
            self._policy(f"from-{name}", _selector(client), egress=egress)

    def allow_ingress(self, server: Group, port: int, clients: Group) -> None:
        """These pods of other namespaces may reach a server on this port."""
        rule = NetworkPolicyIngressRuleArgs(from_=_peers([clients]), ports=[_tcp(port)])
        self._policy(f"visitors-to-{server.name}", _selector(server), ingress=[rule])

    def allow_egress(self, name: str, client: Group, ports: Sequence[int], to: Destination) -> None:
        """These pods may reach what is outside of the instance on these ports. Without any port, or any
        destination, there is nothing to allow: an empty list in a rule would mean all."""
        if not ports or not (to.blocks or to.namespaces):
            return
        peers = [
            *(
                NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr, except_=list(barred) or None))
                for cidr, barred in to.blocks.items()
            ),
            *(NetworkPolicyPeerArgs(namespace_selector=_named([each])) for each in to.namespaces),
        ]
        rule = NetworkPolicyEgressRuleArgs(to=peers, ports=[_tcp(port) for port in ports])
        self._policy(name, _selector(client), egress=[rule], reasons=[to.anywhere])

    def allow_credentials_agent(self, client: str) -> None:
        """These pods may ask EKS Pod Identity's agent on their node for the credentials of their own role."""
        peers = [NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr)) for cidr in CREDENTIALS_AGENT]
        rule = NetworkPolicyEgressRuleArgs(to=peers, ports=[_tcp(80)])
        self._policy(f"credentials-to-{client}", _selector(self.software(client)), egress=[rule])

    def _policy(
        self,
        name: str,
        pods: LabelSelectorArgs,
        *,
        ingress: Sequence[NetworkPolicyIngressRuleArgs] = (),
        egress: Sequence[NetworkPolicyEgressRuleArgs] = (),
        types: Sequence[str] = (),
        reasons: Sequence[str] = (),
    ) -> None:
        directions = types or [*(["Ingress"] if ingress else []), *(["Egress"] if egress else [])]
        why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
        annotations = {self.scope.exception: why} if why else None
        NetworkPolicy(
            f"{self.prefix}{name}",
            metadata=self.scope.metadata(name, name=name, annotations=annotations),
            spec=NetworkPolicySpecArgs(
                pod_selector=pods,
                policy_types=list(directions),
                ingress=list(ingress) or None,
                egress=list(egress) or None,
            ),
            opts=self.opts,
        )


def _tcp(port: int) -> NetworkPolicyPortArgs:
    return NetworkPolicyPortArgs(protocol="TCP", port=port)


def _selector(group: Group) -> LabelSelectorArgs:
    excluded = LabelSelectorRequirementArgs(key=COMPONENT, operator="NotIn", values=list(group.without))
    return LabelSelectorArgs(
        match_labels=dict(group.labels), match_expressions=[excluded] if group.without else None
    )


def _peers(groups: Sequence[Group]) -> list[NetworkPolicyPeerArgs]:
    return [
        *(
            NetworkPolicyPeerArgs(pod_selector=_selector(group), namespace_selector=_namespaces(group))
            for group in groups
        ),
        *(
            NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr))
            for group in groups
            for cidr in group.addresses
        ),
    ]


def _namespaces(group: Group) -> LabelSelectorArgs | None:
    """None: the policy's own namespace."""
    if group.namespaces:
        return _named(group.namespaces)
    return LabelSelectorArgs() if group.any_namespace else None


def _named(namespaces: Sequence[str]) -> LabelSelectorArgs:
    among = LabelSelectorRequirementArgs(key=NAMESPACE, operator="In", values=list(namespaces))
    return LabelSelectorArgs(match_expressions=[among])


def _dns_ports(port: int) -> list[NetworkPolicyPortArgs]:
    return [NetworkPolicyPortArgs(protocol=protocol, port=port) for protocol in ("UDP", "TCP")]
