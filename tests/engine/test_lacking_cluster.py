"""What a cluster lacks is told in one list, before the engine starts, and nothing is changed."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from checkouts import Checkout, Said
from instances import Certificate, Instance, Issuer
from lightkube import Client
from lightkube.models.authentication_v1 import TokenRequestSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import PolicyRule, RoleRef, Subject
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.core_v1 import ServiceAccount, ServiceAccountToken
from lightkube.resources.rbac_authorization_v1 import ClusterRole, ClusterRoleBinding

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

SECONDS = 120.0
"""A refusal takes some three seconds of an idle machine, and half a minute of a very busy one."""
CERT_MANAGER = ("certificates.cert-manager.io", "issuers.cert-manager.io")
USER = "deployer"
TLS = {"source": "cert-manager", "issuer": {"source": "self-signed"}}


@pytest.fixture(scope="module")
def campus(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An operator's stack with its secrets, in a running cluster; it was never brought up."""
    assert checkout.run("openedx-infra", "preview").code == 0  # it starts the cluster
    file = tmp_path_factory.mktemp("lacking") / "stack.yaml"
    kubeconfig = checkout.state / "cluster" / "kubeconfig"
    environment = {"PULUMI_CONFIG_PASSPHRASE": "right"}
    stack = Instance(checkout, "lacking", file, kubeconfig, environment)
    stack.say(
        site={"lms_host": "lacking.example.org"}, cluster={"context": CONTEXT, "kubeconfig": str(kubeconfig)}
    )
    said = stack.run("secrets", "generate")
    assert said.code == 0, said.text
    return stack


@pytest.fixture
def changed(campus: Instance, tmp_path: Path) -> Callable[..., Instance]:
    """The same stack with other sections."""

    def make(*, kubeconfig: Path = campus.kubeconfig, cluster: Any = None, **sections: Any) -> Instance:
        file = tmp_path / "stack.yaml"
        shutil.copy(campus.file, file)
        stack = Instance(campus.checkout, campus.name, file, campus.kubeconfig, campus.environment)
        address = {"context": CONTEXT, "kubeconfig": str(kubeconfig)}
        stack.say(cluster=address | (cluster or {}), **sections)
        return stack

    return make


def refused(stack: Instance, *words: str) -> str:
    """What was said when it was refused, quickly, and before anything was made."""
    before = stack.file.read_text()
    start = time.monotonic()
    said: Said = stack.run(*words)
    assert time.monotonic() - start < SECONDS
    assert said.code == 1, said.text
    assert not stack.exists()
    assert stack.file.read_text() == before
    assert "urn:pulumi" not in said.text
    return said.err


@contextmanager
def without_cert_manager(client: Client) -> Iterator[None]:
    """The cluster without cert-manager's kinds."""
    before = [client.get(CustomResourceDefinition, name) for name in CERT_MANAGER]
    for name in CERT_MANAGER:
        client.delete(CustomResourceDefinition, name)
    until(lambda: not any(_is_served(client, kind) for kind in (Certificate, Issuer)))
    try:
        yield
    finally:
        for definition in before:
            metadata = {"name": definition.metadata.name, "annotations": definition.metadata.annotations}
            client.create(CustomResourceDefinition(metadata=metadata, spec=definition.spec))
        until(lambda: all(_is_served(client, kind) for kind in (Certificate, Issuer)))


