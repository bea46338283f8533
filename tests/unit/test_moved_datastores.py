"""Everything that a moved datastore leaves behind is retained, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import Stack, load
from openedx_infra.operations.deploy import moved_datastores
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.pulumi_cli import Cli


def _resource(urn: str, *needs: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "dependencies": list(needs), **more}


HELD = {"protect": True, "retainOnDelete": True}
STATE = {
    "deployment": {
        "resources": [
            _resource("subnets"),
            _resource("group", "vpc"),
            _resource("vpc"),
            _resource("server", "group", "subnets", **HELD),
            _resource("job", "server"),
            _resource("namespace", **HELD),
            _resource("precious", protect=True),
        ]
    }
}


def test_what_holds_data_is_kept_with_all_that_it_stands_on() -> None:
    leaving = {"subnets", "group", "server", "job", "precious"}
    assert moved_datastores.retained(STATE, leaving) == ["subnets", "group", "server"]
    assert moved_datastores.retained(STATE, {"job"}) == []


class Kept(LiveStack):
    """A stack that notes what is done to its state."""

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__("campus", config_file=Path(), cli=Cli(Path("pulumi"), {}))
        self.kept, self.done = state, list[Any]()

    def state(self) -> dict[str, Any]:
        return self.kept

    def replace_state(self, state: Mapping[str, Any]) -> None:
        self.done.append({each["urn"]: each for each in state["deployment"]["resources"]})

    def unprotect(self, urns: Iterable[str]) -> None:
        self.done.append(list(urns))


def test_it_is_forgotten_and_nothing_else_changes() -> None:
    """In an order in which a killed run would delete nothing."""
    stack = Kept(STATE)
    moved_datastores.forget(stack, ["subnets", "server"])
    written, unprotected = stack.done
    assert unprotected == ["server"]
    assert written["subnets"] == _resource("subnets", retainOnDelete=True)
    assert {urn for urn, each in written.items() if each.get("retainOnDelete")} == {
        *("subnets", "server", "namespace")
    }
    assert written["server"]["protect"] and written["precious"]["protect"]
    assert "retainOnDelete" not in STATE["deployment"]["resources"][0], "the state before is left as it was"


def test_no_state_is_written_where_pulumis_own_command_does_it() -> None:
    stack = Kept(STATE)
    moved_datastores.forget(stack, ["server"])
    moved_datastores.forget(stack, [])
    assert stack.done == [["server"]]


class Live(LiveStack):
    """A stack that was brought up with a configuration, and whose state is what the program registered."""

    def __init__(self, graph: Graph, stack: Stack) -> None:
        super().__init__("campus", config_file=Path(), cli=Cli(Path("pulumi"), {}))
        self.graph, self.config = graph, stack.model_dump(mode="json")

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        return {"config": self.config}

    def state(self) -> dict[str, Any]:
        resources = [
            _resource(each.urn, *each.depends_on, protect=each.protect, retainOnDelete=each.retain_on_delete)
            for each in self.graph.resources
        ]
        return {"deployment": {"resources": resources}}


@pytest.fixture
def live(recorded: Callable[..., Graph]) -> Live:
    return Live(recorded(LEAST, name="campus"), load("campus", LEAST))


def test_of_a_whole_instance_the_volumes_of_the_moved_datastore_stay(live: Live) -> None:
    datastores = {"storage": {"source": "in-cluster"}, "moved": ["storage"]}
    urns = moved_datastores.orphans(load("campus", {**LEAST, "datastores": datastores}), live)
    assert {urn.rpartition(":")[2] for urn in urns} == {"media", "private"}
    assert all("PersistentVolumeClaim" in urn for urn in urns)


def test_without_a_move_nothing_is_left_behind(live: Live) -> None:
    assert moved_datastores.orphans(load("campus", LEAST), live) == []
    assert moved_datastores.orphans(load("campus", {**LEAST, "datastores": {"moved": ["mysql"]}}), live) == []


def test_a_configuration_of_old_that_nobody_can_read_is_told(live: Live) -> None:
    live.config["gone"] = True
    with pytest.raises(OperationError, match="leave behind is unknown"):
        moved_datastores.orphans(load("campus", {**LEAST, "datastores": {"moved": ["mysql"]}}), live)
