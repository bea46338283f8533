"""The duty that retires accounts has a login of its own, in a Secret that nobody else reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from flows import talks
from samples import LEAST
from shape import Record, find, label, of_kind

import policies
from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.operations.secrets import secrets
from openedx_infra.scripts import text

SCRIPT = {"retire.py": text("retire.py")}
ON: dict[str, Any] = {**LEAST, "retirement": {"enabled": True}}


def values(graph: Graph, name: str) -> dict[str, str]:
    found: dict[str, str] = graph.object(find(graph, "Secret", name), reveal_secrets=True)["stringData"]
    return found


def test_it_reads_its_login_from_a_file_that_no_other_pod_has(recorded: Record) -> None:
    graph = recorded(ON)
    secret = values(graph, "retirement-config")
    config = yaml.safe_load(secret["config.yml"])
    assert config["client_secret"] and config["base_urls"] == {"lms": "http://lms:8000"}
    assert graph.object(find(graph, "ConfigMap", "retirement-script"))["data"] == SCRIPT
    readers = {label(each) for each in of_kind(graph, "CronJob", "Job", "Deployment", "StatefulSet")
               if "retirement-config" in json.dumps(graph.object(each))}  # fmt: skip
    assert readers == {"CronJob duty-retirement"}
    assert values(graph, "lms-setup-secrets")["retirement_oauth2_secret"] == config["client_secret"]
    assert talks(graph, "duty-retirement", "lms", 8000)
    assert config["client_secret"] not in json.dumps(graph.object(find(graph, "CronJob", "duty-retirement")))


def test_an_instance_without_it_has_nothing_of_it(recorded: Record) -> None:
    graph = recorded(LEAST)
    assert not [resource.name for resource in graph.resources if "retirement" in resource.name]


def test_no_rule_refuses_it(recorded: Record) -> None:
    stack = load("campus", ON)
    complaints = policies.check(recorded(ON, name="campus"), stack, secrets.stand_ins(stack))
    assert [str(complaint) for complaint in complaints] == []


@pytest.mark.parametrize("purpose", ["archive", "partner_reports"])
def test_the_duty_alone_reaches_its_bucket(recorded: Record, purpose: str) -> None:
    bucket = {"bucket": "campus-retired", "endpoint": "http://10.9.8.7:7480"}
    graph = recorded({**LEAST, "retirement": {"enabled": True, purpose: bucket}})
    config = yaml.safe_load(values(graph, "retirement-config")["config.yml"])
    assert config[purpose]["bucket"] == "campus-retired" and config[purpose]["secret_key"]
    open_to = [
        each for each in of_kind(graph, "NetworkPolicy") if "10.9.8.7" in json.dumps(graph.object(each))
    ]
    [policy] = [graph.object(each)["spec"] for each in open_to]
    pod = graph.object(find(graph, "CronJob", "duty-retirement"))["spec"]["jobTemplate"]["spec"]["template"]
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "duty-retirement"
    assert [rule["ports"][0]["port"] for rule in policy["egress"]] == [7480]
