"""Workflows on the pages have all that a run needs, and commands that exist."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import typed
import yaml
from pages import PAGES, ROOT, WORKFLOW, Block, blocks

ALL = [block for page in PAGES for block in blocks(page, "yaml") if block.name == WORKFLOW]
WORKFLOWS = [block for block in ALL if block.page.name == "clusters.md"]
"""Those that deploy."""
VERBS = ["preview", "up", "preview"]
"""For a proposal, for a change, and for drift."""


def scripts(content: Any) -> Iterator[str]:
    """The lines of a shell in a workflow of GitHub or GitLab, in order."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in ("run", "script", "before_script"):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(content, list):
        for each in content:
            yield from scripts(each)


@pytest.mark.parametrize("block", WORKFLOWS, ids=str)
def test_commands_exist_and_tell_proposal_change_and_drift_apart(block: Block) -> None:
    lines = "\n".join(scripts(yaml.safe_load(block.text)))
    calls = list(typed.calls(lines, "openedx-infra"))
    assert [call[0] for call in calls] == VERBS
    for call in calls:
        typed.demand_known(call)
    assert "--yes" in calls[1], "nobody answers there"
    assert {"--refresh", "--expect-no-changes"} <= set(calls[2])
    for arguments in typed.calls(lines, "make"):
        subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True, check=True)


@pytest.mark.parametrize("block", [block for block in ALL if block not in WORKFLOWS], ids=str)
def test_commands_of_others_exist(block: Block) -> None:
    calls = list(typed.calls("\n".join(scripts(yaml.safe_load(block.text))), "openedx-infra"))
    assert calls
    for call in calls:
        typed.demand_known(call)


@pytest.mark.parametrize("block", WORKFLOWS, ids=str)
def test_nothing_that_a_run_needs_is_left_out(block: Block) -> None:
    """GitLab checks out by itself, and takes secrets from variables that the page names."""
    text = block.page.read_text(encoding="utf-8").partition("## In CI\n")[2]
    for variable in ("KUBECONFIG", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID"):
        assert variable in text.partition(block.text.splitlines()[0])[0], f"{variable} is never explained"
    for needed in ("PULUMI_BACKEND_URL", "OPENEDX_INFRA_CACHE", "cache", "schedule"):
        assert needed in block.text
    content = yaml.safe_load(block.text)
    for job in content.get("jobs", {}).values():
        assert job["timeout-minutes"] and content["permissions"] == {"contents": "read"}
        assert job["steps"][0]["uses"].startswith("actions/checkout@")
        environment = {
            **content["env"],
            **{k: v for step in job["steps"] for k, v in step.get("env", {}).items()},
        }
        secret = [value for value in environment.values() if str(value).startswith("${{ secrets.")]
        assert len(secret) == 4 and "KUBECONFIG" in environment


def test_there_is_one_for_github_and_one_for_gitlab() -> None:
    assert ["jobs" in yaml.safe_load(block.text) for block in WORKFLOWS] == [True, False]
