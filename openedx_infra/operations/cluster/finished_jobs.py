"""What holds a volume that is being deleted? Runs of CronJobs that are over, and kept for their logs.

Kubernetes deletes no volume as long as a pod names it, be it one that ended days ago: `up` would wait for it
until the next run takes the old one's place, or for ten minutes in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openedx_infra.operations.cluster.cron_status import of_clock
from openedx_infra.operations.cluster.health import ending

if TYPE_CHECKING:
    from lightkube import Client

CLAIM = "PersistentVolumeClaim"
"""Kind of what is held."""


def let_go(client: Client) -> list[str]:
    """Delete the runs of CronJobs that are over and hold a volume which is to go; return their names."""
    from lightkube.resources.batch_v1 import Job
    from lightkube.resources.core_v1 import PersistentVolumeClaim
    from lightkube.types import CascadeType

    claims: list[Any] = list(client.list(PersistentVolumeClaim))
    going = {claim.metadata.name for claim in claims if claim.metadata.deletionTimestamp}
    jobs: list[Any] = list(client.list(Job)) if going else []
    holding = [
        job.metadata.name
        for job in jobs
        if ending(job)[0] and of_clock(job) and not going.isdisjoint(_claims(job))
    ]
    for name in holding:
        client.delete(Job, name, cascade=CascadeType.BACKGROUND)
    return holding


def _claims(job: Any) -> set[str]:
    volumes = job.spec.template.spec.volumes or ()
    return {each.persistentVolumeClaim.claimName for each in volumes if each.persistentVolumeClaim}
