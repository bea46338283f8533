"""Autoscalers of Deployments: Kubernetes' HorizontalPodAutoscaler, or KEDA, and never both for one.

The HorizontalPodAutoscaler knows CPU and memory. Where KEDA is in the cluster, KEDA does it all: it makes a
HorizontalPodAutoscaler of its own, and two for one Deployment would undo each other's work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from openedx_infra.kubernetes.models import (
    ContainerResourceMetricSourceArgs,
    CrossVersionObjectReferenceArgs,
    CustomResource,
    Deployment,
    DeploymentPatch,
    DeploymentSpecPatchArgs,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerBehaviorArgs,
    HorizontalPodAutoscalerSpecArgs,
    HPAScalingPolicyArgs,
    HPAScalingRulesArgs,
    MetricSpecArgs,
    MetricTargetArgs,
    ObjectMetaPatchArgs,
)
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.pod import Pod

KEDA = "keda.sh/v1alpha1"
POLL_SECONDS = 60
"""Seconds between two looks at queues and requests. MIT's number: its pods take longer to start."""
FORCE = {"pulumi.com/patchForce": "true"}
"""Annotation by which we take back a field that an autoscaler owned."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast pods are added, or removed."""

    after_seconds: int
    """Seconds for which the metrics must ask for it."""
    amount: int
    """How many within `every_seconds`."""
    unit: Literal["Pods", "Percent"]
    """Of what: pods, or percent of the pods there are."""
    every_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What KEDA counts outside of the pods."""

    type: str
    """KEDA's name of the scaler, such as `redis`."""
    metadata: Mapping[str, str]
    """Its parameters, by KEDA's names."""
    authentication: str | None = None
    """Name of the TriggerAuthentication that says how to log in."""


@dataclass(frozen=True, kw_only=True)
class Autoscaler:
    """Bounds, metrics and pace of an autoscaler."""

    least: int
    most: int
    cpu_percent: int | None
    """Use of the requested CPU, in percent, above which pods are added; None: it does not count."""
    memory_percent: int | None = None
    """The same for memory."""
    up: Pace
    down: Pace
    keda: bool = False
    """Whether KEDA does it, rather than Kubernetes itself."""
    triggers: pulumi.Input[Sequence[Trigger]] = ()
    """Further metrics; they need KEDA."""

    @property
    def resources(self) -> dict[str, int]:
        """The resources that count, with their percentages."""
        percents = {"cpu": self.cpu_percent, "memory": self.memory_percent}
        return {name: percent for name, percent in percents.items() if percent is not None}


@dataclass(frozen=True, kw_only=True)
class Replicas:
    """The number of pods of a Deployment that an autoscaler may decide on, now or later."""

    fixed: int
    """The number, where no autoscaler decides."""
    autoscaler: Autoscaler | None = None
    """The autoscaler that decides. None: there is none."""


def autoscale(
    name: str, scope: Scope, pod: Pod, by: Autoscaler, opts: pulumi.ResourceOptions, *, target: Deployment
) -> None:
    """Registers the autoscaler of a Deployment; of a paused pod, there are none meanwhile.

    KEDA is told to keep none, as it starts pods where it finds none. Kubernetes' own autoscaler is left out
    meanwhile.
    """
    opts = pulumi.ResourceOptions(parent=opts.parent, depends_on=[target])
    if by.keda:
        _by_keda(name, scope, pod, by, opts)
    elif not pod.paused:
        _by_kubernetes(name, scope, pod, by, opts)


def hold(name: str, scope: Scope, replicas: int, opts: pulumi.ResourceOptions, *, target: Deployment) -> None:
    """A second owner of the number of pods, which keeps it when the first one lets go.

    When a Deployment no longer sets a number, because an autoscaler is to decide, Kubernetes would take its
    default of 1, and stop all pods but one until the autoscaler has looked. With this, the number stays what
    it was until then.
    """
    DeploymentPatch(
        f"{name}-replicas",
        metadata=ObjectMetaPatchArgs(name=name, namespace=scope.namespace, annotations=FORCE),
        spec=DeploymentSpecPatchArgs(replicas=replicas),
        opts=pulumi.ResourceOptions(parent=opts.parent, depends_on=[target], retain_on_delete=True),
    )


