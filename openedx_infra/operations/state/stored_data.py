"""Which parts of an instance hold no data yet: a first `up` that failed may be mended without loss."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from openedx_infra.config import Stack
from openedx_infra.config.immutable import VOLUMES
from openedx_infra.operations.cluster.connection import no_answer
from openedx_infra.operations.state.unfinished_jobs import JOB
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from lightkube import Client

FIRST_WRITER = "lms-migrate"
"""The first Job that uses all datastores."""
_PROVISIONING = {"mysql": "mysql-provision", "mongodb": "mongodb-provision", "search": "search-provision"}
"""Jobs that make databases, users and keys."""
_SETUP = "lms-setup"
"""The Job that writes the hosts into the database."""
_FILES = ("media", "private")
"""Claims of uploaded files, whose access mode can't change once they are bound."""


def empty(stack: Stack, state: Mapping[str, Any], client: Client | None, *, succeeded: bool) -> set[str]:
    """The holders of immutable keys (`config.immutable.holder_of`) in which nothing is stored.

    `succeeded`: whether an `up` has, since the last `destroy`. Then everything counts as full, as the rest of
    the evidence may have been deleted since. What the cluster does not tell counts as full, too.
    """
    bound = _bound_claims(client, stack.namespace)
    if succeeded or bound is None:
        return set()
    done = set(_finished_jobs(state))
    found = set() if bound else {VOLUMES}
    if _SETUP not in done:
        found.add("site")
    if any(_is_protected_on_aws(each) for each in _resources(state)):
        return found
    found.add("aws")
    for store in stack.stores:
        if not {FIRST_WRITER, _PROVISIONING.get(store)} & done:
            found.add(store)
    return found - ({"storage"} if bound & set(_FILES) else set())


def _bound_claims(client: Client | None, namespace: str) -> set[str] | None:
    """Names of the namespace's claims that have a volume. None: the cluster did not tell."""
    from lightkube.resources.core_v1 import PersistentVolumeClaim

    if client is None:
        return None
    try:
        claims = list(client.list(PersistentVolumeClaim, namespace=namespace))
    except no_answer():
        return None
    return {
        claim.metadata.name or ""
        for claim in claims
        if claim.metadata and claim.spec and claim.spec.volumeName
    }


def _finished_jobs(state: Mapping[str, Any]) -> Iterator[str]:
    """Names of the Jobs that Pulumi has seen end well."""
    for each in _resources(state):
        if each["type"] == JOB and each.get("id") and not each.get("initErrors"):
            yield Urn(each["urn"]).name


def _is_protected_on_aws(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("protect")) and Urn(resource["urn"]).is_on_aws


def _resources(state: Mapping[str, Any]) -> Collection[Mapping[str, Any]]:
    resources: Collection[Mapping[str, Any]] = state["deployment"].get("resources") or ()
    return resources
