"""Whole instances pass the rules of policies/, over what the program registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST, decided

import policies
from openedx_infra.config import BaseStack, Stack, describe, load
from openedx_infra.operations.offline.recording import Graph
from policies.secrecy import MARK, REDACTED

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name",
    [
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.foundation.yaml",
        "docs/examples/Pulumi.evaluation.yaml",
        "docs/examples/Pulumi.server.yaml",
        "docs/examples/Pulumi.nodes.yaml",
        "tests/cases/everything.ok.yaml",
        "tests/cases/foundation/everything.ok.yaml",
        "tests/cases/foundation/aurora.ok.yaml",
    ],
)
def test_no_rule_refuses_what_we_make(
    name: str, recorded: Callable[..., Graph], needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    said = decided(ROOT / name)
    stack = describe("campus", said)
    complaints = policies.check(recorded(said, name="campus"), stack, needed(stack))
    assert [str(complaint) for complaint in complaints] == []


@pytest.mark.parametrize(
    ("patch", "rule"),
    [
        ({"spec": {"template": {"spec": {"hostNetwork": True}}}}, "unprivileged"),
        ({"spec": {"template": {"spec": {"automountServiceAccountToken": True}}}}, "tokenless"),
        ({"spec": {"replicas": 3}}, "evictable"),
    ],
)
def test_rules_judge_what_overrides_do(
    patch: dict[str, Any],
    rule: str,
    recorded: Callable[..., Graph],
    needed: Callable[[Stack], Mapping[str, str]],
) -> None:
    said = {**LEAST, "overrides": [{"kind": "Deployment", "name": "studio", "patch": patch}]}
    stack = load("campus", said)
    found = policies.check(recorded(said, name="campus"), stack, needed(stack))
    assert {(complaint.where, complaint.rule) for complaint in found} == {("Deployment studio", rule)}


def test_an_override_can_not_get_round_digests(
    recorded: Callable[..., Graph], needed: Callable[[Stack], Mapping[str, str]]
) -> None:
    container = {"name": "studio", "image": "docker.io/campus/studio:1"}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    override = {"kind": "Deployment", "name": "studio", "patch": patch}
    said = {**decided(ROOT / "docs/examples/Pulumi.nodes.yaml"), "overrides": [override]}
    stack = load("campus", said)
    found = policies.check(recorded(said, name="campus"), stack, needed(stack))
    assert [c.where for c in found if c.rule == "digested_images"] == ["Deployment studio"]


def test_rules_and_recording_agree_on_how_secrets_look() -> None:
    from openedx_infra.operations.offline import recording

    assert (recording.REDACTED, recording._SECRET_MARK) == (REDACTED, MARK)
