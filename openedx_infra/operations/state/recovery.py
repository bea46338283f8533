"""Takes over what a killed run was creating: what exists in the cluster goes into the state.

`pulumi refresh --import-pending-creates` is meant for that, but did not create a Job (seen with 3.259). So
the state is written as the provider would have written it. tests/engine/test_one_workload.py compares both,
and fails when a new provider writes something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.unfinished_jobs import unfinished_jobs, wait_for_jobs
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.models.meta_v1 import ObjectMeta

_MANAGER = "pulumi-kubernetes"
"""How the names begin under which Pulumi's provider owns fields of an object."""


def recover(live: LiveStack, client: Client | None, console: Console) -> None:
    """Take over the objects that an earlier run was creating when it was stopped or killed.

    Otherwise `up` would create them again: a second migration Job beside the first one, which still runs.
    `client` is None where the stack needs no cluster.
    """
    state = live.state()
    if client:
        wait_for_jobs(unfinished_jobs(state), client, console)
    pending = state["deployment"].get("pending_operations") or []
    if not pending:
        return
    managers = {}
    for resource in (each["resource"] for each in pending if each["type"] == "creating"):
        if (
            client
            and Urn(resource["urn"]).is_kubernetes
            and (manager := _manager(client, resource["inputs"])) is not None
        ):
            managers[resource["urn"]] = manager
    live.replace_state(without_pending(state, managers))
    if lost := [f"{Urn(each['urn'])} ({_called(each['inputs'])})" for each in _pending_at_aws(pending)]:
        console.print(
            f"An earlier run was killed while AWS created {', '.join(lost)}. Pulumi can't know whether it "
            "exists, and creates it again: delete the first one at AWS if you find it.",
            style="yellow",
            soft_wrap=True,
        )
    if managers:
        names = ", ".join(str(Urn(urn)) for urn in managers)
        console.print(f"An earlier run was killed while it created {names}: waiting for it.", soft_wrap=True)
        live.refresh(managers)


def _pending_at_aws(pending: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What AWS was creating. Until AWS has answered, it has no ID that could be asked for."""
    creating = [each["resource"] for each in pending if each["type"] == "creating"]
    return [each for each in creating if Urn(each["urn"]).is_on_aws]


def _called(inputs: Mapping[str, Any]) -> str:
    """The name that a person looks for at AWS."""
    return next((str(inputs[key]) for key in _NAMES if inputs.get(key)), "without a name")


_NAMES = ("identifier", "clusterIdentifier", "replicationGroupId", "domainName", "bucket", "name")
"""Inputs that name a resource at AWS, by its service."""


def without_pending(state: Mapping[str, Any], managers: Mapping[str, str]) -> dict[str, Any]:
    """A state in which nothing is pending any more.

    What was being created and has an entry in `managers`, by URN with the name under which Pulumi owns its
    fields, becomes a resource as if its creation had ended; the one that it was to replace is marked for
    deletion. All else that was pending is dropped: `up` does it again.
    """
    result = deepcopy(dict(state))
    deployment = result["deployment"]
    resources = deployment.setdefault("resources", [])
    for operation in deployment.pop("pending_operations", None) or ():
        resource = operation["resource"]
        if operation["type"] == "creating" and resource["urn"] in managers:
            for old in resources:
                if old["urn"] == resource["urn"]:
                    old["delete"] = True
            resources.append(_created(resource, managers[resource["urn"]]))
    return result


def _created(resource: Mapping[str, Any], manager: str) -> dict[str, Any]:
    """The resource as the provider would have returned it; a refresh fills in what only the cluster knows."""
    inputs = resource["inputs"]
    metadata = inputs["metadata"]
    name = "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)
    outputs = {
        **inputs,
        "__fieldManager": manager,
        "__initialApiVersion": inputs["apiVersion"],
        "__inputs": inputs,
    }
    return {**resource, "id": name, "outputs": outputs}


def _manager(client: Client, inputs: Mapping[str, Any]) -> str | None:
    """The name under which Pulumi owns the fields of an object; None when the object does not exist."""
    from lightkube import ApiError
    from lightkube.core.exceptions import LoadResourceError
    from lightkube.core.resource_registry import resource_registry

    metadata = inputs.get("metadata") or {}
    namespace = {"namespace": metadata["namespace"]} if metadata.get("namespace") else {}
    try:
        kind = resource_registry.load(inputs["apiVersion"], inputs["kind"])
        existing = client.get(kind, metadata.get("name", ""), **namespace)
    except LoadResourceError:
        return None  # a kind that is created in a moment, such as Traefik's Middleware: it is written again
    except ApiError as error:
        if error.status.code == 404:
            return None
        raise
    meta: ObjectMeta | None = getattr(existing, "metadata", None)
    fields = (meta.managedFields if meta else None) or ()
    managers = [entry.manager for entry in fields if (entry.manager or "").startswith(_MANAGER)]
    return managers[0] if managers else None
