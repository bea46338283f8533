"""Kubernetes' typed models: pulumi_kubernetes' own for the type checker, plain maps when the program runs.

Loading the library's classes takes a third of a second of each run (docs/adr/0040-light-models.md). A test
compares both forms: `tests/unit/test_models.py`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from pulumi_kubernetes.apiextensions import CustomResource as CustomResource
    from pulumi_kubernetes.apps.v1 import Deployment as Deployment
    from pulumi_kubernetes.apps.v1 import DeploymentPatch as DeploymentPatch
    from pulumi_kubernetes.apps.v1 import DeploymentSpecArgs as DeploymentSpecArgs
    from pulumi_kubernetes.apps.v1 import DeploymentSpecPatchArgs as DeploymentSpecPatchArgs
    from pulumi_kubernetes.apps.v1 import DeploymentStrategyArgs as DeploymentStrategyArgs
    from pulumi_kubernetes.apps.v1 import RollingUpdateDeploymentArgs as RollingUpdateDeploymentArgs
    from pulumi_kubernetes.apps.v1 import StatefulSet as StatefulSet
    from pulumi_kubernetes.apps.v1 import StatefulSetSpecArgs as StatefulSetSpecArgs
    from pulumi_kubernetes.autoscaling.v2 import (
        ContainerResourceMetricSourceArgs as ContainerResourceMetricSourceArgs,
    )
    from pulumi_kubernetes.autoscaling.v2 import (
        CrossVersionObjectReferenceArgs as CrossVersionObjectReferenceArgs,
    )
    from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler as HorizontalPodAutoscaler
    from pulumi_kubernetes.autoscaling.v2 import (
        HorizontalPodAutoscalerBehaviorArgs as HorizontalPodAutoscalerBehaviorArgs,
    )
    from pulumi_kubernetes.autoscaling.v2 import (
        HorizontalPodAutoscalerSpecArgs as HorizontalPodAutoscalerSpecArgs,
    )
    from pulumi_kubernetes.autoscaling.v2 import HPAScalingPolicyArgs as HPAScalingPolicyArgs
    from pulumi_kubernetes.autoscaling.v2 import HPAScalingRulesArgs as HPAScalingRulesArgs
    from pulumi_kubernetes.autoscaling.v2 import MetricSpecArgs as MetricSpecArgs
    from pulumi_kubernetes.autoscaling.v2 import MetricTargetArgs as MetricTargetArgs
    from pulumi_kubernetes.batch.v1 import CronJob as CronJob
    from pulumi_kubernetes.batch.v1 import CronJobSpecArgs as CronJobSpecArgs
    from pulumi_kubernetes.batch.v1 import Job as Job
    from pulumi_kubernetes.batch.v1 import JobSpecArgs as JobSpecArgs
    from pulumi_kubernetes.batch.v1 import JobTemplateSpecArgs as JobTemplateSpecArgs
    from pulumi_kubernetes.core.v1 import AffinityArgs as AffinityArgs
    from pulumi_kubernetes.core.v1 import AppArmorProfileArgs as AppArmorProfileArgs
    from pulumi_kubernetes.core.v1 import CapabilitiesArgs as CapabilitiesArgs
    from pulumi_kubernetes.core.v1 import ConfigMap as ConfigMap
    from pulumi_kubernetes.core.v1 import ConfigMapProjectionArgs as ConfigMapProjectionArgs
    from pulumi_kubernetes.core.v1 import ContainerArgs as ContainerArgs
    from pulumi_kubernetes.core.v1 import ContainerPortArgs as ContainerPortArgs
    from pulumi_kubernetes.core.v1 import EmptyDirVolumeSourceArgs as EmptyDirVolumeSourceArgs
    from pulumi_kubernetes.core.v1 import EnvVarArgs as EnvVarArgs
    from pulumi_kubernetes.core.v1 import ExecActionArgs as ExecActionArgs
    from pulumi_kubernetes.core.v1 import HostPathVolumeSourceArgs as HostPathVolumeSourceArgs
    from pulumi_kubernetes.core.v1 import HTTPGetActionArgs as HTTPGetActionArgs
    from pulumi_kubernetes.core.v1 import HTTPHeaderArgs as HTTPHeaderArgs
    from pulumi_kubernetes.core.v1 import KeyToPathArgs as KeyToPathArgs
    from pulumi_kubernetes.core.v1 import LifecycleArgs as LifecycleArgs
    from pulumi_kubernetes.core.v1 import LifecycleHandlerArgs as LifecycleHandlerArgs
    from pulumi_kubernetes.core.v1 import LocalObjectReferenceArgs as LocalObjectReferenceArgs
    from pulumi_kubernetes.core.v1 import Namespace as Namespace
    from pulumi_kubernetes.core.v1 import PersistentVolumeClaim as PersistentVolumeClaim
    from pulumi_kubernetes.core.v1 import PersistentVolumeClaimSpecArgs as PersistentVolumeClaimSpecArgs
    from pulumi_kubernetes.core.v1 import (
        PersistentVolumeClaimVolumeSourceArgs as PersistentVolumeClaimVolumeSourceArgs,
    )
    from pulumi_kubernetes.core.v1 import PodAffinityArgs as PodAffinityArgs
    from pulumi_kubernetes.core.v1 import PodAffinityTermArgs as PodAffinityTermArgs
    from pulumi_kubernetes.core.v1 import PodSecurityContextArgs as PodSecurityContextArgs
    from pulumi_kubernetes.core.v1 import PodSpecArgs as PodSpecArgs
    from pulumi_kubernetes.core.v1 import PodTemplateSpecArgs as PodTemplateSpecArgs
    from pulumi_kubernetes.core.v1 import ProbeArgs as ProbeArgs
    from pulumi_kubernetes.core.v1 import ProjectedVolumeSourceArgs as ProjectedVolumeSourceArgs
    from pulumi_kubernetes.core.v1 import ResourceRequirementsArgs as ResourceRequirementsArgs
    from pulumi_kubernetes.core.v1 import SeccompProfileArgs as SeccompProfileArgs
    from pulumi_kubernetes.core.v1 import Secret as Secret
    from pulumi_kubernetes.core.v1 import SecretProjectionArgs as SecretProjectionArgs
    from pulumi_kubernetes.core.v1 import SecurityContextArgs as SecurityContextArgs
    from pulumi_kubernetes.core.v1 import Service as Service
    from pulumi_kubernetes.core.v1 import ServiceAccount as ServiceAccount
    from pulumi_kubernetes.core.v1 import ServicePortArgs as ServicePortArgs
    from pulumi_kubernetes.core.v1 import ServiceSpecArgs as ServiceSpecArgs
    from pulumi_kubernetes.core.v1 import SleepActionArgs as SleepActionArgs
    from pulumi_kubernetes.core.v1 import TCPSocketActionArgs as TCPSocketActionArgs
    from pulumi_kubernetes.core.v1 import TolerationArgs as TolerationArgs
    from pulumi_kubernetes.core.v1 import TopologySpreadConstraintArgs as TopologySpreadConstraintArgs
    from pulumi_kubernetes.core.v1 import VolumeArgs as VolumeArgs
    from pulumi_kubernetes.core.v1 import VolumeMountArgs as VolumeMountArgs
    from pulumi_kubernetes.core.v1 import VolumeProjectionArgs as VolumeProjectionArgs
    from pulumi_kubernetes.core.v1 import VolumeResourceRequirementsArgs as VolumeResourceRequirementsArgs
    from pulumi_kubernetes.meta.v1 import LabelSelectorArgs as LabelSelectorArgs
    from pulumi_kubernetes.meta.v1 import LabelSelectorRequirementArgs as LabelSelectorRequirementArgs
    from pulumi_kubernetes.meta.v1 import ObjectMetaArgs as ObjectMetaArgs
    from pulumi_kubernetes.meta.v1 import ObjectMetaPatchArgs as ObjectMetaPatchArgs
    from pulumi_kubernetes.networking.v1 import HTTPIngressPathArgs as HTTPIngressPathArgs
    from pulumi_kubernetes.networking.v1 import HTTPIngressRuleValueArgs as HTTPIngressRuleValueArgs
    from pulumi_kubernetes.networking.v1 import Ingress as Ingress
    from pulumi_kubernetes.networking.v1 import IngressBackendArgs as IngressBackendArgs
    from pulumi_kubernetes.networking.v1 import IngressRuleArgs as IngressRuleArgs
    from pulumi_kubernetes.networking.v1 import IngressServiceBackendArgs as IngressServiceBackendArgs
    from pulumi_kubernetes.networking.v1 import IngressSpecArgs as IngressSpecArgs
    from pulumi_kubernetes.networking.v1 import IngressTLSArgs as IngressTLSArgs
    from pulumi_kubernetes.networking.v1 import IPBlockArgs as IPBlockArgs
    from pulumi_kubernetes.networking.v1 import NetworkPolicy as NetworkPolicy
    from pulumi_kubernetes.networking.v1 import NetworkPolicyEgressRuleArgs as NetworkPolicyEgressRuleArgs
    from pulumi_kubernetes.networking.v1 import NetworkPolicyIngressRuleArgs as NetworkPolicyIngressRuleArgs
    from pulumi_kubernetes.networking.v1 import NetworkPolicyPeerArgs as NetworkPolicyPeerArgs
    from pulumi_kubernetes.networking.v1 import NetworkPolicyPortArgs as NetworkPolicyPortArgs
    from pulumi_kubernetes.networking.v1 import NetworkPolicySpecArgs as NetworkPolicySpecArgs
    from pulumi_kubernetes.networking.v1 import ServiceBackendPortArgs as ServiceBackendPortArgs
    from pulumi_kubernetes.policy.v1 import PodDisruptionBudget as PodDisruptionBudget
    from pulumi_kubernetes.policy.v1 import PodDisruptionBudgetSpecArgs as PodDisruptionBudgetSpecArgs
    from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs as PolicyRuleArgs
    from pulumi_kubernetes.rbac.v1 import Role as Role
    from pulumi_kubernetes.rbac.v1 import RoleBinding as RoleBinding
    from pulumi_kubernetes.rbac.v1 import RoleRefArgs as RoleRefArgs
    from pulumi_kubernetes.rbac.v1 import SubjectArgs as SubjectArgs
else:

    def __getattr__(name: str) -> type:
        """The light form of a model."""
        if name.startswith("__"):  # what Python itself asks of a module
            raise AttributeError(name)
        return Fields if name.endswith("Args") else resource_class(name)


_VERSION = version("pulumi-kubernetes")

_API_VERSIONS = {
    "ConfigMap": ("v1",),
    "CronJob": ("batch/v1", "batch/v1beta1", "batch/v2alpha1"),
    "Deployment": ("apps/v1", "apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"),
    "DeploymentPatch": ("apps/v1", "apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"),
    "HorizontalPodAutoscaler": (
        "autoscaling/v2", "autoscaling/v1", "autoscaling/v2beta1", "autoscaling/v2beta2",
    ),
    "Ingress": ("networking.k8s.io/v1", "extensions/v1beta1", "networking.k8s.io/v1beta1"),
    "Job": ("batch/v1",),
    "Namespace": ("v1",),
    "NetworkPolicy": ("networking.k8s.io/v1", "extensions/v1beta1"),
    "PersistentVolumeClaim": ("v1",),
    "PodDisruptionBudget": ("policy/v1", "policy/v1beta1"),
    "Role": ("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1alpha1",
             "rbac.authorization.k8s.io/v1beta1"),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1alpha1",
                    "rbac.authorization.k8s.io/v1beta1"),
    "Secret": ("v1",),
    "Service": ("v1",),
    "ServiceAccount": ("v1",),
    "StatefulSet": ("apps/v1", "apps/v1beta1", "apps/v1beta2"),
}  # fmt: skip
"""API version of each kind, and the former ones, by which Pulumi may still know an object."""

_SECRET = ("data", "stringData")
"""Fields of a Secret that are secret whatever they hold."""

_ABBREVIATIONS = {word.lower(): word for word in ("API", "FQDN", "IO", "IP", "IPC", "IPs", "PID", "URLs")}
"""Words that names of fields spell so, unless they begin with them."""


class Fields(dict[str, Any]):
    """Fields of an object by the names that Kubernetes uses, made of Python's; None leaves a field out."""

    def __init__(self, **fields: Any) -> None:
        super().__init__({field_name(key): value for key, value in fields.items() if value is not None})

    def __getattr__(self, name: str) -> Any:
        return self.get(field_name(name))


