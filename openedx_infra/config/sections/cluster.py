"""The Kubernetes cluster of a stack, and what the instance uses in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.addresses import Cidr
from openedx_infra.config.types.base import (
    IMMUTABLE,
    Count,
    Distinct,
    KubernetesName,
    OrNothing,
    Section,
    Switch,
)
from openedx_infra.config.types.labels import LabelKey, LabelValue
from openedx_infra.config.types.quantities import Cpu, Memory


class ClusterAddress(Section):
    """A Kubernetes cluster, as a kubeconfig names it."""

    context: str | None = Field(None, min_length=1)
    """Context of the kubeconfig to use, as `kubectl config get-contexts` lists it.
    Nothing is ever sent to a cluster that is not named here."""

    kubeconfig: str | None = Field(None, min_length=1)
    """Path of the kubeconfig that holds the context. Default: the one that kubectl would use."""


class Nodes(Section):
    """Nodes of the cluster, all of one size."""

    count: Count = Field(1, ge=1, le=5000)
    """Number of nodes. Kubernetes supports 5,000."""
    cpu: Cpu
    """CPU of one node that pods of the instance may reserve."""
    memory: Memory
    """Memory of one node that pods of the instance may reserve: less than the machine has, as Kubernetes and
    the system need some of it."""


class K3sTraefik(Section):
    """What is set in the Traefik that k3s brings, for all hosts: a HelmChartConfig in kube-system."""

    request_seconds: Count = Field(1800, ge=60, le=86_400)
    """Seconds for which Traefik reads a request, body included, instead of 60: 250 MB at 1.2 Mbit/s take half
    an hour."""
    keep_addresses: Switch = True
    """Whether visitors' own addresses arrive (`externalTrafficPolicy: Local`), rather than that of a node."""
    trusted_proxies: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Addresses of proxies in front, whose X-Forwarded-For is believed."""


class Cluster(ClusterAddress):
    """The Kubernetes cluster. A stack that names none gets the embedded one, which runs no containers."""

    namespace: KubernetesName | None = Field(None, json_schema_extra=IMMUTABLE)
    """Namespace of this instance; one instance fills one namespace. Default: `openedx-` and the stack's
    name."""

    storage_class: KubernetesName | None = Field(None, json_schema_extra=IMMUTABLE)
    """StorageClass of all volumes. Default: the cluster's default class."""

    ingress_controller: Literal["traefik", "nginx", "envoy"] = "traefik"
    """The controller that serves the hosts. It decides how limits and headers are written: Traefik (part of
    k3s) by Middleware objects, NGINX by annotations; Envoy Gateway serves `openedx:ingress.kind: gateway`
    alone, by the standard's own fields. Ingress NGINX is retired since March 2026: no new instance should
    start with it."""

    ingress_namespace: KubernetesName | None = None
    """Namespace of the controller's pods, which alone may connect to web pods. Default: where k3s and the
    controllers' own charts put it: `kube-system` or `traefik`, `ingress-nginx`, `envoy-gateway-system`."""

    ingress_pods: dict[LabelKey, LabelValue] | None = Field(None, min_length=1)
    """Labels of the controller's pods. Default: `app.kubernetes.io/name` with the value that the
    controller's own chart gives it: `traefik`, `ingress-nginx` or `envoy`."""

    ingress_addresses: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Addresses of a controller that runs in the network of its nodes (`hostNetwork`), where labels of pods
    don't count: those of the nodes. They may connect to web pods, too."""

    ingress_class: KubernetesName | None = None
    """IngressClass to use, or GatewayClass. Default: the name of the controller; `eg` with Envoy Gateway."""

    k3s_traefik: K3sTraefik | None = None
    """Lets `up` configure the Traefik of k3s; `{}` sets the defaults. For one stack of a cluster alone: a
    HelmChartConfig that somebody else wrote is left as it is, and `up` refuses. None: nothing is written."""

    keda: Switch = False
    """Whether the cluster runs KEDA (2.14 or later), which can scale by requests and waiting tasks. It then
    does all autoscaling, by CPU and memory, too."""

    keda_namespace: KubernetesName = "keda"
    """Namespace of KEDA, whose operator alone may ask the broker from outside, for the length of queues."""

    ip_family: Literal["IPv4", "IPv6"] = "IPv4"
    """Addresses of the cluster's pods. `IPv6`: servers listen at all addresses of both families, as clusters
    with IPv6 alone, or with both and IPv6 first, need. `IPv4`: at those of IPv4, which needs no IPv6 in the
    kernels of the nodes; also right where pods have both, and IPv4 comes first."""

    users: Literal["fixed", "assigned"] = "fixed"
    """Who decides as which user pods run. `fixed`: this program, by numbers that no node has. `assigned`: the
    cluster, as OpenShift does, which refuses numbers outside of the namespace's own range; pods then name
    none, and still never run as root."""

    nodes: Annotated[Nodes | None, OrNothing] = None
    """Nodes on which the instance must find room: `check` adds up what its pods reserve, and refuses more.
    None: nothing is compared."""

    @property
    def any_address(self) -> str:
        """Where servers listen: all addresses of a pod, as servers write them before a port."""
        return "[::]" if self.ip_family == "IPv6" else "0.0.0.0"
