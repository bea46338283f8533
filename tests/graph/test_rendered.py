"""`render` writes all of an instance, in YAML that every reader reads alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.config import BaseStack, describe
from openedx_infra.operations.offline import render
from openedx_infra.operations.offline.recording import Graph


def test_every_object_has_a_file_of_its_own_that_says_the_same_by_older_rules(
    recorded: Callable[..., Graph],
    needed: Callable[[BaseStack], Mapping[str, str]],
    everything: dict[str, Any],
    tmp_path: Path,
) -> None:
    """PyYAML reads `off` as false, as kubectl does; two namespaces may have objects of the same name."""
    stack = describe("dev", everything)
    files = render.write(stack, dict(needed(stack)), tmp_path / "objects", show_secrets=False)
    objects = recorded(everything).objects()
    assert len({*files}) == len(objects) > 100
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    assert sorted(found, key=_identity) == sorted(objects, key=_identity)


def _identity(obj: Mapping[str, Any]) -> tuple[str, ...]:
    metadata = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata["name"]
