"""Two stacks of one checkout with one host in one cluster are noted, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openedx_infra.config import Stack
from openedx_infra.operations.stack_files import checkout, shared_hosts, stack_file

HERE = {"context": "here"}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(checkout, "CHECKOUT", tmp_path)

    def write(name: str, **sections: Any) -> None:
        config = {f"openedx:{key}": value for key, value in sections.items()}
        (tmp_path / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))

    return write


def noted(name: str) -> list[str]:
    file = stack_file.read(name)
    stack = stack_file.validated(file)
    assert isinstance(stack, Stack)
    return list(shared_hosts.notes(file, stack))


def test_a_copy_of_a_stack_file(write: Any) -> None:
    write("one", site={"lms_host": "learn.example.org"}, cluster=HERE)
    write("two", site={"lms_host": "learn.example.org"}, cluster=HERE)
    [note] = noted("one")
    assert "stack two names the same cluster and the same hosts (apps.learn.example.org, learn" in note


def test_a_host_that_one_derives_and_the_other_names(write: Any) -> None:
    write("one", site={"lms_host": "learn.example.org"}, cluster=HERE)
    write("two", site={"lms_host": "studio.learn.example.org"}, cluster=HERE)
    assert "(studio.learn.example.org)" in noted("one")[0]
    assert "(studio.learn.example.org)" in noted("two")[0]


def test_other_clusters_other_hosts_and_broken_files_are_left_out(write: Any, tmp_path: Path) -> None:
    write("one", site={"lms_host": "learn.example.org"}, cluster=HERE)
    write("elsewhere", site={"lms_host": "learn.example.org"}, cluster={"context": "there"})
    write("local", site={"lms_host": "learn.example.org"})
    write("other", site={"lms_host": "other.example.org"}, cluster=HERE)
    write("broken", site={"lms_host": "learn.example.org", "unknown": 1}, cluster=HERE)
    (tmp_path / "Pulumi.worse.yaml").write_text("config: [learn.example.org")
    assert noted("one") == []


def test_two_local_stacks_share_the_embedded_cluster(write: Any) -> None:
    write("one", site={"lms_host": "learn.example.org"})
    write("two", site={"lms_host": "learn.example.org"})
    assert len(noted("one")) == 1


def test_two_instances_that_sign_their_visitors_out_of_each_other(write: Any) -> None:
    write("production", site={"lms_host": "learn.example.org", "mfe_host": "apps.example.org"}, cluster=HERE)
    staging = {"lms_host": "staging.example.org", "mfe_host": "apps-staging.example.org"}
    write("staging", site=staging, cluster={"context": "there"})
    assert "stack staging sets cookies of the same names for example.org" in noted("production")[0]
    write("staging", site={**staging, "cookie_prefix": "staging"}, cluster={"context": "there"})
    assert noted("production") == noted("staging") == []
