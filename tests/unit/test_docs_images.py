"""The stack files in docs/images.md load, and its commands parse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typed
import yaml

from openedx_infra.config import PROJECT, load
from openedx_infra.images.plan import plans

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/images.md").read_text(encoding="utf-8")
DIGEST = "sha256:" + "0" * 64
BUILD = {"source": "build", "repository": "registry.example.org/campus/image"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def said(block: str) -> dict[str, Any]:
    """What a stack file says with this part in it: keys of the project, or of its images."""
    part = yaml.safe_load(block)
    if f"{PROJECT}:images" not in part:
        images = {name: BUILD | build for name, build in part.items()}
        return {"site": {"lms_host": "learn.example.org"}, "images": images}
    return {"site": {"lms_host": "learn.example.org"}, "images": part[f"{PROJECT}:images"]}


@pytest.mark.parametrize("block", blocks("yaml"))
def test_examples_are_stack_files(block: str) -> None:
    # Digests come by a command that is told right after; here they are there.
    block = re.sub(r"(openedx(?:-mfe)?:2\d\.\d+\.\d+)", rf"\1@{DIGEST}", block)
    images = said(block)
    if images["images"].pop("require_digest", False):
        assert all(DIGEST in reference for reference in images["images"].values())
    stack = load("campus", images)
    assert {plan.name for plan in plans(stack)} == set(stack.images.builds)


def test_there_are_examples_of_both_images() -> None:
    assert len(blocks("yaml")) >= 7
    assert any("mfes:" in block for block in blocks("yaml"))


def test_commands_are_known() -> None:
    found = [
        call for block in blocks("console") for call in typed.calls(block.replace("…", "X"), "openedx-infra")
    ]
    assert {call[0] for call in found} == {"images", "test-platform"}
    for call in found:
        typed.demand_known(call)


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT):
        assert (ROOT / "docs" / link).exists(), link
    reference = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    for anchor in re.findall(r"configuration\.md#([a-z]+)\)", TEXT):
        assert f'<a id="{anchor}">' in reference
    for name in re.findall(r"`(tests/[\w/]+\.py|images/[\w/]+)`", TEXT):
        assert (ROOT / name).exists(), name
