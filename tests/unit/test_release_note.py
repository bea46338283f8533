"""The release of databases is known after a `destroy` that left the data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from lightkube import ApiError
from lightkube.core.internal_models import meta_v1
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.operations.deploy import release_order
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import release_note

URN = "urn:pulumi:mine::openedx::openedx:index:Initialization$kubernetes:batch/v1:Job::"
STACK = load("mine", {**LEAST, "release": "ulmo"})
EMPTY: dict[str, Any] = {"deployment": {"resources": []}}


class Cluster:
    """A cluster with some namespaces; `code` is what it answers to a change, 0 where it obeys."""

    def __init__(self, *names: str, code: int = 0) -> None:
        self.annotations: dict[str, dict[str, str]] = {name: {} for name in names}
        self.code = code

    def patch(self, kind: type[Any], name: str, obj: dict[str, Any], field_manager: str) -> None:
        assert kind is Namespace and field_manager
        self._require(name)
        self.annotations[name] |= obj["metadata"]["annotations"]

    def get(self, kind: type[Any], name: str) -> Any:
        assert kind is Namespace
        self._require(name)
        return Namespace(metadata=ObjectMeta(name=name, annotations=self.annotations[name] or None))

    def _require(self, name: str) -> None:
        if code := self.code or (404 if name not in self.annotations else 0):
            raise ApiError(status=meta_v1.Status(code=code, message="no"))


def state(**releases: str) -> dict[str, Any]:
    """A state with these migration Jobs."""
    return {"deployment": {"resources": [_job(name, release) for name, release in releases.items()]}}


def _job(name: str, release: str) -> dict[str, Any]:
    pod = {"metadata": {"annotations": {"openedx.org/release": release}}}
    return {"urn": URN + name.replace("_", "-"), "inputs": {"spec": {"template": pod}}}


def session(cluster: Cluster | None) -> Any:
    return SimpleNamespace(
        request=SimpleNamespace(earlier_release=False),
        stack=STACK,
        target=SimpleNamespace(client=lambda: cluster),
        live=SimpleNamespace(name="mine", run=lambda *_: "[]"),
        file=SimpleNamespace(name="mine", local=False),
    )


def test_an_older_release_is_refused_after_a_destroy_deleted_the_jobs() -> None:
    cluster = Cluster(STACK.namespace)
    release_order.note(session(cluster), state(lms_migrate="ulmo", lms_migrate_green="verawood"))
    with pytest.raises(OperationError, match="has databases of verawood"):
        release_order.require_order(session(cluster), EMPTY)


def test_jobs_count_more_than_a_note_of_before() -> None:
    cluster = Cluster(STACK.namespace)
    release_order.note(session(cluster), state(lms_migrate="verawood"))
    release_order.require_order(session(cluster), state(lms_migrate="ulmo"))


def test_a_destroy_that_is_run_twice_keeps_the_note_of_the_first() -> None:
    cluster = Cluster(STACK.namespace)
    release_order.note(session(cluster), state(lms_migrate="verawood"))
    release_order.note(session(cluster), EMPTY)
    assert release_note.read(cluster, STACK.namespace) == ["verawood"]


def test_nothing_is_noted_and_nothing_refused_where_nothing_was() -> None:
    for cluster in (Cluster(), Cluster(STACK.namespace), None):
        release_order.note(session(cluster), EMPTY)
        release_order.require_order(session(cluster), EMPTY)
    release_order.note(session(Cluster()), state(lms_migrate="verawood"))  # its namespace is gone already


def test_a_destroy_that_can_not_note_the_release_stops_before_it_deletes_anything() -> None:
    with pytest.raises(OperationError, match="refused") as caught:
        release_order.note(session(Cluster(STACK.namespace, code=403)), state(lms_migrate="verawood"))
    assert caught.value.remedy and "may change the namespace" in caught.value.remedy


def test_a_migration_that_a_killed_run_began_counts() -> None:
    begun = {"deployment": {"pending_operations": [{"resource": _job("lms-migrate", "verawood")}]}}
    assert release_order.migrated_releases(begun) == {"lms-migrate": "verawood"}
