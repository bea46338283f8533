"""Where does the instance run? The cluster that a stack names, and how it is addressed there."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openedx_infra.config.base import IMMUTABLE, KubernetesName, Section


class ClusterAddress(Section):
    """A Kubernetes cluster, as a kubeconfig names it."""

    context: str | None = Field(None, min_length=1)
    """Context of the kubeconfig to use, as `kubectl config get-contexts` lists it.
    Nothing is ever sent to a cluster that is not named here."""

    kubeconfig: str | None = Field(None, min_length=1)
    """Path of the kubeconfig that holds the context. Default: the one that kubectl would use."""


class Cluster(ClusterAddress):
    """The Kubernetes cluster. A stack that names none gets the embedded one, where no container runs."""

    namespace: KubernetesName | None = Field(None, json_schema_extra=IMMUTABLE)
    """Namespace of this instance; one instance fills one namespace. Default: `openedx-` and the stack's
    name."""

    storage_class: KubernetesName | None = Field(None, json_schema_extra=IMMUTABLE)
    """StorageClass of all volumes. Default: the cluster's default class."""

    ingress_controller: Literal["traefik", "nginx"] = "traefik"
    """The ingress controller that serves the hosts. It decides how upload limits and headers are written:
    Traefik (part of k3s) by Middleware objects, NGINX by annotations."""

    ingress_class: KubernetesName | None = None
    """IngressClass to use. Default: the name of the controller."""
