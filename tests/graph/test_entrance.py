"""Errors for people when a stack can't be used, and outputs when it can."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from shape import Record, find

from openedx_infra.operations.offline.recording import Graph, record_program
from stacks import program

SITE = {"lms_host": "learn.example.org"}
Enter = Callable[..., Graph]


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Runs the program as Pulumi's language host does, with this configuration."""

    def run(values: Mapping[str, Any], *, encrypted: tuple[str, ...] = ()) -> Graph:
        config = {f"openedx:{key}": v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))
        monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps([f"openedx:{key}" for key in encrypted]))
        return record_program(program.main, "campus")

    return run


def _problems(enter: Enter, values: Mapping[str, Any], **more: Any) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        enter(values, **more)
    return str(caught.value)


def test_it_hands_on_what_the_stack_file_says(enter: Enter, secrets: dict[str, str]) -> None:
    values = {
        "site": {**SITE, "name": "Campus"},
        "release": "verawood",
        "cluster": {"context": "k3s"},
        "secrets": secrets,
        "overrides": [],
    }
    graph = enter(values, encrypted=("secrets",))
    assert graph.outputs["config"]["site"]["name"] == "Campus"
    assert graph.outputs["namespace"] == "openedx-campus"
    root = graph.object(find(graph, "Secret", "mysql-root"), reveal_secrets=True)
    assert root["stringData"] == {"password": secrets["mysql_root_password"]}


def test_a_foundation_is_told_apart_from_what_pulumi_adds_for_instances(enter: Enter) -> None:
    project = yaml.safe_load((Path(__file__).parents[2] / "Pulumi.yaml").read_text(encoding="utf-8"))
    added = {key: entry["default"] for key, entry in project["config"].items()}
    graph = enter({**added, "kind": "foundation"})
    assert [resource.type for resource in graph.resources] == ["openedx:index:Foundation"]
    for own in ({"site": {"name": "Campus"}}, {"release": "ulmo"}, {"backups": {}}):
        text = _problems(enter, {**added, "kind": "foundation", **own})
        assert f"openedx:{next(iter(own))}: unknown key; known here: addons" in text
    text = _problems(enter, {**added, "kind": "foundation", "addons": {"mysql_operator": {}}})
    assert "openedx:cluster.context: missing" in text


def test_it_goes_to_no_cluster_that_is_not_named(enter: Enter, secrets: dict[str, str]) -> None:
    text = _problems(enter, {"site": SITE, "secrets": secrets})
    assert "openedx:cluster.context: missing" in text
    assert "openedx-infra up" in text


def test_all_that_is_wrong_or_missing_is_said_at_once(enter: Enter) -> None:
    values = {"site": {"lms_host": "http://learn"}, "release": "zebra", "clutser": {"context": "k3s"}}
    text = _problems(enter, values)
    for key in ("openedx:site.lms_host", "openedx:release", "openedx:clutser"):
        assert f"{key}: " in text
    assert "openedx:secrets.django_secret_key: missing" in text
    assert "openedx-infra secrets generate --stack campus" in text
    assert "Traceback" not in text


def test_an_encrypted_value_elsewhere_would_be_shown(enter: Enter, secrets: dict[str, str]) -> None:
    values = {
        "site": SITE,
        "cluster": {"context": "k3s"},
        "secrets": secrets,
        "settings": {"lms": {"KEY": "abc"}},
    }
    text = _problems(enter, values, encrypted=("secrets", "settings"))
    assert "openedx:settings: holds an encrypted value" in text
    assert "openedx:secrets:" not in text


def test_a_secret_of_the_wrong_form_stops_it_before_anything_is_sent(
    enter: Enter, secrets: dict[str, str]
) -> None:
    wrong = {
        **secrets,
        "jwt_private_key": "-----no key-----",
        "meilisearch_master_key": "short",
        "mysql_password": "",
    }
    text = _problems(
        enter, {"site": SITE, "cluster": {"context": "k3s"}, "secrets": wrong}, encrypted=("secrets",)
    )
    assert "3 errors" in text
    assert "openedx:secrets.jwt_private_key: is no private key" in text
    assert "openedx:secrets.meilisearch_master_key: is shorter" in text
    assert "openedx:secrets.mysql_password: is empty" in text
    assert "no key---" not in text


def test_passwords_of_any_characters_reach_their_servers(enter: Enter, secrets: dict[str, str]) -> None:
    odd = 'a "b" \\ c # é = d e f g'
    values = {**secrets, "broker_password": odd, "meilisearch_master_key": odd}
    graph = enter({"site": SITE, "cluster": {"context": "k3s"}, "secrets": values}, encrypted=("secrets",))
    conf = graph.object(find(graph, "Secret", "broker-password"), reveal_secrets=True)["stringData"]
    assert conf["password.conf"] == 'requirepass "a \\"b\\" \\\\ c # é = d e f g"\n'
    toml = graph.object(find(graph, "Secret", "meilisearch-config"), reveal_secrets=True)["stringData"]
    assert tomllib.loads(toml["config.toml"])["master_key"] == odd


def test_a_replaced_password_is_told_to_the_job_that_sets_the_new_one(
    enter: Enter, secrets: dict[str, str]
) -> None:
    values = {**secrets, "mysql_root_password_previous": "the-one-before"}
    graph = enter({"site": SITE, "cluster": {"context": "k3s"}, "secrets": values}, encrypted=("secrets",))
    data = graph.object(find(graph, "Secret", "mysql-provision-secrets"), reveal_secrets=True)["stringData"]
    assert data["mysql_root_password_previous"] == "the-one-before"
    assert data["mysql_root_password"] == secrets["mysql_root_password"]


def test_outputs_are_for_people_and_for_other_stacks(recorded: Record) -> None:
    outputs = recorded().outputs
    assert outputs["lms_url"] == "http://learn.example.org"
    assert outputs["studio_url"] == "http://studio.learn.example.org"
    assert outputs["mfe_url"] == "http://apps.learn.example.org"
    assert outputs["mfe_urls"]["authn"] == "http://apps.learn.example.org/authn"
    assert outputs["search_url"] == "http://meilisearch.learn.example.org"
    assert (outputs["namespace"], outputs["release"]) == ("openedx-dev", "verawood")
    assert outputs["datastores"]["mysql"] == "mysql:3306"
    assert set(outputs["images"]) == {"openedx", "mfe", "mysql", "mongodb", "valkey", "meilisearch", "smtp"}
    assert outputs["config"]["site"]["lms_host"] == "learn.example.org"
    json.dumps(outputs)