def _is_served(client: Client, kind: type[Any]) -> bool:
    try:
        list(client.list(kind))
    except httpx2.HTTPStatusError:
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    """Wait for what the API server does in its own time."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def lacking(err: str) -> int:
    """How many things the cluster lacks, as the first line counts and the list below it shows.

    What other tests left in the cluster, and what is just going, may take room on its nodes: one thing more.
    """
    count = re.search(r"context openedx-embedded lacks (\d+) things that stack lacking needs", err)
    assert count, err
    assert int(count[1]) == len(re.findall(r"^  - ", err, re.MULTILINE)), err
    return int(count[1])


def test_everything_is_told_at_once(campus: Instance, changed: Callable[..., Instance]) -> None:
    stack = changed(
        cluster={"storage_class": "fast", "ingress_controller": "nginx"},
        site={"lms_host": "lacking.example.org", "tls": TLS},
        sizing={"mysql": {"cpu": "250m", "memory": "300Gi", "memory_limit": "300Gi"}},
    )
    with without_cert_manager(campus.client):
        for words in (("up", "--yes"), ("preview",)):
            err = refused(stack, *words)
            assert lacking(err) >= 4
            assert '"fast" is no StorageClass of the cluster, which has standard (default)' in err
            assert "openedx:site.tls: needs cert-manager" in err
            assert "kubectl apply -f https://github.com/cert-manager" in err
            assert '"nginx" is no IngressClass of the cluster, which has traefik' in err
            assert "a pod of mysql requests 0.25 cores and 300.00 GiB" in err
            assert len(err) < 3000
        said = stack.checkout.run(
            "pulumi", "up", "--yes", "--stack", "lacking", "--config-file", str(stack.file),
            **stack.environment,
        )  # fmt: skip
        assert said.code == 1 and lacking(said.err) >= 4, said.text
    backend = campus.checkout.run("pulumi", "stack", "export", "--stack", "lacking", **campus.environment)
    assert '"resources"' not in backend.out


def test_more_than_the_nodes_have(changed: Callable[..., Instance]) -> None:
    stack = changed(sizing={"lms": {"replicas": 8, "cpu": "20", "memory": "2Gi", "memory_limit": "2Gi"}})
    err = refused(stack, "up", "--yes")
    assert "the pods of the stack request" in err and "the 2 nodes have 128 cores" in err
    assert "must run on one node, as they share a volume" in err
    assert "Add a node, or set smaller sizes" in err


@pytest.fixture
def restricted(campus: Instance, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of a service account that may do much in the instance's namespace, and not all."""
    client, home = campus.client, "default"
    metadata = ObjectMeta(name=USER)
    client.create(ServiceAccount(metadata=ObjectMeta(name=USER, namespace=home)))
    client.create(
        ClusterRole(
            metadata=metadata,
            rules=[
                PolicyRule(apiGroups=[""], resources=["*"], verbs=["*"]),
                PolicyRule(apiGroups=["apps", "traefik.io", "policy"], resources=["*"], verbs=["*"]),
                PolicyRule(apiGroups=["batch"], resources=["*"], verbs=["get", "list", "watch"]),
                PolicyRule(apiGroups=["networking.k8s.io"], resources=["ingresses"], verbs=["*"]),
            ],
        )
    )
    client.create(
        ClusterRoleBinding(
            metadata=metadata,
            roleRef=RoleRef(apiGroup="rbac.authorization.k8s.io", kind="ClusterRole", name=USER),
            subjects=[Subject(kind="ServiceAccount", name=USER, namespace=home)],
        )
    )
    spec = TokenRequestSpec(audiences=[], expirationSeconds=3600)
    request = ServiceAccountToken(metadata=ObjectMeta(name=USER), spec=spec)
    token = client.create(request, name=USER, namespace=home).status.token
    content = yaml.safe_load(campus.kubeconfig.read_text())
    content["users"][0]["user"] = {"token": token}
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    yield path
    client.delete(ClusterRoleBinding, USER)
    client.delete(ClusterRole, USER)
    client.delete(ServiceAccount, USER, namespace=home)


def test_forbidden_permissions(restricted: Path, changed: Callable[..., Instance]) -> None:
    err = refused(changed(kubeconfig=restricted), "up", "--yes")
    assert "lacks one thing" in err
    assert "system:serviceaccount:default:deployer may not " in err
    assert "create, patch and delete cronjobs.batch, jobs.batch" in err
    assert "networkpolicies.networking.k8s.io" in err and "deployments" not in err
    assert "in namespace openedx-lacking" in err
    assert "kubectl auth can-i --list -n openedx-lacking" in err


def test_who_may_do_nothing(campus: Instance, restricted: Path, changed: Callable[..., Instance]) -> None:
    campus.client.patch(ClusterRole, USER, {"rules": []})
    stack = changed(kubeconfig=restricted)
    err = refused(stack, "up", "--yes")
    assert "may not get and patch namespaces/openedx-lacking; create namespaces in the cluster" in err
    assert "get, list, watch, create, patch and delete configmaps, " in err
    out = stack.run("preview").out
    assert "note: not checked" in out and "StorageClasses" in out


def test_the_same_stack_is_previewed_once_nothing_lacks(campus: Instance) -> None:
    said = campus.run("preview")
    assert said.code == 0, said.text
    assert not campus.exists()
