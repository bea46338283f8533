"""A pod with the platform's image, settings and flows, in which what is imported is loaded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from openedx_infra import scripts
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.job_log import simulated
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods.components import COMPONENT, PLATFORM, SOFTWARE
from openedx_infra.operations.pods.container import RunningContainer
from openedx_infra.operations.users_and_courses.platform_script import Interpreter

if TYPE_CHECKING:
    from lightkube import Client

NAME = "import-data"
"""Name of the pod, of which there is one at a time: two imports never load the same tables."""
SCRIPT = "transfer"
LIFE_SECONDS = 48 * 3600
"""When the pod ends by itself, if the verb that made it was killed (a guess: two nights)."""
START_SECONDS = 300
"""How long it may take to start: its image may be pulled to another node (a guess)."""
POLL_SECONDS = 0.5
MEMORY = "1Gi"
"""Its limit: one statement of a dump, one batch of documents, and Python (a guess)."""
_SLEEP = f"import time; time.sleep({LIFE_SECONDS})"
_KEPT = ("nodeSelector", "tolerations", "imagePullSecrets", "serviceAccountName", "securityContext",
         "volumes", "automountServiceAccountToken", "enableServiceLinks", "priorityClassName",
         "runtimeClassName", "dnsConfig", "dnsPolicy", "hostAliases")  # fmt: skip
"""What of the LMS' pods it has, too."""
_KEPT_OF_CONTAINER = (
    "image",
    "imagePullPolicy",
    "env",
    "envFrom",
    "securityContext",
    "volumeMounts",
    "workingDir",
)


@contextmanager
def import_pod(client: Client, instance: str, suffix: str) -> Iterator[Interpreter]:
    """A Python in a pod that has all that the LMS' pods have. It is gone after the block.

    `suffix`: that of the Deployment of the version that serves. Raises OperationError where the instance was
    never brought up, where another import runs, or where nodes are simulated.
    """
    from lightkube.resources.core_v1 import Pod

    with answering():
        manifest = manifest_of(_template(client, f"lms{suffix}"), str(client.namespace), instance)
        _create(client, manifest)
        try:
            _wait(client)
            container = RunningContainer(client=client, pod=NAME, name=NAME)
            yield Interpreter(container, ["python", "-c"], scripts.in_import_pod)
        finally:
            client.delete(Pod, NAME, grace_period=0)
            _wait_for_end(client)


def _template(client: Client, deployment: str) -> Mapping[str, Any]:
    from lightkube import ApiError
    from lightkube.resources.apps_v1 import Deployment

    try:
        found = client.get(Deployment, deployment)
    except ApiError as error:
        if error.status.code != 404:
            raise
        raise OperationError(
            f"Namespace {client.namespace} has no Deployment {deployment}: it was never brought up.",
            remedy="run `openedx-infra up` once; an import fills an empty instance",
        ) from error
    template: Mapping[str, Any] = found.to_dict()["spec"]["template"]["spec"]
    return template


def manifest_of(template: Mapping[str, Any], namespace: str, instance: str) -> dict[str, Any]:
    """The pod: that of the LMS, with nothing that serves. No Service selects it, and it has the platform's
    flows to its datastores."""
    container = template["containers"][0]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "labels": {
                SOFTWARE: PLATFORM,
                COMPONENT: NAME,
                "app.kubernetes.io/instance": instance,
                "app.kubernetes.io/managed-by": "openedx-infra",
            },
        },
        "spec": {
            **{key: template[key] for key in _KEPT if key in template},
            "restartPolicy": "Never",
            "activeDeadlineSeconds": LIFE_SECONDS,
            "terminationGracePeriodSeconds": 1,
            "containers": [
                {
                    **{key: container[key] for key in _KEPT_OF_CONTAINER if key in container},
                    "name": NAME,
                    "command": ["python", "-c", _SLEEP],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "64Mi"},
                        "limits": {"memory": MEMORY, "ephemeral-storage": "1Gi"},
                    },
                }
            ],
        },
    }


def _create(client: Client, manifest: Mapping[str, Any]) -> None:
    from lightkube import ApiError, codecs

    try:
        client.create(codecs.from_dict(dict(manifest)))
    except ApiError as error:
        if error.status.code != 409:
            raise
        raise OperationError(
            f"Another import runs in namespace {client.namespace}: pod {NAME} is there. Nothing was changed.",
            remedy="wait until it is done; if it was killed, `kubectl -n "
            f"{client.namespace} delete pod {NAME}`, and run the same command: it goes on from there",
        ) from error


def _wait(client: Client) -> None:
    from lightkube.resources.core_v1 import Pod

    end = time.monotonic() + START_SECONDS
    while True:
        pod = client.get(Pod, NAME)
        if pod.status and pod.status.phase == "Running":
            if simulated(client, pod):
                raise OperationError(
                    "This cluster's nodes are simulated, where containers don't run: nothing can be loaded.",
                    remedy="name a real cluster in openedx:cluster.context (k3s will do)",
                )
            return
        if time.monotonic() > end:
            raise OperationError(
                f"Pod {NAME} does not start: {why_not_ready(pod) or 'no reason given'}. Nothing was changed.",
                remedy="`kubectl describe pod` tells more; give the node room for it, and try again",
            )
        time.sleep(POLL_SECONDS)


def _wait_for_end(client: Client) -> None:
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Pod

    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            client.get(Pod, NAME)
        except ApiError as error:
            if error.status.code == 404:
                return
            raise
        time.sleep(POLL_SECONDS)
