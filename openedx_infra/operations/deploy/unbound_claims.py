"""Volumes that were asked for and never bound: they hold nothing, so they are replaced, or deleted.

Pulumi refuses to replace what is protected, and leaves what is retained. An unbound claim is unprotected by
`pulumi state unprotect`, deleted from the cluster, and `pulumi refresh` takes it out of the state.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.operations.state.live_stack import LiveStack

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import PersistentVolumeClaim

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
"""Pulumi's token for claims."""
PATIENCE_SECONDS = 30.0
"""How long the deletion of an unbound claim may take. A guess: pods that wait for it don't hold it."""
POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class UnboundClaim:
    """A claim without a volume."""

    urn: str
    namespace: str
    name: str
    spec: Mapping[str, Any]
    """What was asked for."""
    in_state: bool
    """Whether it is a resource of the state, and not only one whose creation was interrupted."""


def unbound(state: Mapping[str, Any], client: Client | None) -> list[UnboundClaim]:
    """The claims of a stack's state that are in the cluster and have no volume."""
    if client is None:
        return []
    claims = list(_claims(state))
    return [claim for claim in claims if _is_unbound(client, claim)] if claims else []


def outdated(claims: Sequence[UnboundClaim], stack: BaseStack) -> list[UnboundClaim]:
    """Those that the stack now asks for differently, or not at all. A claim can't be changed."""
    if not claims:
        return []
    resources = recorded(stack, stand_ins(stack)).resources
    wanted = {each.urn: each.props["spec"] for each in resources if each.type == CLAIM}
    return [claim for claim in claims if wanted.get(claim.urn) != claim.spec]


def show(claims: Sequence[UnboundClaim], console: Console) -> None:
    """Print which claims make place for others."""
    if claims:
        names = ", ".join(claim.name for claim in claims)
        console.print(
            f"These volumes were never bound and hold nothing, so they are deleted, and created again as the "
            f"stack file describes them now: {names}.",
            soft_wrap=True,
            highlight=False,
        )


def refuse(claims: Sequence[UnboundClaim], stack: str) -> None:
    """Raise OperationError when there are claims that only `openedx-infra up` replaces.

    Plain Pulumi asks before it changes anything, and by then they must be gone; it would end in `cannot be
    replaced` or `cannot be deleted`, after it changed other things.
    """
    if claims:
        names = ", ".join(claim.name for claim in claims)
        raise OperationError(
            f"These volumes were never bound, and the stack file describes them differently now: {names}. "
            "Pulumi replaces nothing that is protected, though they are empty. Nothing was changed.",
            remedy=f"run `openedx-infra up --stack {stack}`, which deletes them and creates them again; "
            "plain Pulumi works from then on",
        )


def delete(claims: Sequence[UnboundClaim], live: LiveStack, client: Client | None) -> None:
    """Delete claims from the cluster and from the state.

    Raises OperationError when another run works on the stack, before anything is deleted.
    """
    if not claims or client is None:
        return
    urns = [claim.urn for claim in claims if claim.in_state]
    if urns:
        live.unprotect(urns)  # Pulumi locks the stack for it, so a run that is under way ends this one
    for claim in claims:
        _delete(claim, client)
    if urns:
        live.refresh(urns)


def _claims(state: Mapping[str, Any]) -> Iterator[UnboundClaim]:
    deployment = state["deployment"]
    pending = [each["resource"] for each in deployment.get("pending_operations") or ()]
    for in_state, resources in ((True, deployment.get("resources") or ()), (False, pending)):
        for each in resources:
            if each["type"] == CLAIM and not each.get("delete"):
                metadata = each["inputs"]["metadata"]
                yield UnboundClaim(
                    urn=each["urn"],
                    namespace=metadata["namespace"],
                    name=metadata["name"],
                    spec=each["inputs"]["spec"],
                    in_state=in_state,
                )


def _is_unbound(client: Client, claim: UnboundClaim) -> bool:
    """Whether the claim is in the cluster, without a volume."""
    found = _get(client, claim)
    return found is not None and not (found.spec and found.spec.volumeName)


def _get(client: Client, claim: UnboundClaim) -> PersistentVolumeClaim | None:
    from lightkube import ApiError
    from lightkube.resources.core_v1 import PersistentVolumeClaim

    with answering():
        try:
            return client.get(PersistentVolumeClaim, claim.name, namespace=claim.namespace)
        except ApiError as error:
            if error.status.code == HTTPStatus.NOT_FOUND:
                return None
            raise


def _delete(claim: UnboundClaim, client: Client) -> None:
    """Delete a claim unless it was bound meanwhile, and wait until it is gone."""
    from lightkube.resources.core_v1 import PersistentVolumeClaim

    if not _is_unbound(client, claim):
        return
    with answering():
        client.delete(PersistentVolumeClaim, claim.name, namespace=claim.namespace)
    end = time.monotonic() + PATIENCE_SECONDS
    while _get(client, claim) is not None:
        if time.monotonic() > end:
            raise OperationError(
                f"The unbound volume {claim.name} was deleted and is still there after "
                f"{PATIENCE_SECONDS:.0f} s: a pod holds it.",
                remedy=f"`kubectl -n {claim.namespace} describe pvc {claim.name}` names the pod: delete it, "
                "then run the command again",
            )
        time.sleep(POLL_SECONDS)
