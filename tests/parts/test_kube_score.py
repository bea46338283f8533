"""kube-score passes what a stack makes, all but what a decision explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kube_score import Complaint, complaints, explained
from samples import decided
from testing_tools import ensure_for_tests

from openedx_infra.config import BaseStack, describe
from openedx_infra.operations.offline import render

pytestmark = pytest.mark.parts

ROOT = Path(__file__).parents[2]
STACKS = {
    "dev": "Pulumi.dev.yaml",
    "nodes": "docs/examples/Pulumi.nodes.yaml",
    "prod": "Pulumi.prod.yaml",
    "everything": "tests/cases/everything.ok.yaml",
}
ADR = ROOT / "docs/adr/0025-kube-score.md"


@pytest.fixture(scope="session")
def binary() -> Path:
    return ensure_for_tests(("kube-score",)).paths["kube-score"]


@pytest.fixture(scope="session")
def found(
    binary: Path,
    needed: Callable[[BaseStack], Mapping[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[Complaint]]:
    """The complaints of each stack."""

    def of(name: str, said: Mapping[str, Any]) -> list[Complaint]:
        stack = describe(name, said)
        folder = tmp_path_factory.mktemp("objects") / name
        return complaints(binary, name, render.write(stack, dict(needed(stack)), folder, show_secrets=False))

    return {name: of(name, decided(ROOT / path)) for name, path in STACKS.items()}


@pytest.mark.parametrize("stack", STACKS)
def test_every_complaint_is_explained(found: dict[str, list[Complaint]], stack: str) -> None:
    left = [one for one in found[stack] if not any(reason.covers(one) for reason in explained())]
    assert left == []


def test_nothing_is_explained_in_vain(found: dict[str, list[Complaint]]) -> None:
    every = [one for complaints in found.values() for one in complaints]
    stale = [
        (reason.check, pattern)
        for reason in explained()
        for pattern in reason.objects
        for stack in reason.stacks
        if not any(
            type(reason)(reason.check, reason.reason, [pattern], reason.text, [stack]).covers(one)
            for one in every
        )
    ]
    assert stale == []


def test_the_decision_names_every_check_that_is_explained() -> None:
    decision = ADR.read_text(encoding="utf-8")
    assert [reason.check for reason in explained() if f"`{reason.check}`" not in decision] == []


def test_what_is_wrong_is_complained_of(binary: Path, tmp_path: Path) -> None:
    """Else the other tests would pass with a kube-score that reads nothing."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "namespace": "campus"}}
    path = tmp_path / "pod.yaml"
    path.write_text(yaml.safe_dump({**pod, "spec": {"containers": [{"name": "a", "image": "a:latest"}]}}))
    checks = {one.check for one in complaints(binary, "bare", [path])}
    assert {"container-image-tag", "container-resources", "pod-networkpolicy"} <= checks
    assert "container-security-context-user-group-id" in checks
