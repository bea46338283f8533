"""Servers that operators run come up, change and fail as others do.

The operators are simulated: a second or so after a custom resource was made or changed, it is ready. What is
asked for is checked against the operators' own definitions, from their Go modules. That of MySQL can't be
had as a module; it was checked by hand when `components/datastores/operators/mysql.py` was written.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from checkouts import Said
from instances import COMPONENT, FirstUp, Instance
from lightkube import ApiError, Client
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.core_v1 import Secret

from openedx_infra.operations.cluster.operator_status import KINDS
from tools.control_plane import CONTEXT, MANIFESTS

pytestmark = pytest.mark.engine

NODES = {name: {"source": "operator"} for name in ("mysql", "mongodb", "broker", "cache")}
ADDONS = ("mysql_operator", "mongodb_operator", "valkey_operator")
DELAY_SECONDS = 5
MYSQL, MONGODB, REDIS = (
    create_namespaced_resource(each.group, each.version, each.kind, each.plural) for each in KINDS
)
PATIENCE = "pulumi.com/timeoutSeconds"


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what the API server does in its own time."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def _patch(**annotations: str) -> dict[str, Any]:
    return {
        "kind": "PerconaServerMySQL",
        "name": "mysql",
        "patch": {"metadata": {"annotations": annotations}},
    }


@pytest.fixture(scope="module")
def nodes(first_up: FirstUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose servers are all run by operators, of which MySQL's takes its time."""
    dev = first_up.instance
    instance = Instance(
        dev.checkout, "nodes", tmp_path_factory.mktemp("nodes") / "stack.yaml", dev.kubeconfig
    )
    instance.say(
        site={"lms_host": "nodes.example.org"},
        datastores={**NODES, "protect": False},
        overrides=[_patch(**{"openedx-infra.test/delay": f"{DELAY_SECONDS}s"})],
    )
    instance.up()
    yield instance


def _mysql(instance: Instance) -> Any:
    return instance.client.get(MYSQL, "mysql")


def _mongodb(instance: Instance) -> Any:
    return instance.client.get(MONGODB, "mongodb")


def _made(instance: Instance, component: str) -> datetime:
    """When a Job was made: Kubernetes keeps whole seconds."""
    [job] = [job for job in instance.list("Job") if job.metadata.labels[COMPONENT] == component]
    made: datetime = job.metadata.creationTimestamp
    return made


def test_all_of_it_is_ready(nodes: Instance) -> None:
    assert nodes.unready() == []
    said = nodes.run("status")
    assert said.code == 0, said.text
    for each in KINDS:
        assert each.kind in said.out


def test_what_needs_a_server_waits_for_it(nodes: Instance) -> None:
    server = _mysql(nodes)
    [ready] = [c for c in server.status["conditions"] if c["type"] == "ready"]
    at = datetime.fromisoformat(ready["lastTransitionTime"].replace("Z", "+00:00"))
    assert (at - server.metadata.creationTimestamp).total_seconds() >= DELAY_SECONDS
    provisioned = _made(nodes, "mysql-provision")
    assert provisioned >= at.replace(microsecond=0)
    assert _made(nodes, "lms-migrate") >= provisioned


def test_a_second_run_finds_nothing_to_do(nodes: Instance) -> None:
    nodes.demand_unchanged()


def test_more_members_are_waited_for_and_nothing_is_replaced(nodes: Instance) -> None:
    before = _mysql(nodes).metadata.uid, _mongodb(nodes).metadata.uid
    larger = {"source": "operator", "members": 5}
    nodes.say(datastores={**NODES, "mysql": larger, "mongodb": larger, "protect": False})
    nodes.up()
    mysql, mongodb = _mysql(nodes), _mongodb(nodes)
    assert (mysql.metadata.uid, mongodb.metadata.uid) == before
    assert mysql.status["mysql"]["ready"] == mongodb.status["ready"] == 5
    nodes.demand_unchanged()


