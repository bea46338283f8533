"""A pod that mounts all volumes of a development instance for as long as a verb works on them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from openedx_infra import scripts
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.job_log import simulated
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods.container import RunningContainer
from openedx_infra.operations.users_and_courses.platform_script import Interpreter

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.models.core_v1 import PodSpec

NAME = "dev-volumes"
"""Name of the pod, of which there is one at a time: two verbs never work on the same volumes."""
SCRIPT = "volumes.py"
SNAPSHOTS_ON_NODE = "/var/lib/openedx-infra/snapshots"
"""Folder of the node with the snapshots of all instances, each in a folder that is called as its namespace.
`openedx-infra dev cluster` shows its nodes a folder of the machine there, so that snapshots outlive them."""
SNAPSHOTS = "/snapshots"
VOLUMES = "/volumes"
LIFE_SECONDS = 3600
"""When the pod ends by itself, if the verb that made it was killed."""
START_SECONDS = 120
"""How long it may take to start: its image is on the node (a guess)."""
POLL_SECONDS = 0.2
_PLATFORM = "lms"
"""Deployment whose image has the Python that runs the script."""
_SLEEP = f"import time; time.sleep({LIFE_SECONDS})"


def paths(claims: Sequence[str]) -> dict[str, str]:
    """Folders of the pod that show the volumes, by the names of their claims."""
    return {claim: f"{VOLUMES}/{claim}" for claim in claims}


@contextmanager
def volumes_pod(client: Client, instance: str, claims: Sequence[str]) -> Iterator[Interpreter]:
    """A Python in a pod that mounts these claims, and the snapshots of the instance, as root. It is gone
    after the block.

    Raises OperationError where the namespace doesn't admit it, where another verb's pod is there, or where
    nodes are simulated.
    """
    from lightkube.resources.core_v1 import Pod

    with answering():
        spec = _platform(client)
        _create(client, _manifest(str(client.namespace), instance, claims, spec))
        try:
            _wait(client)
            container = RunningContainer(client=client, pod=NAME, name=NAME)
            yield Interpreter(container, ["python3", "-c"], scripts.in_volumes_pod)
        finally:
            client.delete(Pod, NAME, grace_period=0)


def _platform(client: Client) -> PodSpec:
    from lightkube import ApiError
    from lightkube.resources.apps_v1 import Deployment

    try:
        deployment = client.get(Deployment, _PLATFORM)
    except ApiError as error:
        if error.status.code != 404:
            raise
        raise OperationError(
            f"Namespace {client.namespace} has no LMS: the instance was never brought up whole.",
            remedy="run `openedx-infra up`",
        ) from error
    assert deployment.spec is not None and deployment.spec.template.spec is not None
    return deployment.spec.template.spec


def _create(client: Client, manifest: Mapping[str, Any]) -> None:
    from lightkube import ApiError, codecs

    try:
        client.create(codecs.from_dict(dict(manifest)))
    except ApiError as error:
        if error.status.code == 409:
            raise OperationError(
                f"Another command works on the volumes of namespace {client.namespace}: pod {NAME} is there. "
                "Nothing was changed.",
                remedy=f"wait until it is done; if it was killed, `kubectl -n {client.namespace} delete pod "
                f"{NAME}`",
            ) from error
        if error.status.code == 403:
            raise OperationError(
                f"Namespace {client.namespace} admits no pod that mounts its volumes as root: "
                f"{error.status.message}. Nothing was changed.",
                remedy="mount a folder in openedx:development.mounts, and run `openedx-infra up`: then the "
                "namespace admits it",
            ) from error
        raise


def _wait(client: Client) -> None:
    from lightkube.resources.core_v1 import Pod

    end = time.monotonic() + START_SECONDS
    while True:
        pod = client.get(Pod, NAME)
        if pod.status and pod.status.phase == "Running":
            if simulated(client, pod):
                raise OperationError(
                    "This cluster's nodes are simulated, where containers don't run: there is no data.",
                    remedy="name a real cluster in openedx:cluster.context; `openedx-infra dev cluster` "
                    "finds or makes one",
                )
            return
        if time.monotonic() > end:
            raise OperationError(
                f"Pod {NAME} does not start: {why_not_ready(pod) or 'no reason given'}. Nothing was changed.",
                remedy="all volumes must be on one node, as on a cluster of a developer's machine",
            )
        time.sleep(POLL_SECONDS)


def _manifest(namespace: str, instance: str, claims: Sequence[str], platform: PodSpec) -> dict[str, Any]:
    labels = {
        "app.kubernetes.io/name": NAME,
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/managed-by": "openedx-infra",
    }
    secrets = [each.name for each in platform.imagePullSecrets or ()]
    mounts = {f"v{index}": path for index, path in enumerate(paths(claims).values())}
    sources = {f"v{index}": claim for index, claim in enumerate(claims)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": namespace, "labels": labels},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": LIFE_SECONDS,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsUser": 0,
                "runAsGroup": 0,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "imagePullSecrets": [{"name": name} for name in secrets],
            "containers": [_container(platform, {"snapshots": SNAPSHOTS, **mounts})],
            "volumes": [
                {
                    "name": "snapshots",
                    "hostPath": {"path": f"{SNAPSHOTS_ON_NODE}/{namespace}", "type": "DirectoryOrCreate"},
                },
                *(
                    {"name": name, "persistentVolumeClaim": {"claimName": claim}}
                    for name, claim in sources.items()
                ),
            ],
        },
    }


def _container(platform: PodSpec, mounts: Mapping[str, str]) -> dict[str, Any]:
    """Root with no more than it takes to read and write files of all servers' users."""
    image = platform.containers[0]
    return {
        "name": NAME,
        "image": image.image,
        "imagePullPolicy": image.imagePullPolicy,
        "command": ["python3", "-c", _SLEEP],
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
        "resources": {
            "requests": {"cpu": "10m", "memory": "64Mi", "ephemeral-storage": "1Mi"},
            "limits": {"memory": "512Mi", "ephemeral-storage": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": False,
            "capabilities": {"drop": ["ALL"], "add": ["CHOWN", "DAC_OVERRIDE", "FOWNER"]},
        },
    }