def authentication(
    name: str,
    scope: Scope,
    secret: pulumi.Input[str],
    parameters: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> CustomResource:
    """How KEDA logs in somewhere: its parameters, each by a key of a Secret."""
    refs = [
        {"parameter": parameter, "name": secret, "key": key} for parameter, key in sorted(parameters.items())
    ]
    return CustomResource(
        name,
        api_version=KEDA,
        kind="TriggerAuthentication",
        metadata=scope.metadata(name, name=name),
        spec={"secretTargetRef": refs},
        opts=opts,
    )


def _by_kubernetes(
    name: str, scope: Scope, pod: Pod, by: Autoscaler, opts: pulumi.ResourceOptions
) -> HorizontalPodAutoscaler:
    return HorizontalPodAutoscaler(
        name,
        metadata=scope.metadata(pod.component, name=name, software=pod.software),
        spec=HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=name
            ),
            min_replicas=by.least,
            max_replicas=by.most,
            metrics=[_metric(pod, resource, percent) for resource, percent in by.resources.items()],
            behavior=_behavior(by),
        ),
        opts=opts,
    )


def _by_keda(
    name: str, scope: Scope, pod: Pod, by: Autoscaler, opts: pulumi.ResourceOptions
) -> CustomResource:
    none = {"autoscaling.keda.sh/paused-replicas": "0"} if pod.paused else None
    return CustomResource(
        name,
        api_version=KEDA,
        kind="ScaledObject",
        metadata=scope.metadata(pod.component, name=name, software=pod.software, annotations=none),
        spec={
            "scaleTargetRef": {"name": name},
            "minReplicaCount": by.least,
            "maxReplicaCount": by.most,
            "pollingInterval": POLL_SECONDS,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _behavior(by)}},
            "triggers": pulumi.Output.from_input(by.triggers).apply(
                lambda triggers: [*_resource_triggers(pod, by), *map(_trigger, triggers)]
            ),
        },
        opts=opts,
    )


def _metric(pod: Pod, resource: str, percent: int) -> MetricSpecArgs:
    """Use of the pod's main container: sidecars have loads of their own."""
    return MetricSpecArgs(
        type="ContainerResource",
        container_resource=ContainerResourceMetricSourceArgs(
            name=resource,
            container=pod.container.name or pod.component,
            target=MetricTargetArgs(type="Utilization", average_utilization=percent),
        ),
    )


def _behavior(by: Autoscaler) -> HorizontalPodAutoscalerBehaviorArgs:
    return HorizontalPodAutoscalerBehaviorArgs(scale_up=_rules(by.up), scale_down=_rules(by.down))


def _rules(pace: Pace) -> HPAScalingRulesArgs:
    policy = HPAScalingPolicyArgs(type=pace.unit, value=pace.amount, period_seconds=pace.every_seconds)
    return HPAScalingRulesArgs(
        stabilization_window_seconds=pace.after_seconds, select_policy="Max", policies=[policy]
    )


def _resource_triggers(pod: Pod, by: Autoscaler) -> list[dict[str, Any]]:
    container = pod.container.name or pod.component
    return [
        {
            "type": resource,
            "metricType": "Utilization",
            "metadata": {"value": str(percent), "containerName": container},
        }
        for resource, percent in by.resources.items()
    ]


def _trigger(trigger: Trigger) -> dict[str, Any]:
    """KEDA hands on totals, so that each counts by the mean of the pods."""
    login = {"authenticationRef": {"name": trigger.authentication}} if trigger.authentication else {}
    metadata = dict(trigger.metadata)
    return {"type": trigger.type, "metricType": "AverageValue", "metadata": metadata, **login}
