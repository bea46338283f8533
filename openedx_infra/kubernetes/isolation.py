"""Who may talk to whom? Nobody, except along the flows that are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from openedx_infra.kubernetes.names import INSTANCE, NAME, Scope

NODE_LOCAL_DNS = "169.254.20.10/32"
"""Address of NodeLocal DNSCache where a cluster runs it (its documented default)."""
LINK_LOCAL = {"0.0.0.0/0": ["169.254.0.0/16"], "::/0": ["fe80::/10", "fd00:ec2::254/128"]}
"""The whole network, and what is never reached in it: cloud providers' metadata services, which hand out
credentials."""

CREDENTIALS_AGENT = ("169.254.170.23/32", "fd00:ec2::23/128")
"""Addresses of EKS Pod Identity's agent on every node (AWS' documented ones), which serves plain HTTP."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pods that are treated alike."""

    name: str
    """What policies about them are called."""
    labels: Mapping[str, str]
    """Labels by which they are found."""
    anywhere: bool = False
    """Whether they may be in any namespace: then what they may do is none of this instance's business."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Pods that may open connections to others, on one TCP port."""

    clients: Sequence[Group]
    """Those who connect."""
    server: Group
    """Those who listen, in the instance's namespace."""
    port: int


@dataclass(frozen=True, kw_only=True)
class Isolation:
    """Network policies of one instance, all with the same resource options."""

    scope: Scope
    opts: pulumi.ResourceOptions

    def deny_all(self) -> None:
        """Nothing in, nothing out, for every pod of the namespace: policies only ever add to that."""
        self._policy("deny-all", LabelSelectorArgs(), types=["Ingress", "Egress"])

    def allow_dns(self) -> None:
        """Every pod may ask the cluster's name servers."""
        ports = [NetworkPolicyPortArgs(protocol=protocol, port=53) for protocol in ("UDP", "TCP")]
        system = LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"})
        peers = [
            NetworkPolicyPeerArgs(namespace_selector=system),
            NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=NODE_LOCAL_DNS)),
        ]
        self._policy(
            "allow-dns", LabelSelectorArgs(), egress=[NetworkPolicyEgressRuleArgs(to=peers, ports=ports)]
        )

    def software(self, name: str) -> Group:
        """Pods of the instance that run a software, by their label app.kubernetes.io/name."""
        return Group(name=name, labels={INSTANCE: self.scope.instance, NAME: name})

    def allow_flows(self, flows: Sequence[Flow]) -> None:
        """Both ends of each flow: one policy for each server, one for each client."""
        servers = {flow.server.name: flow.server for flow in flows}
        for name, server in sorted(servers.items()):
            rules = [
                NetworkPolicyIngressRuleArgs(from_=_peers(flow.clients), ports=[_tcp(flow.port)])
                for flow in flows
                if flow.server.name == name
            ]
            self._policy(f"to-{name}", _selector(server), ingress=rules)
        clients = {client.name: client for flow in flows for client in flow.clients if not client.anywhere}
        for name, client in sorted(clients.items()):
            exits = [
                NetworkPolicyEgressRuleArgs(to=_peers([flow.server]), ports=[_tcp(flow.port)])
                for flow in flows
                if name in {one.name for one in flow.clients}
            ]
            self._policy(f"from-{name}", _selector(client), egress=exits)

    def allow_visitors(self, servers: Mapping[str, int], controller: str) -> None:
        """The ingress controller, in whatever namespace, may reach these servers, each on its port."""
        visitors = Group(name=controller, labels={NAME: controller}, anywhere=True)
        for server, port in servers.items():
            rule = NetworkPolicyIngressRuleArgs(from_=_peers([visitors]), ports=[_tcp(port)])
            self._policy(f"visitors-to-{server}", _selector(self.software(server)), ingress=[rule])

    def allow_internet(self, client: str, ports: Sequence[int]) -> None:
        """These pods may reach any address outside on these ports, but no metadata service."""
        peers = [
            NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr, except_=barred))
            for cidr, barred in LINK_LOCAL.items()
        ]
        rule = NetworkPolicyEgressRuleArgs(to=peers, ports=[_tcp(port) for port in ports])
        self._policy(f"internet-from-{client}", _selector(self.software(client)), egress=[rule])

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
    ) -> None:
        directions = types or [*(["Ingress"] if ingress else []), *(["Egress"] if egress else [])]
        NetworkPolicy(
            name,
            metadata=self.scope.metadata(name, name=name),
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
    return LabelSelectorArgs(match_labels=dict(group.labels))


def _peers(groups: Sequence[Group]) -> list[NetworkPolicyPeerArgs]:
    everywhere = LabelSelectorArgs()
    return [
        NetworkPolicyPeerArgs(
            pod_selector=_selector(group), namespace_selector=everywhere if group.anywhere else None
        )
        for group in groups
    ]
