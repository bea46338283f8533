"""A recording tells what a program registered, as the engine would see it."""

from __future__ import annotations

import asyncio

import pulumi
import pytest
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from openedx_infra.operations.offline.recording import REDACTED, Graph, record_program


class Part(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Part", name, None, opts)
        self.register_outputs({})


def _program() -> None:
    part = Part("part", pulumi.ResourceOptions(providers=[Provider("cluster", context="here")]))
    first = ConfigMap("first", data={"key": "text"}, opts=pulumi.ResourceOptions(parent=part, protect=True))
    timeouts = pulumi.CustomTimeouts(create="5m")
    second = Secret(
        "second",
        metadata={"name": "fixed", "annotations": {"reads": first.metadata["name"]}},
        string_data={"password": pulumi.Output.secret("s3cret")},
        opts=pulumi.ResourceOptions(
            parent=part,
            retain_on_delete=True,
            ignore_changes=["metadata"],
            custom_timeouts=timeouts,
            aliases=[pulumi.Alias(name="former")],
        ),
    )
    pulumi.export("name", second.metadata["name"])
    pulumi.export("list", [first.metadata["name"], "x"])


@pytest.fixture(scope="module")
def graph() -> Graph:
    return record_program(_program, "dev")


def test_options_are_kept(graph: Graph) -> None:
    first, second = (next(r for r in graph.resources if r.name == name) for name in ("first", "second"))
    assert (first.protect, first.retain_on_delete) == (True, False)
    assert (second.protect, second.retain_on_delete) == (False, True)
    assert second.custom_timeouts == {"create": "5m"}
    assert second.ignore_changes == ("metadata",)
    assert second.aliases == ("former",)
    assert first.urn in second.depends_on


def test_identities_are_the_engines(graph: Graph) -> None:
    urns = {resource.name: resource.urn for resource in graph.resources}
    assert urns["part"] == "urn:pulumi:dev::openedx::openedx:index:Part::part"
    assert urns["first"] == "urn:pulumi:dev::openedx::openedx:index:Part$kubernetes:core/v1:ConfigMap::first"


def test_objects_are_complete_and_named(graph: Graph) -> None:
    first, second = graph.objects()
    assert first == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "first-00000000"},
        "data": {"key": "text"},
    }
    assert second["metadata"] == {"name": "fixed", "annotations": {"reads": "first-00000000"}}


def test_secrets_are_shown_only_when_asked_for(graph: Graph) -> None:
    assert graph.objects()[1]["stringData"] == {"password": REDACTED}
    assert graph.objects(reveal_secrets=True)[1]["stringData"] == {"password": "s3cret"}


def test_outputs_are_resolved(graph: Graph) -> None:
    assert graph.outputs == {"name": "fixed", "list": ["first-00000000", "x"]}


def test_a_preview_registers_the_same(graph: Graph) -> None:
    preview = record_program(_program, "dev", preview=True)
    assert {r.urn for r in preview.resources} == {r.urn for r in graph.resources}


def test_what_the_program_raises_is_raised() -> None:
    def program() -> None:
        raise pulumi.RunError("said to people")

    with pytest.raises(pulumi.RunError, match="said to people"):
        record_program(program, "dev")


def test_a_failure_while_registering_is_raised() -> None:
    def fail(_: str) -> str:
        raise ValueError("found late")

    def program() -> None:
        ConfigMap("late", data={"key": pulumi.Output.from_input("x").apply(fail)})

    with pytest.raises(Exception, match="found late"):
        record_program(program, "dev")


def test_a_program_asks_nobody() -> None:
    """A call of a provider's function makes the graph depend on more than the configuration."""

    def program() -> None:
        pulumi.runtime.invoke("aws:index/getRegion:getRegion", {})

    with pytest.raises(Exception, match="a function of the configuration"):
        record_program(program, "dev")


def test_recordings_leave_nothing_behind(graph: Graph) -> None:
    again = record_program(_program, "dev")
    assert again == graph
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    with pytest.raises(Exception, match=r"(?i)stack|project|program"):
        pulumi.export("after", "the program")
