"""Deployments and StatefulSets with their Services, disruption budgets and service accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import pulumi

from openedx_infra.kubernetes.autoscaling import FORCE, Replicas, autoscale, hold
from openedx_infra.kubernetes.models import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    LabelSelectorArgs,
    PodDisruptionBudget,
    PodDisruptionBudgetSpecArgs,
    RollingUpdateDeploymentArgs,
    Service,
    ServiceAccount,
    ServicePortArgs,
    ServiceSpecArgs,
    StatefulSet,
    StatefulSetSpecArgs,
)
from openedx_infra.kubernetes.names import NO_WAIT, Scope
from openedx_infra.kubernetes.pod import Pod, template
from openedx_infra.kubernetes.timeouts import PROGRESS_SECONDS, timeouts


def deployment(
    name: str,
    scope: Scope,
    pod: Pod,
    opts: pulumi.ResourceOptions,
    *,
    replicas: int | Replicas,
    renewal: Literal["surge", "recreate"] = "surge",
) -> Deployment:
    """Pods without data, a disruption budget where there may be several, and who decides how many there are.

    `surge` starts a new pod before an old one goes; `recreate` has never two at a time. Of a paused pod there
    is none.
    """
    count = replicas if isinstance(replicas, Replicas) else Replicas(fixed=replicas)
    autoscaler = count.autoscaler
    number = 0 if pod.paused else None if autoscaler else count.fixed
    most = 0 if pod.paused else autoscaler.most if autoscaler else count.fixed
    if most > 1:
        budget(name, scope, pod, opts)
    opts = pulumi.ResourceOptions.merge(
        pulumi.ResourceOptions(custom_timeouts=timeouts(pod, pods=most)), opts
    )
    result = _deployment(name, scope, pod, opts, number, renewal, scalable=count is replicas)
    if autoscaler:
        autoscale(name, scope, pod, autoscaler, opts, target=result)
    elif count is replicas and number and number > 1:
        hold(name, scope, number, opts, target=result)
    return result


def _deployment(
    name: str,
    scope: Scope,
    pod: Pod,
    opts: pulumi.ResourceOptions,
    replicas: int | None,
    renewal: Literal["surge", "recreate"],
    *,
    scalable: bool,
) -> Deployment:
    return Deployment(
        name,
        metadata=scope.metadata(
            pod.component, name=name, software=pod.software, annotations=FORCE if scalable else None
        ),
        spec=DeploymentSpecArgs(
            replicas=replicas,
            revision_history_limit=2,
            progress_deadline_seconds=PROGRESS_SECONDS,
            selector=LabelSelectorArgs(match_labels=scope.selector(pod.component)),
            strategy=_strategy(renewal),
            template=template(scope, pod, moves=renewal == "surge"),
        ),
        opts=opts,
    )


def stateful_set(name: str, scope: Scope, pod: Pod, opts: pulumi.ResourceOptions) -> StatefulSet:
    """One pod that owns data, and the Service that names it.

    Its volumes are claims of their own, so that replacing it never loses them.
    """
    pod = replace(pod, rank="data")
    service(name, scope, pod, pulumi.ResourceOptions(parent=opts.parent))
    return StatefulSet(
        name,
        metadata=scope.metadata(pod.component, name=name, software=pod.software),
        spec=StatefulSetSpecArgs(
            replicas=1,
            service_name=name,
            revision_history_limit=2,
            selector=LabelSelectorArgs(match_labels=scope.selector(pod.component)),
            template=template(scope, pod),
        ),
        opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(custom_timeouts=timeouts(pod)), opts),
    )


def service(
    name: str,
    scope: Scope,
    pod: Pod,
    opts: pulumi.ResourceOptions,
    annotations: Mapping[str, str] | None = None,
) -> Service:
    """One address within the cluster for all ready pods like `pod`, on the port of its container."""
    port = pod.container.port
    if port is None:
        raise ValueError(f"{name}: its container listens on no port")
    return Service(
        name,
        metadata=scope.metadata(
            pod.component, name=name, software=pod.software, annotations={**NO_WAIT, **(annotations or {})}
        ),
        spec=ServiceSpecArgs(
            selector=scope.selector(pod.component),
            ports=[ServicePortArgs(name="tcp", port=port, target_port=port, protocol="TCP")],
        ),
        opts=opts,
    )


def budget(name: str, scope: Scope, pod: Pod, opts: pulumi.ResourceOptions) -> PodDisruptionBudget:
    """At most one pod is moved at a time, however many an autoscaler has started. It keeps no node from being
    drained, as a single pod may go, too."""
    return PodDisruptionBudget(
        name,
        metadata=scope.metadata(pod.component, name=name, software=pod.software, annotations=NO_WAIT),
        spec=PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            # A broken pod must not keep its node from being drained.
            unhealthy_pod_eviction_policy="AlwaysAllow",
            selector=LabelSelectorArgs(match_labels=scope.selector(pod.component)),
        ),
        opts=pulumi.ResourceOptions(parent=opts.parent),
    )


def service_account(
    name: str, scope: Scope, annotations: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> ServiceAccount:
    """A service account of a fixed name, by which clouds know it. Annotations tell them what it may do."""
    return ServiceAccount(
        name,
        metadata=scope.metadata(name, name=name, annotations=annotations),
        automount_service_account_token=False,
        opts=opts,
    )


def _strategy(renewal: Literal["surge", "recreate"]) -> DeploymentStrategyArgs:
    if renewal == "recreate":
        return DeploymentStrategyArgs(type="Recreate")
    return DeploymentStrategyArgs(
        type="RollingUpdate",
        rolling_update=RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
    )
