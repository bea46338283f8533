"""What counts as empty after a first `up` that failed: never what may hold data."""

from __future__ import annotations

from typing import Any, cast

import pytest
from lightkube import ApiError, Client
from lightkube.core.internal_models import meta_v1
from lightkube.models.core_v1 import PersistentVolumeClaimSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import PersistentVolumeClaim

from openedx_infra.config import load
from openedx_infra.operations.deploy import unbound_claims
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.stored_data import empty

STACK = load("campus", {"site": {"lms_host": "learn.example.org"}})
EVERYTHING = {"site", "volumes", "aws", *STACK.stores}


class Claims:
    """A cluster with these claims: names, and whether each has a volume. None: it refuses."""

    def __init__(self, claims: dict[str, bool] | None) -> None:
        self.claims = claims

    def list(self, kind: type[Any], namespace: str) -> list[Any]:
        assert kind is PersistentVolumeClaim and namespace == "openedx-campus"
        if self.claims is None:
            raise ApiError(status=meta_v1.Status(code=403, message="no"))
        return [self._claim(name) for name in self.claims]

    def get(self, kind: type[Any], name: str, namespace: str) -> Any:
        if name not in (self.claims or {}):
            raise ApiError(status=meta_v1.Status(code=404, message="no"))
        return self._claim(name)

    def _claim(self, name: str) -> Any:
        volume = "pv" if (self.claims or {})[name] else None
        spec = PersistentVolumeClaimSpec(volumeName=volume)
        return PersistentVolumeClaim(metadata=ObjectMeta(name=name), spec=spec)


def resource(type_: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:campus::openedx::{type_}::{name}", "type": type_, "id": name, **more}


def job(name: str, **more: Any) -> dict[str, Any]:
    return resource("kubernetes:batch/v1:Job", name, **more)


def found(
    *resources: dict[str, Any],
    claims: dict[str, bool] | None = None,
    readable: bool = True,
    succeeded: bool = False,
) -> set[str]:
    state = {"deployment": {"resources": list(resources)}}
    cluster = Claims((claims or {}) if readable else None)
    return empty(STACK, state, cast(Client, cluster), succeeded=succeeded)


def test_a_stack_that_came_to_nothing_is_empty() -> None:
    assert found() == EVERYTHING
    assert found(claims={"mysql": False, "media": False}) == EVERYTHING


def test_after_a_success_nothing_is() -> None:
    assert found(succeeded=True) == set()


def test_what_the_cluster_does_not_tell_may_be_full() -> None:
    assert found(readable=False) == set()
    assert empty(STACK, {"deployment": {}}, None, succeeded=False) == set()


def test_bound_volumes_keep_their_class_and_those_of_files_their_mode() -> None:
    assert found(claims={"mysql": True, "media": False}) == EVERYTHING - {"volumes"}
    assert found(claims={"mysql": True, "media": True}) == EVERYTHING - {"volumes", "storage"}


def test_a_database_that_was_made_holds_and_one_that_never_was_ready_does_not() -> None:
    assert found(job("mysql-provision")) == EVERYTHING - {"mysql"}
    assert found(job("mysql-provision", initErrors=["it failed"])) == EVERYTHING
    assert found(job("lms-migrate")) == EVERYTHING - set(STACK.stores)
    assert found(job("lms-setup")) == EVERYTHING - {"site"}


@pytest.mark.parametrize(("protect", "stays"), [(True, True), (False, False)])
def test_servers_on_aws_hold(protect: bool, stays: bool) -> None:
    server = resource("aws:rds/instance:Instance", "mysql", protect=protect)
    assert found(server) == ({"site", "volumes"} if stays else EVERYTHING)


class Live(LiveStack):
    """A stack with this state, which keeps the commands that it is given."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.deployment, self.done = state, list[Any]()

    def state(self) -> dict[str, Any]:
        return {"deployment": self.deployment}

    def unprotect(self, urns: Any) -> None:
        self.done.append(("unprotect", list(urns)))

    def refresh(self, urns: Any) -> None:
        self.done.append(("refresh", list(urns)))


def claim(name: str, **spec: Any) -> dict[str, Any]:
    """A claim as the program registers it for STACK, with another spec where one is given."""
    [each] = [
        each
        for each in recorded(STACK, stand_ins(STACK)).resources
        if each.type == unbound_claims.CLAIM and each.name == name
    ]
    inputs = {
        "metadata": {"name": name, "namespace": STACK.namespace},
        "spec": {**each.props["spec"], **spec},
    }
    return {"urn": each.urn, "type": each.type, "id": name, "protect": True, "inputs": inputs}


def test_claims_without_a_volume_that_are_asked_for_differently_are_outdated() -> None:
    resources = [
        claim("mysql", storageClassName="stuck"),
        claim("mongodb"),
        claim("media", storageClassName="a"),
    ]
    pending = [{"type": "creating", "resource": claim("private", accessModes=["ReadWriteMany"])}]
    live = Live({"resources": resources, "pending_operations": pending})
    cluster = cast(Client, Claims({"mysql": False, "mongodb": False, "media": True, "private": False}))
    claims = unbound_claims.unbound(live.state(), cluster)
    assert [each.name for each in claims] == ["mysql", "mongodb", "private"]
    assert [each.name for each in unbound_claims.outdated(claims, STACK)] == ["mysql", "private"]


def test_plain_pulumi_is_told_of_claims_that_it_can_not_replace() -> None:
    live = Live({"resources": [claim("mysql", storageClassName="stuck"), claim("mongodb")]})
    claims = unbound_claims.unbound(live.state(), cast(Client, Claims({"mysql": False, "mongodb": False})))
    with pytest.raises(OperationError, match=r"differently now: mysql\. .*Nothing was changed") as raised:
        unbound_claims.refuse(unbound_claims.outdated(claims, STACK), "campus")
    assert "openedx-infra up --stack campus" in raised.value.remedy and live.done == []
    unbound_claims.refuse([], "campus")


def test_what_is_no_longer_asked_for_is_outdated() -> None:
    gone = load(
        "campus",
        {
            "site": {"lms_host": "learn.example.org"},
            "datastores": {"mysql": {"source": "external", "host": "mysql.example.org"}},
        },
    )
    live = Live({"resources": [claim("mysql"), claim("mongodb")]})
    claims = unbound_claims.unbound(live.state(), cast(Client, Claims({"mysql": False, "mongodb": False})))
    assert [each.name for each in unbound_claims.outdated(claims, gone)] == ["mysql"]


def test_a_claim_that_was_bound_meanwhile_is_not_deleted() -> None:
    """Claims has no `delete`: whoever calls it fails."""
    live = Live({"resources": [claim("mysql")]})
    claims = unbound_claims.unbound(live.state(), cast(Client, Claims({"mysql": False})))
    unbound_claims.delete(claims, live, cast(Client, Claims({"mysql": True})))
    urns = [each.urn for each in claims]
    assert live.done == [("unprotect", urns), ("refresh", urns)]
