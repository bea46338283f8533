"""Kubernetes objects of a run of edx-platform's tests, in a namespace of their own.

One pod does it all: MongoDB starts first, the platform is copied to where it can be written, then the tests
run, and a container beside them waits to say the report. Nothing but the node is talked to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openedx_infra import scripts
from openedx_infra.operations.platform_tests.suites import Suite
from openedx_infra.settings.paths import PLATFORM_DIR

TESTS, REPORT, MONGODB = "tests", "report", "mongodb"
"""Names of the containers."""

USER = 10_001
"""User of all containers, whom no node has: any may read the platform's files, and run MongoDB on folders of
its group. Where the cluster assigns users, it is the one that it assigns."""

SCRIPTS = ("platform_tests.sh", "platform_tests_report.sh", "platform_checks.sh", "pytest_shard.py")
REGISTRIES = "registries"
"""Secret with the logins that the stack file names."""

SOURCE = "source"
"""Volume with a checkout of the platform."""
_COPY = f"/copy/{Path(PLATFORM_DIR).name}"
_COPY_CHECKOUT = (
    f"mkdir -p {_COPY} && cd /source && tar -c --exclude=./.git --exclude=./node_modules --exclude=./.venv "
    f"--exclude=__pycache__ . >/copy/all.tar && tar -x -C {_COPY} -f /copy/all.tar && rm /copy/all.tar"
)
REPORTS_DIR = "/openedx/reports"
TESTS_DIR = "/openedx/tests"

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Images:
    """Which images a run uses, and how nodes get them."""

    openedx: str
    """The platform, built for the target `development`."""
    mongodb: str
    pull_policy: str
    pull_secrets: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """How much a run may take. Memory is a guess: one process of the LMS' tests had some 2 GB elsewhere."""

    cpu: str = "1"
    memory: str = "4Gi"
    minutes: int = 120


@dataclass(frozen=True, kw_only=True)
class Source:
    """A checkout of the platform that is tested instead of the image's, in a development instance."""

    folder: str
    """Its path on the node. It is copied before the tests: they write beside the code."""
    user: int | None = None
    """Numeric user who reads it. None: USER."""


def namespace(name: str, instance: str, *, mounts_folders: bool = False) -> Object:
    """The scratch namespace, where the API server refuses pods with privileges. A folder of the node is one:
    with `mounts_folders` it only warns of others."""
    modes = ("audit", "warn") if mounts_folders else ("enforce", "audit", "warn")
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in modes}
    if mounts_folders:
        levels["pod-security.kubernetes.io/enforce"] = "privileged"
    labels = {"app.kubernetes.io/instance": instance, "app.kubernetes.io/managed-by": "openedx-infra"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {**labels, **levels}},
    }


def isolation(space: str) -> Object:
    """Nothing in, nothing out: tests need MongoDB, which is in their pod, and no more."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny-all", "namespace": space},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def script_files(space: str) -> Object:
    """What the Job runs."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "scripts", "namespace": space},
        "data": {name: scripts.text(name) for name in SCRIPTS},
    }