def test_what_the_operator_adds_to_passwords_stays_when_ours_change(nodes: Instance) -> None:
    client = nodes.client
    users: Any = client.get(Secret, "mysql-users")
    before = users.data["root"]
    # As Percona's does: labels of its own in the place of ours, and passwords of its own users.
    users.metadata.labels = {"app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": "mysql"}
    users.data["operator"] = b64encode(b"its own").decode()
    client.replace(users, field_manager="percona-server-mysql-operator")
    nodes.demand_unchanged()
    said = nodes.run("secrets", "rotate", "mysql_root_password", "--yes")
    assert said.code == 0, said.text
    nodes.up()
    after: Any = client.get(Secret, "mysql-users")
    assert after.data["root"] != before
    assert after.data["operator"] == users.data["operator"]


def test_what_never_becomes_ready_is_named_with_its_reason(nodes: Instance) -> None:
    said = yaml.safe_load(nodes.file.read_text())["config"]["openedx:datastores"]
    never = _patch(**{"openedx-infra.test/outcome": "never-ready", PATIENCE: "6"})
    nodes.say(datastores={**said, "mysql": {"source": "operator", "members": 7}}, overrides=[never])
    failed = nodes.run("up", "--yes")
    assert failed.code == 1
    assert "PerconaServerMySQL mysql failed (part of Datastores)" in failed.err
    assert "initializing" in failed.err and "mysql initializing (0 of 7)" in failed.err
    waiting = nodes.run("status")
    assert "0/7" in waiting.out and waiting.code == 1
    # The next run goes on from there.
    nodes.say(overrides=None)
    nodes.up()
    assert _mysql(nodes).status["mysql"]["ready"] == 7
    nodes.demand_unchanged()


