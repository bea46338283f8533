"""The stack files in docs/images.md build what they name, and the page's files and anchors exist."""

from __future__ import annotations

import re

from pages import ROOT, blocks, whole

from openedx_infra.config import PROJECT, load
from openedx_infra.images.plan import plans

PAGE = ROOT / "docs/images.md"


def test_parts_build_the_images_that_they_name() -> None:
    built = []
    for block in blocks(PAGE, "yaml"):
        config = whole(block)["config"]
        stack = load("campus", {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()})
        names = {plan.name for plan in plans(stack)}
        assert names == set(stack.images.builds), block
        built += names
    assert len(built) >= 7 and {*built} == {"openedx", "mfe"}


def test_files_and_anchors_exist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    reference = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    for anchor in re.findall(r"configuration\.md#([a-z]+)\)", text):
        assert f'<a id="{anchor}">' in reference
    for name in re.findall(r"`(tests/[\w/]+\.py|images/[\w/]+)`", text):
        assert (ROOT / name).exists(), name
