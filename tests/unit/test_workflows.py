"""Workflows of CI call commands that there are, with options that they have."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typed
import yaml
from pages import PAGES, WORKFLOW, Block, blocks

from openedx_infra.config import PROJECT, load
from openedx_infra.images.plan import plans

ROOT = Path(__file__).parents[2]
PRINTED = [block for page in PAGES for block in blocks(page, "yaml") if block.name == WORKFLOW]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MASTER = ROOT / ".github/master.yaml"


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def commands(path: Path, name: str) -> Iterator[list[str]]:
    """Arguments of each call of a command in a workflow."""
    for job in jobs(path).values():
        for step in job["steps"]:
            yield from typed.calls(str(step.get("run", "")), name)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_ends_some_time_and_may_do_no_more_than_it_says(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 240
        assert set(job.get("needs", [])) <= set(workflow["jobs"]) or job["needs"] in workflow["jobs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_make_is_told_it_knows(path: Path) -> None:
    for arguments in commands(path, "make"):
        done = subprocess.run(
            ["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr)


SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}


def refused(path: Path, kind: str) -> str:
    """What the schema of a kind of CI says against a file; nothing if it is right."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[kind], str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_is_a_workflow_by_its_schema(path: Path) -> None:
    assert refused(path, "github") == ""


@pytest.mark.parametrize("block", PRINTED, ids=str)
def test_workflows_on_pages_are_right_by_their_schema(block: Block, tmp_path: Path) -> None:
    kind = "gitlab" if "gitlab" in block.text.splitlines()[0] else "github"
    name = ".gitlab-ci.yml" if kind == "gitlab" else "workflow.yml"
    (tmp_path / name).write_text(block.text, encoding="utf-8")
    assert refused(tmp_path / name, kind) == ""


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_wrong_workflow_is_found(kind: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text("jobs: {one: {steps: 7}}\ndeploy: {script: {}}\n", encoding="utf-8")
    assert refused(tmp_path / "wrong.yml", kind)


def test_jobs_of_ci_run_all_rungs_of_make_test() -> None:
    """Each on every Python, and every shard of the engine's tests."""
    matrix = jobs(ROOT / ".github/workflows/ci.yml")["test"]["strategy"]["matrix"]
    alike = [*itertools.product(matrix["python"], matrix["rung"], matrix["shard"])]
    engine = [*itertools.product(matrix["python"], ["test-engine"], ["1/2", "2/2"])]
    assert {tuple(job.values()) for job in matrix["include"]} == set(engine)
    rungs = {rung for job in [*alike, *engine] for rung in job[1].split()}
    test = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ntest: ")[1].split("\ntest-all: ")[0]
    named = set(re.findall(r"lint|types|test-[a-z]+", test)) - {"test-processes"}
    assert rungs == named | {"test-parts", "test-images"}


def test_what_openedx_infra_is_told_it_knows() -> None:
    called = [arguments for path in WORKFLOWS for arguments in commands(path, "openedx-infra")]
    assert {arguments[0] for arguments in called} == {"check", "images", "test-platform"}
    for arguments in called:
        typed.demand_known(arguments)


def test_the_stack_of_the_nightly_build_is_right() -> None:
    text = MASTER.read_text(encoding="utf-8").replace("REGISTRY", "ghcr.io/example/openedx-infra")
    config = yaml.safe_load(text)["config"]
    stack = load("master", {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()})
    assert stack.pinned_release.kind == "nightly"
    [openedx, mfe] = plans(stack)
    assert openedx.arguments["REF"] == "master"
    assert {openedx.reference, mfe.reference} == {
        "ghcr.io/example/openedx-infra/openedx:master",
        "ghcr.io/example/openedx-infra/mfe:master",
    }


def test_all_shards_run_and_each_has_time_for_both_suites() -> None:
    test = jobs(ROOT / ".github/workflows/master.yml")["test"]
    shards = test["strategy"]["matrix"]["shard"]
    command = next(step["run"] for step in test["steps"] if "test-platform" in str(step.get("run")))
    assert shards == list(range(1, len(shards) + 1))
    assert f"/{len(shards)} " in command
    minutes = int(command.split("--minutes ")[1].split()[0])
    assert 2 * minutes < test["timeout-minutes"]
