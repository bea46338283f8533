"""The pages' stack files load, their commands parse, their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typed
import yaml
from samples import AUTHORITY, DIGEST, LEAST

from openedx_infra.config import PROJECT, Foundation, Stack, describe

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs/adr").glob("*.md"))
WITH_STACKS = (
    "README",
    "backups",
    "clusters",
    "datastores",
    "duties",
    "foundation",
    "network",
    "observability",
    "operations",
    "rolling",
    "scaling",
    "upgrades",
)
"""Pages with parts of stack files; those of images.md have a test of their own."""
AWS = {
    "region": "eu-west-1",
    "network": {
        "vpc": "vpc-0a1b2c3d",
        "subnets": ["subnet-0a1b2c3d", "subnet-0b1b2c3d"],
        "clients": ["sg-0a1b2c3d"],
    },
    "identity": {"source": "pod-identity", "cluster": "campus"},
}
"""What a part of a stack file on AWS leaves to another part."""


def blocks(page: Path, language: str) -> list[str]:
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [dedent(text) for _, text in found]


def parts(page: Path) -> list[dict[str, Any]]:
    """Parts of stack files on a page by their keys; those of datastores may stand without the key above."""
    found = []
    for block in blocks(page, "yaml"):
        said = yaml.safe_load(re.sub(r"@sha256:…", DIGEST, block))
        if isinstance(said, dict):
            said = said.get("config", said)
            ours = {
                key.removeprefix(f"{PROJECT}:"): value
                for key, value in said.items()
                if key.startswith(PROJECT)
            }
            found.append(ours or {"datastores": said})
    return found


def completed(part: dict[str, Any]) -> dict[str, Any]:
    """A whole stack file with this part in it."""
    said = {**LEAST, **part}
    said["site"] = {**LEAST["site"], **said["site"]}
    if any(f"'source': '{source}'" in str(part) for source in ("rds", "elasticache", "s3", "ses")):
        said.setdefault("aws", AWS)
    for store in said.get("datastores", {}).values():
        if isinstance(store, dict) and store["source"] == "rds":
            store["ca"] = AUTHORITY
        elif isinstance(store, dict) and "ca" in store.get("tls", {}):
            store["tls"]["ca"] = AUTHORITY
    return said


PARTS = [
    pytest.param(part, id=f"{page.stem}-{'-'.join(part)}")
    for page in PAGES
    if page.stem in WITH_STACKS and page.parent.name != "adr"
    for part in parts(page)
]


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_stack_files_are_right(part: dict[str, Any]) -> None:
    of_foundations = {key: value for key, value in part.items() if key not in Stack.model_fields}
    if of_foundations or "network_reference" in part.get("aws", {}):
        own = {key: value for key, value in part.items() if key in Foundation.model_fields}
        describe("shared", {"kind": "foundation", **own})
        part = {key: value for key, value in part.items() if key not in own}
    if part:
        describe("campus", completed(part))


def test_the_pages_have_parts_of_stack_files() -> None:
    assert len(PARTS) >= 15, "or they are not found any more"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_are_known(page: Path) -> None:
    for block in blocks(page, "console"):
        for call in typed.calls(block.replace("…", "X"), "openedx-infra"):
            typed.demand_known(call)


def anchors(page: Path) -> set[str]:
    """What a link may name on a page: its headings, as GitHub writes them."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ours = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return ours | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        there = page.parent / link if link else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), f"{link}#{anchor}"
