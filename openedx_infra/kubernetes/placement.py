"""Nodes of pods: spread, affinity, and when pods leave a node that is lost."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.kubernetes.models import (
    AffinityArgs,
    LabelSelectorArgs,
    PodAffinityArgs,
    PodAffinityTermArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
)

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
LOST_NODE_SECONDS = 60
"""Seconds until pods without data leave a node that was found silent. Kubernetes waits 300 s. Visitors are
sent elsewhere at once, but so long the other pods carry all of the load. A node that reboots may be back in a
minute (a guess), and then nothing need move."""


def spread(key: str, selector: Mapping[str, str]) -> TopologySpreadConstraintArgs:
    """Apart where there is room: a pod that shares a node or a zone is better than none."""
    return TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key=key,
        when_unsatisfiable="ScheduleAnyway",
        label_selector=LabelSelectorArgs(match_labels=selector),
        # Else a roll-out counts the pods that are about to go, and all new ones end on one node (seen so).
        match_label_keys=["pod-template-hash"],
    )


def lost_node_tolerations() -> list[TolerationArgs]:
    """How long a pod stays bound to a node that no longer answers."""
    lost = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    return [
        TolerationArgs(key=key, operator="Exists", effect="NoExecute", toleration_seconds=LOST_NODE_SECONDS)
        for key in lost
    ]


def beside(labels: Mapping[str, str] | None) -> AffinityArgs | None:
    """On the node of pods with these labels. None: anywhere."""
    if not labels:
        return None
    term = PodAffinityTermArgs(topology_key=HOSTNAME, label_selector=LabelSelectorArgs(match_labels=labels))
    return AffinityArgs(
        pod_affinity=PodAffinityArgs(required_during_scheduling_ignored_during_execution=[term])
    )
