"""Is what is missing, changed by hand or not of the stack found, and nothing else?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lightkube.config.client_adapter import ConnectionParams

from openedx_infra.operations.cluster import api, operator_status
from openedx_infra.operations.drift.changes import SECRET, changes
from openedx_infra.operations.drift.drift import drift
from openedx_infra.operations.drift.expected import Expected, expected
from openedx_infra.operations.drift.presence import compared
from openedx_infra.operations.drift.reader import Kind, Reader
from openedx_infra.operations.drift.strangers import strangers

NAMESPACE = "openedx-mine"
APPS, CORE = Kind("apps/v1", "Deployment", NAMESPACE), Kind("v1", "ConfigMap", NAMESPACE)
SENTINEL = "Planted0Secret1Of2Strangers3"


def resource(
    kind: str, name: str, inputs: Mapping[str, Any], api_version: str = "apps/v1", **more: Any
) -> dict[str, Any]:
    """A resource as a state has it. The API server has added a default."""
    metadata = {"name": name, "namespace": NAMESPACE}
    declared = {"apiVersion": api_version, "kind": kind.removesuffix("Patch"), "metadata": metadata, **inputs}
    recorded = {**deepcopy(declared), "metadata": {**metadata, "uid": f"uid-of-{name}"}}
    return {
        "urn": f"urn:pulumi:mine::openedx::kubernetes:{api_version}:{kind}::{name}",
        "type": f"kubernetes:{api_version}:{kind}",
        "custom": True,
        "id": f"{NAMESPACE}/{name}",
        "inputs": declared,
        "outputs": recorded,
        **more,
    }


def one(kind: str, name: str, inputs: Mapping[str, Any], api_version: str = "apps/v1") -> Expected:
    (found,) = expected(state(resource(kind, name, inputs, api_version)))
    return found


def state(*resources: Mapping[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": resources}}


def live(each: Expected, **fields: Any) -> dict[str, Any]:
    """The object in the cluster, as it was recorded but for some fields."""
    return {**deepcopy(dict(each.recorded)), **fields}


def test_the_state_names_objects_but_no_components_patches_of_others_or_what_is_being_replaced() -> None:
    found = expected(
        state(
            resource("Deployment", "lms", {}),
            resource("Deployment", "lms", {}, delete=True),
            resource("DeploymentPatch", "lms-replicas", {}),
            {"urn": "urn:pulumi:mine::openedx::openedx:index:Lms::lms", "type": "openedx:index:Lms"},
            {"urn": "u::u::aws:s3:Bucket::b", "type": "aws:s3:Bucket", "custom": True, "id": "b"},
        )
    )
    assert [(str(each), each.is_patch) for each in found] == [
        ("Deployment lms", False),
        ("Deployment lms-replicas", True),
    ]
    assert expected({"version": 3, "deployment": {}}) == []


def test_what_is_not_there_is_missing_what_is_going_is_leaving_and_what_may_not_be_read_is_unknown() -> None:
    objects = [one("Deployment", "lms", {}), one("Deployment", "mfe", {}), one("ConfigMap", "a", {}, "v1")]
    going = {"metadata": {"name": "mfe", "deletionTimestamp": "2026-11-30T10:00:00Z"}}
    found = compared(objects, {APPS: {"mfe": going}, CORE: None})
    assert [each.name for each in found.missing] == ["lms"]
    assert [each.name for each in found.leaving] == ["mfe"]
    assert found.unreadable == [CORE]
    assert found.lost == []


def test_with_a_namespace_goes_all_that_is_in_it() -> None:
    """Its controller marks one kind after the other: a volume without a mark would be taken for safe."""
    namespace, volume = one("Namespace", "n", {}, "v1"), one("PersistentVolumeClaim", "mysql", {}, "v1")
    space = replace(namespace, name=volume.namespace)
    going = {"metadata": {"name": space.name, "deletionTimestamp": "2026-11-30T10:00:00Z"}}
    answers = {space.where: {space.name: going}, volume.where: {"mysql": {"metadata": {"name": "mysql"}}}}
    found = compared([space, volume], answers)
    assert found.leaving == [space, volume]
    assert volume in found.lost


def test_data_is_lost_with_volumes_servers_of_operators_and_what_is_protected() -> None:
    kinds = ["PersistentVolumeClaim", operator_status.NAMES[0], "Deployment"]
    assert [one(kind, "x", {}).holds_data for kind in kinds] == [True, True, False]
    (protected,) = expected(state(resource("Namespace", "n", {}, "v1", protect=True)))
    assert protected.holds_data


leaf = st.one_of(st.integers(1, 9), st.text("abc", min_size=1), st.just(value=True))
names = st.text("xyz", min_size=1, max_size=3)
trees = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.dictionaries(names, inner, min_size=1, max_size=3),
        st.lists(leaf, min_size=1, max_size=3),
        st.dictionaries(names, st.dictionaries(names, inner, max_size=2), min_size=1, max_size=3).map(
            lambda named: [{**fields, "name": name} for name, fields in named.items()]
        ),
    ),
    max_leaves=8,
)
specs = st.dictionaries(names, trees, min_size=1, max_size=3)


def paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to all leaves, but the names that tell items of a list apart."""
    if isinstance(tree, Mapping):
        return [p for key, value in tree.items() if key != "name" for p in paths(value, (*path, key))]
    if isinstance(tree, list):
        return [p for index, value in enumerate(tree) for p in paths(value, (*path, index))]
    return [path]


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = value


