"""The servers of a development instance that keep data, their volumes, and stopping them for a moment."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods.container import COMPONENT

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.models.core_v1 import PodSpec
    from lightkube.resources.apps_v1 import StatefulSet
    from lightkube.resources.core_v1 import Pod

POLL_SECONDS = 0.5
STOP_SECONDS = 180
"""How long servers may take to end: their grace period is 60 to 120 seconds, and they take two or three."""
START_SECONDS = 300
"""How long servers may take until they are ready (a guess: MySQL takes up to a minute after a crash)."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A StatefulSet of the instance."""

    name: str
    image: str
    """Image of its first container."""
    claims: tuple[str, ...]
    """PersistentVolumeClaims that it mounts: none, where it keeps all in memory."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """All that an instance keeps."""

    servers: Sequence[Server]
    claims: Sequence[str]
    """PersistentVolumeClaims of servers, and of uploaded files that the platform's own pods mount."""
    passwords: str
    """Digest of the Secrets of the servers. Databases keep the passwords that they were made with."""

    @property
    def images(self) -> Mapping[str, str]:
        """Images by the names of servers."""
        return {server.name: server.image for server in self.servers}

    def keeping(self) -> list[str]:
        """Servers that have a volume."""
        return [server.name for server in self.servers if server.claims]


def data_of(client: Client) -> Data:
    """What the instance in the client's namespace keeps. Raises OperationError where it has no servers."""
    from lightkube.resources.apps_v1 import Deployment, StatefulSet

    with answering():
        sets = list(client.list(StatefulSet))
        deployments = list(client.list(Deployment))
        if not sets:
            raise OperationError(
                f"Namespace {client.namespace} has no servers: the instance was never brought up.",
                remedy="run `openedx-infra up`",
            )
        passwords = _passwords(client, sets)
    templates = [each.spec.template for each in sets if each.spec]
    templates += [each.spec.template for each in deployments if each.spec]
    specs = [template.spec for template in templates]
    claims = {claim for spec in specs if spec for claim in _claims(spec)}
    servers = [
        Server(name=_name(each), image=_pod(each).containers[0].image or "", claims=_claims(_pod(each)))
        for each in sets
    ]
    return Data(servers=servers, claims=sorted(claims), passwords=passwords)


@contextmanager
def stopped(client: Client, names: Sequence[str]) -> Iterator[None]:
    """Within the block, these StatefulSets have no pod; after it they are ready again, whatever happened."""
    with answering():
        try:
            _scale(client, names, 0)
            _wait_for_end(client, names)
            yield
        finally:
            _scale(client, names, 1)
        _wait_for_start(client, names)


def _scale(client: Client, names: Sequence[str], replicas: int) -> None:
    from lightkube.resources.apps_v1 import StatefulSet

    for name in names:
        client.patch(StatefulSet, name, {"spec": {"replicas": replicas}})


def _wait_for_end(client: Client, names: Sequence[str]) -> None:
    end = time.monotonic() + STOP_SECONDS
    while left := _pods(client, names):
        if time.monotonic() > end:
            raise OperationError(
                f"These servers did not end: {', '.join(sorted(_pod_name(pod) for pod in left))}. They are "
                "started again, and nothing was changed.",
                remedy="see what they are doing: `openedx-infra status`",
            )
        time.sleep(POLL_SECONDS)


def _wait_for_start(client: Client, names: Sequence[str]) -> None:
    from lightkube.resources.apps_v1 import StatefulSet

    end = time.monotonic() + START_SECONDS
    waiting = list(names)
    while waiting := [name for name in waiting if not _is_ready(client.get(StatefulSet, name))]:
        if time.monotonic() > end:
            reasons = {_pod_name(pod): why_not_ready(pod) for pod in _pods(client, waiting)}
            text = "; ".join(f"{name}: {reason or 'it is starting'}" for name, reason in reasons.items())
            raise OperationError(
                f"These servers are not ready: {', '.join(waiting)} ({text or 'they have no pod'}).",
                remedy="`openedx-infra status` and `openedx-infra logs` show what they wait for",
            )
        time.sleep(POLL_SECONDS)


def _pods(client: Client, names: Sequence[str]) -> list[Pod]:
    from lightkube.resources.core_v1 import Pod

    return list(client.list(Pod, labels={COMPONENT: list(names)}))


def _is_ready(each: StatefulSet) -> bool:
    status, generation = each.status, each.metadata.generation if each.metadata else None
    return bool(status and status.readyReplicas and status.observedGeneration == generation)


def _claims(spec: PodSpec) -> tuple[str, ...]:
    sources = [volume.persistentVolumeClaim for volume in spec.volumes or ()]
    return tuple(source.claimName for source in sources if source)


def _passwords(client: Client, sets: Sequence[StatefulSet]) -> str:
    """A digest of all Secrets that servers mount, from which nobody learns them: they are random."""
    from lightkube.resources.core_v1 import Secret

    digest = hashlib.sha256()
    for each in sorted(sets, key=_name):
        for secret in sorted(_secrets(_pod(each))):
            data = client.get(Secret, secret).data or {}
            for key in sorted(data):
                digest.update(repr((_name(each), key, data[key])).encode())
    return digest.hexdigest()


def _secrets(spec: PodSpec) -> Iterator[str]:
    for volume in spec.volumes or ():
        if volume.secret and volume.secret.secretName:
            yield volume.secret.secretName
        for source in (volume.projected.sources if volume.projected else None) or ():
            if source.secret and source.secret.name:
                yield source.secret.name


def _pod(each: StatefulSet) -> PodSpec:
    assert each.spec is not None and each.spec.template.spec is not None
    return each.spec.template.spec


def _name(each: StatefulSet) -> str:
    assert each.metadata is not None and each.metadata.name is not None
    return each.metadata.name


def _pod_name(pod: Pod) -> str:
    return str(pod.metadata.name if pod.metadata else "")
