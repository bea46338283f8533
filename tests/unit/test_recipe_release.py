"""CONTRIBUTING's recipe of a release holds: one file, and one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkout_copy import Copy

WILLOW = '''"""A release that nobody made."""

from dataclasses import replace

from openedx_infra.releases.release import Mfe, mfes
from openedx_infra.releases.verawood import VERAWOOD

WILLOW = replace(
    VERAWOOD,
    name="willow",
    ref="release/willow.1",
    images=replace(VERAWOOD.images, openedx="docker.io/x/openedx:23", mfe="docker.io/x/mfe:23"),
    mfes=mfes(*VERAWOOD.mfes, Mfe(name="beyond", without="", port=2999, config={"BEYOND": "{url}"})),
)
"""It."""
'''
RELEASES = "openedx_infra/releases/__init__.py"
FACTS = """
import json
from openedx_infra.config import load
from openedx_infra.releases import RELEASES
facts = {each.name: [each.kind, each.after, "beyond" in each.mfe_names] for each in RELEASES.values()}
default = load("dev", {"site": {"lms_host": "learn.example.org"}}).release
print(json.dumps({"default": default, "releases": facts}))
"""
MAIN = """
from openedx_infra.config.documentation import reference
from openedx_infra.operations.cli import app
reference.main()
app.main()
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The program with one release more."""
    copy = Copy.into(tmp_path)
    copy.write("openedx_infra/releases/willow.py", WILLOW)
    copy.change(
        RELEASES,
        ("VERAWOOD)", "VERAWOOD, WILLOW)"),
        (" import VERAWOOD\n", " import VERAWOOD\nfrom openedx_infra.releases.willow import WILLOW\n"),
    )
    return copy


def test_order_kinds_and_default_follow(copy: Copy) -> None:
    facts = json.loads(copy.run("-c", FACTS))
    assert facts == {
        "default": "willow",
        "releases": {
            "ulmo": ["previous", None, False],
            "verawood": ["previous", "ulmo", False],
            "willow": ["current", "verawood", True],
            "master": ["nightly", "willow", True],
        },
    }


def test_a_stack_of_it_is_checked_and_rendered(copy: Copy) -> None:
    copy.run("-c", MAIN, "render", "--output", "out")
    assert "default: willow\n" in (copy.root / "Pulumi.yaml").read_text(encoding="utf-8")
    rendered = "\n".join(path.read_text(encoding="utf-8") for path in (copy.root / "out").rglob("*.yaml"))
    assert "image: docker.io/x/openedx:23" in rendered
    assert "BEYOND: http://apps.local.openedx.io/beyond" in rendered