def with_defaults(tree: Any) -> Any:
    """The tree as an API server returns it: with fields that nobody declared."""
    if isinstance(tree, Mapping):
        return {**{key: with_defaults(value) for key, value in tree.items()}, "defaulted": "by the server"}
    if isinstance(tree, list):
        return [with_defaults(each) for each in tree]
    return tree


@given(specs)
def test_nothing_is_changed_where_only_the_api_server_has_added_fields(spec: dict[str, Any]) -> None:
    each = one("Deployment", "lms", {"spec": spec})
    assert changes(each, live(each, spec=with_defaults(spec), status={"replicas": 3})) == []


@given(specs, st.data())
def test_any_field_that_was_set_is_found_when_it_is_changed_alone(spec: dict[str, Any], data: Any) -> None:
    each = one("Deployment", "lms", {"spec": spec})
    ways = paths(spec)
    if not ways:
        return
    path = data.draw(st.sampled_from(ways))
    changed = deepcopy(spec)
    put(changed, path, "changed by hand")
    (found,) = changes(each, live(each, spec=changed))
    assert "changed by hand" in str(found.now)
    assert found.path[0] == "spec" and found.path[1] == path[0]


def test_a_quantity_that_the_api_server_writes_otherwise_is_the_same() -> None:
    each = one("Deployment", "lms", {"spec": {"cpu": "0.5"}})
    normal = Expected(**{**vars(each), "recorded": live(each, spec={"cpu": "500m"})})
    assert changes(normal, live(each, spec={"cpu": "500m"})) == []
    (found,) = changes(normal, live(each, spec={"cpu": "2"}))
    assert (found.before, found.now) == ("500m", "2")