def field_name(name: str) -> str:
    """Kubernetes' name of a field: `pod_selector` is `podSelector`, `exec_` is `exec`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(_ABBREVIATIONS.get(word, word.capitalize()) for word in rest)


class LightObject(pulumi.CustomResource):
    """An object of any kind."""

    def __init__(
        self,
        resource_name: str,
        api_version: str,
        kind: str,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **fields: Any,
    ) -> None:
        group_version = "core/v1" if api_version == "v1" else api_version
        super().__init__(
            f"kubernetes:{group_version}:{kind}",
            resource_name,
            Fields(api_version=api_version, kind=kind.removesuffix("Patch"), **fields),
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=_VERSION), opts),
        )


@cache
def resource_class(kind: str) -> type[LightObject]:
    """The class of all objects of a kind."""
    if kind == "CustomResource":
        return LightObject
    api_version, *former = _API_VERSIONS[kind]
    defaults = pulumi.ResourceOptions(
        aliases=[pulumi.Alias(type_=f"kubernetes:{version}:{kind}") for version in former],
        additional_secret_outputs=list(_SECRET) if kind == "Secret" else None,
    )

    class OfOneKind(LightObject):
        """An object of this kind."""

        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **fields: Any
        ) -> None:
            if kind == "Secret":
                fields |= {
                    key: pulumi.Output.secret(fields[key])
                    for key in fields
                    if field_name(key) in _SECRET and fields[key] is not None
                }
            merged = pulumi.ResourceOptions.merge(opts, defaults)
            super().__init__(resource_name, api_version, kind, opts=merged, **fields)

    OfOneKind.__name__ = kind
    return OfOneKind
