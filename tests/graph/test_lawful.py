"""Would a reviewer let whole instances pass? The rules of policies/, over what the program registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import LEAST, said_by

import policies
from openedx_infra.config import Stack, load
from openedx_infra.operations.recording import Graph
from policies.secrecy import MARK, REDACTED

ROOT = Path(__file__).parents[2]


def decided(path: Path) -> dict[str, Any]:
    """What a stack file says once its operator has decided all that it leaves open."""
    said: dict[str, Any] = yaml.safe_load(yaml.safe_dump(said_by(path)).replace("CHANGEME", "campus"))
    return said


@pytest.mark.parametrize("name", ["Pulumi.dev.yaml", "Pulumi.prod.yaml", "tests/cases/everything.ok.yaml"])
def test_no_rule_refuses_what_we_make(
    name: str, recorded: Callable[..., Graph], needed: Callable[[Stack], Mapping[str, str]]
) -> None:
    said = decided(ROOT / name)
    stack = load("campus", said)
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


def test_rules_and_recording_agree_on_how_secrets_look() -> None:
    from openedx_infra.operations import recording

    assert (recording.REDACTED, recording._SECRET_MARK) == (REDACTED, MARK)