def test_who_changed_a_field_is_named() -> None:
    each = one("Deployment", "lms", {"spec": {"containers": [{"name": "lms", "image": "a"}], "replicas": 2}})
    owned = {"f:spec": {"f:containers": {'k:{"name":"lms"}': {"f:image": {}}}}}
    fields = [
        {"manager": "kubectl-edit", "fieldsV1": owned},
        {"manager": "pulumi-kubernetes-1", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
    ]
    metadata = {**each.recorded["metadata"], "managedFields": fields}
    now = {"containers": [{"name": "lms", "image": "b"}, {"name": "own"}], "replicas": 0}
    assert [str(change) for change in changes(each, live(each, spec=now, metadata=metadata))] == [
        "spec.containers[name=lms].image is b, not a (by kubectl-edit)",
        "spec.containers[name=own] was added",
        "spec.replicas is 0, not 2 (by an `up` that did not finish)",
    ]


@pytest.mark.parametrize(
    "manager", ["kube-controller-manager", "percona-server-mysql-operator", "cert-manager-cainjector"]
)
def test_what_controllers_set_as_part_of_their_work_is_no_change_by_hand(manager: str) -> None:
    def touched(each: Expected, by: str, **fields: Any) -> dict[str, Any]:
        owned = {"f:spec": {"f:replicas": {}}, "f:data": {"f:own": {}}}
        metadata = {**each.recorded["metadata"], "managedFields": [{"manager": by, "fieldsV1": owned}]}
        return live(each, metadata=metadata, **fields)

    deployment, secret = one("Deployment", "lms", {"spec": {"replicas": 2}}), one("Secret", "s", {}, "v1")
    assert changes(deployment, touched(deployment, manager, spec={"replicas": 5})) == []
    assert changes(secret, touched(secret, manager)) == []
    assert changes(deployment, touched(deployment, "kubectl-edit", spec={"replicas": 5})) != []
    assert changes(secret, touched(secret, "kubectl-edit")) != []


def test_an_object_that_was_deleted_and_created_by_somebody_else_is_another_one() -> None:
    each = one("ConfigMap", "a", {"data": {"x": "1"}}, "v1")
    (found,) = changes(each, live(each, metadata={"name": "a", "uid": "another"}))
    assert str(found) == "it was deleted, and another one of its name was created"


def test_secret_values_are_neither_compared_nor_shown() -> None:
    each = one("Secret", "keys", {"data": {SECRET: "1b47061264138c4ac30d75fd1eb44270"}}, "v1")
    assert changes(each, live(each, data={"password": SENTINEL})) == []
    fields = [{"manager": "kubectl-edit", "fieldsV1": {"f:data": {"f:password": {}}}}]
    metadata = {**each.recorded["metadata"], "managedFields": fields}
    (found,) = changes(each, live(each, data={"password": SENTINEL}, metadata=metadata))
    assert SENTINEL not in str(found) and "kubectl-edit" in str(found)


OTHERS = {
    "mine": ({}, True),
    "owned": ({"ownerReferences": [{"kind": "CronJob"}]}, False),
    "kube-root-ca.crt": ({}, False),
    "sh.helm.release.v1.x": ({}, False),
    "made": ({"annotations": {"openedx.org/made-by": "openedx-infra"}}, False),
    "certificate": ({"annotations": {"cert-manager.io/certificate-name": "lms"}}, False),
    "of-operator": ({"labels": {"mysql.oracle.com/cluster": "mysql"}}, False),
    "of-nobody": ({"labels": {"app": "lms"}}, True),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_stranger_is_what_nobody_accounts_for(name: str) -> None:
    meta, strange = OTHERS[name]
    objects = [one(operator_status.NAMES[0], "mysql", {}, "example.org/v2"), one("Deployment", "lms", {})]
    found = list(strangers(objects, {CORE: {name: {"metadata": {"name": name, **meta}}}, APPS: {"lms": {}}}))
    assert found == ([(CORE, name)] if strange else [])


# --- The API server

PLURALS = {"kind": "ConfigMap", "name": "configmaps"}
Answer = Callable[[httpx2.Request], httpx2.Response]


def asking(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader whose requests are answered by a function."""

    def http(config: object, parameters: ConnectionParams) -> httpx2.Client:
        return httpx2.Client(base_url="https://cluster", transport=httpx2.MockTransport(answer))

    monkeypatch.setattr("lightkube.config.client_adapter.Client", http)
    client: Any = SimpleNamespace(config=None)
    return Reader(client)


def listing(request: httpx2.Request) -> httpx2.Response:
    """Three ConfigMaps over two pages."""
    if request.url.path == "/api/v1":
        return httpx2.Response(200, json={"resources": [PLURALS]})
    assert request.url.path == f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    second = request.url.params.get("continue") == "more"
    items = [{"metadata": {"name": name}} for name in (["c"] if second else ["a", "b"])]
    return httpx2.Response(200, json={"metadata": {} if second else {"continue": "more"}, "items": items})


def test_all_pages_are_read_and_metadata_is_asked_for_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers["accept"])
        return listing(request)

    found = asking(answer, monkeypatch).read({CORE: None}, metadata=True)
    assert sorted(found[CORE] or {}) == ["a", "b", "c"]
    assert all("PartialObjectMetadataList" in accept for accept in asked[1:]) and len(asked) == 3


def test_what_may_not_be_read_is_none_and_a_kind_that_is_not_there_has_no_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return listing(request) if request.url.path == "/api/v1" else httpx2.Response(403)

    several = asking(answer, monkeypatch).read({CORE: ["a", "b", "c"]}, metadata=True)
    assert several == {CORE: None}
    assert asking(answer, monkeypatch).read({CORE: ["a"]}, metadata=True) == {CORE: None}
    other = Kind("traefik.io/v1alpha1", "Middleware", NAMESPACE)
    absent = asking(lambda _: httpx2.Response(404), monkeypatch)
    assert absent.read({CORE: ["a"], other: None}, metadata=True) == {CORE: {}, other: {}}


def test_a_few_objects_are_read_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        name = request.url.path.rpartition("/")[2]
        if name == "v1":
            return listing(request)
        return httpx2.Response(200, json={"metadata": {"name": "a"}}) if name == "a" else httpx2.Response(404)

    found = asking(answer, monkeypatch).read({CORE: ["a", "b"]}, metadata=True)
    assert found == {CORE: {"a": {"metadata": {"name": "a"}}}}


def test_a_kind_whose_storage_is_being_opened_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        tries.append(request)
        return httpx2.Response(429) if len(tries) in (1, 2) else listing(request)

    assert sorted(asking(answer, monkeypatch).read({CORE: None}, metadata=True)[CORE] or {}) == [
        "a",
        "b",
        "c",
    ]
    monkeypatch.setattr(api, "OPENING_SECONDS", 0.1)
    with pytest.raises(httpx2.HTTPStatusError):
        asking(lambda _: httpx2.Response(429), monkeypatch).read({CORE: None}, metadata=True)


def test_a_drift_becomes_rows_of_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/v1":
            return httpx2.Response(200, json={"resources": [PLURALS]})
        if request.url.path.endswith("/configmaps"):
            metadata = {"name": "a", "namespace": NAMESPACE, "uid": "uid-of-a"}
            own = {"data": {"x": "2"}, "metadata": metadata}
            items = [own, {"metadata": {"name": "theirs"}}]
            return httpx2.Response(200, json={"metadata": {}, "items": items})
        return httpx2.Response(404)

    known = state(resource("ConfigMap", "a", {"data": {"x": "1"}}, "v1"), resource("Deployment", "lms", {}))
    found = drift(asking(answer, monkeypatch), known, [NAMESPACE])
    assert [(row.name, row.ready, row.count, row.reason) for row in found.rows()] == [
        ("lms", False, "missing", "deleted in the cluster"),
        ("a", False, "changed", "data.x is 2, not 1"),
    ]
    assert [(row.name, row.ready) for row in found.stranger_rows()] == [("theirs", True)]
    assert json.dumps(found.unreadable) == "[]"
    assert drift(asking(answer, monkeypatch), {}, [NAMESPACE]).rows() == []
