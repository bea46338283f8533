"""Deletes finished Jobs of CronJobs that hold a volume which is being deleted.

Kubernetes deletes no volume as long as a pod names it, be it one that ended days ago: `up` would wait for it
until the next run takes the old one's place, or for ten minutes in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openedx_infra.operations.cluster.cron_status import is_of_cron_job
from openedx_infra.operations.cluster.health import ending

if TYPE_CHECKING:
    from lightkube import Client

CLAIM = "PersistentVolumeClaim"
"""Kind of a volume."""


def delete_holders(client: Client) -> list[str]:
    """Delete finished runs of CronJobs that mount a volume which is being deleted; return their names."""
    from lightkube.resources.batch_v1 import Job
    from lightkube.resources.core_v1 import PersistentVolumeClaim
    from lightkube.types import CascadeType

    claims: list[Any] = list(client.list(PersistentVolumeClaim))
    deleting = {claim.metadata.name for claim in claims if claim.metadata.deletionTimestamp}
    jobs: list[Any] = list(client.list(Job)) if deleting else []
    holding = [
        job.metadata.name
        for job in jobs
        if ending(job)[0] and is_of_cron_job(job) and not deleting.isdisjoint(_claims(job))
    ]
    for name in holding:
        client.delete(Job, name, cascade=CascadeType.BACKGROUND)
    return holding


def _claims(job: Any) -> set[str]:
    volumes = job.spec.template.spec.volumes or ()
    return {each.persistentVolumeClaim.claimName for each in volumes if each.persistentVolumeClaim}
