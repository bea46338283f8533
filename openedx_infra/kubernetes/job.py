"""What runs once, and again only when it changed?"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.batch.v1 import Job, JobSpecArgs

from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.pod import Pod, template

RETRIES = 1
"""Pods that may fail before the Job does: one node may die, and a real fault is reported soon."""


def job(name: str, scope: Scope, pod: Pod, opts: pulumi.ResourceOptions, *, deadline_minutes: int) -> Job:
    """A pod that runs to its end, once for each version of itself.

    It gets a new name when anything in it changes, runs under that name, and then the old Job is deleted. A
    failed one is run again by the next `up`. Without a time to live: a Job that vanished would look as if it
    never ran.
    """
    deadline = pulumi.CustomTimeouts(create=f"{deadline_minutes + 5}m")
    return Job(
        name,
        metadata=scope.metadata(
            pod.component, software=pod.software, annotations={"pulumi.com/replaceUnready": "true"}
        ),
        spec=JobSpecArgs(
            backoff_limit=RETRIES,
            active_deadline_seconds=deadline_minutes * 60,
            template=template(scope, pod),
        ),
        opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(custom_timeouts=deadline), opts),
    )