def pull_secret(space: str, name: str, data: Mapping[str, str]) -> Object:
    """Logins at registries, in Base64, as in the instance's own namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": name, "namespace": space},
        "data": dict(data),
    }


def job(
    space: str,
    suite: Suite,
    images: Images,
    resources: Resources,
    *,
    assigned_users: bool = False,
    source: Source | None = None,
) -> Object:
    """The Job of one suite. It is tried once: a test that fails is no fault of the node.

    With `assigned_users`, the cluster decides as which user its pod runs, as OpenShift does. `source`: what
    is tested; None: the image's own.
    """
    labels = {"app.kubernetes.io/name": "edx-platform", "app.kubernetes.io/component": f"tests-{suite.name}"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": suite.name, "namespace": space, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": resources.minutes * 60,
            "template": {
                "metadata": {"labels": labels},
                "spec": _pod(suite, images, resources, assigned_users, source),
            },
        },
    }


def _pod(
    suite: Suite, images: Images, resources: Resources, assigned_users: bool, source: Source | None
) -> Object:
    number = source.user if source and source.user else USER
    user = {} if assigned_users else {"runAsUser": number, "runAsGroup": 0, "fsGroup": USER}
    mounted = {"hostPath": {"path": source.folder, "type": "Directory"}} if source else None
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            **user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "imagePullSecrets": [{"name": name} for name in images.pull_secrets],
        "initContainers": [*([_mongodb(images)] if suite.tested else []), _copy(suite, images, source)],
        "containers": [_tests(suite, images, resources), _report(images)],
        "volumes": [
            {"name": "scripts", "configMap": {"name": "scripts"}},
            *([{"name": SOURCE, **mounted}] if mounted else []),
            *(
                {"name": name, "emptyDir": {}}
                for name in ("platform", "reports", "tmp", "data", "mongodb-tmp")
            ),
        ],
    }


def _mongodb(images: Images) -> Object:
    """MongoDB as a sidecar: up before the tests begin, ended by Kubernetes when they have. Without a login,
    as the platform's test settings have none; no other pod reaches it."""
    mounts = {"data": "/data/db", "mongodb-tmp": "/tmp"}
    return {
        **_container(MONGODB, images.mongodb, images, mounts, memory="1Gi", disk="4Gi"),
        "restartPolicy": "Always",
        "command": ["mongod", "--bind_ip_all", "--wiredTigerCacheSizeGB", "0.25"],
        "startupProbe": {"tcpSocket": {"port": 27017}, "periodSeconds": 2, "failureThreshold": 60},
        "securityContext": _security(),
    }


def _copy(suite: Suite, images: Images, source: Source | None) -> Object:
    """Tests write beside the code (test_root, reports), and an image can't be written.

    It goes into a folder of the volume, whose root is root's: nobody else may set its times. Of a checkout,
    what takes room and isn't tested is left out, and packages of npm are the image's.
    """
    container = _container("copy", images.openedx, images, {"platform": "/copy"}, disk="6Gi")
    copy = ["cp", "-R", "--preserve=mode,timestamps,links"]
    if source is None:
        return container | {"command": [*copy, PLATFORM_DIR, "/copy"]}
    script = _COPY_CHECKOUT
    if suite.node_modules:
        script += f" && {' '.join(copy)} {PLATFORM_DIR}/node_modules {_COPY}/"
    mounts = [*container["volumeMounts"], {"name": SOURCE, "mountPath": "/source", "readOnly": True}]
    return container | {"command": ["sh", "-euc", script], "volumeMounts": mounts}


def _tests(suite: Suite, images: Images, resources: Resources) -> Object:
    mounts = {"scripts": TESTS_DIR, "reports": REPORTS_DIR, "tmp": "/tmp"}
    container = _container(
        TESTS, images.openedx, images, mounts, cpu=resources.cpu, memory=resources.memory, disk="10Gi"
    )
    env = {
        "SETTINGS": suite.settings,
        "SHARD": suite.shard,
        "EDXAPP_TEST_MONGO_HOST": "localhost",
        "COVERAGE_FILE": "/tmp/coverage",
        "HOME": "/tmp",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    copy = {"name": "platform", "mountPath": PLATFORM_DIR, "subPath": Path(PLATFORM_DIR).name}
    return container | {
        "volumeMounts": [*container["volumeMounts"], copy],
        "command": ["sh", f"{TESTS_DIR}/{suite.script}", *suite.options, *suite.paths],
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }


def _report(images: Images) -> Object:
    mounts = {"scripts": TESTS_DIR, "reports": REPORTS_DIR}
    command = ["sh", f"{TESTS_DIR}/platform_tests_report.sh"]
    return _container(REPORT, images.openedx, images, mounts) | {"command": command}


def _container(
    name: str,
    image: str,
    images: Images,
    mounts: Mapping[str, str],
    *,
    cpu: str = "50m",
    memory: str = "128Mi",
    disk: str = "256Mi",
) -> Object:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": images.pull_policy,
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in mounts.items()],
        "resources": {
            "requests": {"cpu": cpu, "memory": memory, "ephemeral-storage": "64Mi"},
            "limits": {"memory": memory, "ephemeral-storage": disk},
        },
        "securityContext": _security(),
    }


def _security() -> Object:
    return {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