def _module(module: str, version: str, checksum: str) -> Path:
    """The folder of a Go module, fetched when it is not there, with the content that was looked at here."""
    if shutil.which("go") is None:
        pytest.skip("there is no `go` to fetch the operators' definitions with")
    # Go's public checksums don't know every module that its proxy serves.
    environment = dict(os.environ) | {"GONOSUMDB": module}
    said = subprocess.run(
        ["go", "mod", "download", "-json", f"{module}@{version}"],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    found = json.loads(said.stdout)
    assert found["Sum"] == checksum
    return Path(found["Dir"])


def _definition(file: Path, kind: str) -> CustomResourceDefinition:
    found = yaml.load_all(file.read_text(), yaml.CSafeLoader)
    [definition] = [item for item in found if item and item["spec"]["names"]["kind"] == kind]
    return _object(definition)


def _object(definition: dict[str, Any]) -> CustomResourceDefinition:
    found: Any = CustomResourceDefinition.from_dict(definition)
    return cast(CustomResourceDefinition, found)


@pytest.fixture
def real(nodes: Instance) -> Iterator[Any]:
    """Puts an operator's own definition in the place of ours, as long as a test lasts."""
    client = nodes.client
    ours: list[CustomResourceDefinition] = []

    def replace(definition: CustomResourceDefinition) -> None:
        assert definition.metadata and definition.metadata.name
        ours.append(client.get(CustomResourceDefinition, definition.metadata.name))
        definition.spec.conversion = None  # by a webhook of the operator
        _replace(client, definition)

    yield replace
    for before in ours:
        _replace(client, before)


def _replace(client: Client, definition: CustomResourceDefinition) -> None:
    """Put a definition in the place of the one of its name, whose status the API server writes meanwhile."""
    assert definition.metadata
    name = definition.metadata.name or ""

    def replaced() -> bool:
        found = client.get(CustomResourceDefinition, name).metadata
        assert found
        definition.metadata = ObjectMeta(name=name, resourceVersion=found.resourceVersion)
        try:
            client.replace(definition)
        except ApiError as error:
            assert error.status.code == 409
            return False
        return True

    eventually(replaced)


def _lost(said: Any, kept: Any, path: str = "") -> list[str]:
    """What of an object an API server did not keep: it drops fields that a definition does not know."""
    if isinstance(said, dict):
        return [
            lost
            for key, value in said.items()
            for lost in (_lost(value, kept[key], f"{path}.{key}") if key in kept else [f"{path}.{key}"])
        ]
    if isinstance(said, list):
        return [lost for i, value in enumerate(said) for lost in _lost(value, kept[i], f"{path}[{i}]")]
    return [] if said == kept else [path]


def _dropped(client: Client, kind: Any, spec: dict[str, Any]) -> list[str]:
    """What an API server would drop of a custom resource that is made anew. Raises what it refuses."""
    return _lost(spec, client.create(kind(metadata=ObjectMeta(name="again"), spec=spec), dry_run=True).spec)


def test_percona_knows_all_that_mongodb_asks_for(nodes: Instance, real: Any) -> None:
    folder = _module(
        "github.com/percona/percona-server-mongodb-operator",
        "v1.22.0",
        "h1:7iLJkmwa6AHSDTSY9q+g6/E53KrMF8p4uc/2NHrcN2g=",
    )
    spec = _mongodb(nodes).spec  # now: what a definition does not know can't be read under it, either
    real(_definition(folder / "deploy" / "crd.yaml", "PerconaServerMongoDB"))
    eventually(lambda: _is_checked(nodes.client, MONGODB, {"replsets": 1}))
    assert _dropped(nodes.client, MONGODB, spec | {"unheardOf": 1}) == [".unheardOf"]


NEWER = {".sentinel.affinity", ".sentinel.podSecurityContext", ".sentinel.securityContext"}
"""What the operator knows since 0.26; the proxy of Go modules has 0.23."""


@pytest.mark.parametrize("name", ["broker-redis", "cache-redis"])
def test_opstree_knows_all_that_redis_asks_for(nodes: Instance, real: Any, name: str) -> None:
    folder = _module(
        "github.com/OT-CONTAINER-KIT/redis-operator",
        "v0.23.0",
        "h1:Cx2soYpremzU6vOeP5/fF+ODVFr7GyWzRM8CdW8jru0=",
    )
    file = folder / "config" / "crd" / "bases" / "redis.redis.opstreelabs.in_redisreplications.yaml"
    spec = nodes.client.get(REDIS, name).spec
    real(_definition(file, "RedisReplication"))
    eventually(lambda: _is_checked(nodes.client, REDIS, {"clusterSize": "three"}))
    assert set(_dropped(nodes.client, REDIS, spec)) == NEWER


def _is_checked(client: Client, kind: Any, wrong: dict[str, Any]) -> bool:
    """Whether the definition that refuses this is in force."""
    try:
        client.create(kind(metadata=ObjectMeta(name="wrong"), spec=wrong), dry_run=True)
    except ApiError as error:
        return bool(error.status.code == 422)
    return False


def test_it_goes_and_is_refused_where_no_operator_is(nodes: Instance, tmp_path: Path) -> None:
    gone = nodes.run("destroy", "--yes")
    assert gone.code == 0, gone.text
    definitions = {item["metadata"]["name"]: item for item in _ours()}
    client = nodes.client
    for each in KINDS:
        client.delete(CustomResourceDefinition, f"{each.plural}.{each.group}")
    try:
        eventually(lambda: not _known(client) & set(definitions))
        said = _up_elsewhere(nodes, tmp_path)
    finally:
        for item in definitions.values():
            client.create(_object(item))
    assert said.code == 1
    for each in KINDS:
        assert f"the cluster has no {each.kind} of {each.group}/{each.version}" in said.err
    assert all(f"`{addon}`" in said.err for addon in ADDONS)
    assert "Nothing was changed" in said.err


def _known(client: Client) -> set[str]:
    return {str(item.metadata.name) for item in client.list(CustomResourceDefinition) if item.metadata}


def _ours() -> list[dict[str, Any]]:
    kinds = {each.kind for each in KINDS}
    found = yaml.safe_load_all((MANIFESTS / "cluster.yaml").read_text())
    return [item for item in found if item.get("spec", {}).get("names", {}).get("kind") in kinds]


def _up_elsewhere(nodes: Instance, folder: Path) -> Said:
    """Bring up a stack that names the cluster itself."""
    environment = {"PULUMI_CONFIG_PASSPHRASE": "right"}
    stack = Instance(nodes.checkout, "elsewhere", folder / "stack.yaml", nodes.kubeconfig, environment)
    cluster = {"context": CONTEXT, "kubeconfig": str(nodes.kubeconfig)}
    stack.say(site={"lms_host": "elsewhere.example.org"}, datastores=NODES, cluster=cluster)
    made = stack.run("secrets", "generate")
    assert made.code == 0, made.text
    said = stack.run("up", "--yes")
    assert not stack.exists()
    return said
