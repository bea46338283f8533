"""Objects that keep the data, restore it and prove that it can be restored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from samples import LEAST

import policies
from openedx_infra.config import BaseStack, describe
from openedx_infra.operations.offline.recording import Graph

TO = {"destination": {"endpoint": "https://s3.example.org:9000", "bucket": "campus-backups"}}
OURS = ("backup", "backup-list", "backup-check", "backup-restore", "drill")
IN_BUCKETS = {"storage": {"source": "in-cluster"}}


def said(stores: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A stack with backups."""
    site = {"lms_host": "learn.example.org", "tls": {"source": "upstream"}}
    return {**LEAST, "site": site, "backups": {**TO, **more}, "datastores": dict(stores or {})}


def cron_jobs(graph: Graph) -> dict[str, Mapping[str, Any]]:
    """All CronJobs of backups, by name."""
    found = [graph.object(r) for r in graph.resources if r.kind == "CronJob"]
    return {n: each for each in found if (n := each["metadata"]["name"]) in OURS}


def steps(cron_job: Mapping[str, Any]) -> list[str]:
    """Names of what its pod does, in order."""
    spec = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return [each["name"] for each in (*spec["initContainers"], *spec["containers"])]


@pytest.mark.parametrize("stores", [{}, IN_BUCKETS], ids=["volumes", "buckets"])
def test_no_rule_refuses_them(
    stores: dict[str, Any],
    recorded: Callable[..., Graph],
    needed: Callable[[BaseStack], Mapping[str, str]],
) -> None:
    stack = describe("dev", said(stores))
    complaints = policies.check(recorded(said(stores)), stack, needed(stack))
    assert [str(complaint) for complaint in complaints] == []


def test_what_is_done_and_in_which_order(recorded: Callable[..., Graph]) -> None:
    jobs = cron_jobs(recorded(said(IN_BUCKETS)))
    assert {name: steps(each) for name, each in jobs.items() if name != "backup-list"} == {
        "backup": ["mysql-dump", "mongodb-dump", "rclone-out", "seal", "backup"],
        "backup-check": ["restic-fetch", "check"],
        "backup-restore": [
            "restic-fetch",
            "check",
            "mysql-load",
            "mongodb-load",
            "restic-files",
            "rclone-in",
            "compare",
        ],
        "drill": [
            "mysql",
            "mongodb",
            "valkey",
            "restic-fetch",
            "check",
            "mysql-load",
            "mongodb-load",
            "compare",
            "prove-lms",
            "prove-studio",
            "proof",
            "rclone-publish",
        ],
    }


def test_what_waits_for_a_verb_and_what_runs_by_the_clock(recorded: Callable[..., Graph]) -> None:
    jobs = cron_jobs(recorded(said()))
    assert {name: each["spec"]["suspend"] for name, each in jobs.items()} == {
        "backup": False,
        "backup-list": True,
        "backup-check": True,
        "backup-restore": True,
        "drill": False,
    }
    tries = {name: each["spec"]["jobTemplate"]["spec"]["backoffLimit"] for name, each in jobs.items()}
    assert tries["backup-restore"] == 0, "a second try would begin with half a database"


def test_the_drill_is_alone(recorded: Callable[..., Graph]) -> None:
    graph = recorded(said())
    there = [r for r in graph.resources if r.is_object and _namespace(graph.object(r)) == "openedx-dev-drill"]
    assert {r.kind for r in there} == {"CronJob", "ConfigMap", "Secret", "NetworkPolicy"}
    exits = [graph.object(r)["spec"] for r in there if r.kind == "NetworkPolicy"]
    ports = {port["port"] for spec in exits for rule in spec.get("egress", ()) for port in rule["ports"]}
    assert ports == {53, 9000}, "the name service and the bucket"


def test_each_container_has_the_secrets_that_it_needs_and_no_others(recorded: Callable[..., Graph]) -> None:
    jobs = cron_jobs(recorded(said(IN_BUCKETS)))
    spec = jobs["backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    shown = {volume["name"]: _keys(volume) for volume in spec["volumes"]}
    seen = {
        each["name"]: set().union(*(shown[mount["name"]] for mount in each["volumeMounts"]))
        for each in (*spec["initContainers"], *spec["containers"])
    }
    assert seen == {
        "mysql-dump": {"mysql_password"},
        "mongodb-dump": {"mysql_password", "mongodb_password"},
        "rclone-out": {"rclone.conf"},
        "seal": {"mysql_password", "mongodb_password"},
        "backup": {"backup_password", "backup_credentials"},
    }


@pytest.mark.parametrize("name", ["backup-list", "backup-check"])
def test_what_only_reads_the_bucket_mounts_no_uploaded_files(
    recorded: Callable[..., Graph], name: str
) -> None:
    """Else its pod would have to run on the node of a volume that one node alone may mount."""
    spec = cron_jobs(recorded(said()))[name]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert not [volume for volume in spec["volumes"] if "persistentVolumeClaim" in volume]


def test_without_a_drill_there_is_no_second_namespace(recorded: Callable[..., Graph]) -> None:
    graph = recorded(said(drill=None))
    assert [r.name for r in graph.resources if r.kind == "Namespace"] == ["namespace"]


def test_without_backups_there_is_nothing_of_them(recorded: Callable[..., Graph]) -> None:
    assert not cron_jobs(recorded(LEAST))


def _namespace(obj: Mapping[str, Any]) -> str | None:
    found: str | None = obj.get("metadata", {}).get("namespace")
    return found


def _keys(volume: Mapping[str, Any]) -> set[str]:
    sources = volume.get("projected", {}).get("sources", ())
    return {item["path"] for source in sources for item in source.get("secret", {}).get("items", ())}
