"""The namespace of a destroyed instance is deleted where it holds no volume.

It is protected for the sake of the volumes in it. Pulumi neither deletes what is protected nor what is
retained: `pulumi state unprotect` and a second `destroy` take it out of the state, then it is deleted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from openedx_infra.config import Stack
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from lightkube import Client

PATIENCE_SECONDS = 60.0
"""How long the deletion of a namespace is waited for: pods have their grace. A guess."""
POLL_SECONDS = 0.5


def delete(session: Session) -> None:
    """Delete the namespaces of a destroyed instance, if nothing else of it is protected, and neither volumes
    nor pods are in them."""
    client = session.target.client()
    if client is None or not isinstance(session.stack, Stack):
        return
    resources = session.live.state()["deployment"].get("resources") or ()
    protected = [each for each in resources if each.get("protect")]
    names = [each["inputs"]["metadata"]["name"] for each in protected if _is_namespace(each["urn"])]
    if not protected or len(names) < len(protected) or not all(_is_empty(client, name) for name in names):
        return
    session.live.unprotect(each["urn"] for each in protected)
    session.verbs(lambda _: None).destroy()
    for name in names:
        _delete(client, name)


def _is_namespace(urn: str) -> bool:
    return Urn(urn).is_kubernetes and Urn(urn).kind == "Namespace"


def _is_empty(client: Client, namespace: str) -> bool:
    from lightkube.resources.core_v1 import PersistentVolumeClaim, Pod

    with answering():
        claims = list(client.list(PersistentVolumeClaim, namespace=namespace))
        pods = list(client.list(Pod, namespace=namespace))
    return not claims and all(pod.metadata and pod.metadata.deletionTimestamp for pod in pods)


def _delete(client: Client, namespace: str) -> None:
    """Delete a namespace, and wait for its end, but not for long: Kubernetes goes on by itself."""
    from lightkube.resources.core_v1 import Namespace

    with answering():
        client.delete(Namespace, namespace)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if namespace not in {each.metadata.name for each in client.list(Namespace) if each.metadata}:
                return
            time.sleep(POLL_SECONDS)
