"""Deletions that AWS refuses, and what stays of what was deleted."""

from __future__ import annotations

from simulated_aws.cloud import Cloud, Resource
from simulated_aws.kinds import KINDS

SNAPSHOT = "aws:rds/snapshot:Snapshot"
"""Type of the last snapshots that stay of databases and replication groups. AWS has one namespace of them for
each service; one for all refuses more."""
OBJECTS = "objects"
"""Output of a bucket by which a test tells how many objects are in it."""


def refusal(cloud: Cloud, resource: Resource) -> str | None:
    """Why AWS doesn't delete a resource, in its words; None when it does."""
    said, noun = resource.inputs, KINDS[resource.type].guarded
    if (name := _last_snapshot(resource)) and cloud.find(SNAPSHOT, name):
        return (
            f"deleting {resource.type} ({resource.id}): api error SnapshotAlreadyExists: Cannot create the "
            f"snapshot because a snapshot with the identifier {name} already exists."
        )
    if noun and said.get("deletionProtection"):
        return (
            f"deleting RDS {noun} ({resource.id}): api error InvalidParameterCombination: Cannot delete "
            f"protected {noun}, please disable deletion protection and try again."
        )
    if noun and not said.get("skipFinalSnapshot") and not said.get("finalSnapshotIdentifier"):
        return f"deleting RDS {noun} ({resource.id}): final_snapshot_identifier is required when " + (
            "skip_final_snapshot is false"
        )
    if resource.outputs.get(OBJECTS) and not said.get("forceDestroy"):
        return (
            f"deleting S3 Bucket ({resource.id}): api error BucketNotEmpty: The bucket you tried to delete "
            "is not empty"
        )
    return None


def keep_snapshot(cloud: Cloud, resource: Resource) -> None:
    """Make the last snapshot of a server that is deleted, where it was asked for."""
    if name := _last_snapshot(resource):
        outputs = {"source": resource.id}
        cloud.put(Resource(urn=resource.urn, type=SNAPSHOT, id=name, inputs={}, outputs=outputs))


def _last_snapshot(resource: Resource) -> str | None:
    """Its name. Replication groups of ElastiCache make one where they have a name for it, databases unless
    they are told not to."""
    name = resource.inputs.get("finalSnapshotIdentifier")
    return str(name) if name and not resource.inputs.get("skipFinalSnapshot") else None
