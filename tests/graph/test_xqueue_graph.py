"""Xqueue in the graph: its web server, its consumer, its users, and the platform's way to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from flows import Pod, enters, pods, reaches, talks
from samples import LEAST
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra.config import BaseStack, ConfigError, load
from openedx_infra.operations.offline import cautions
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.services.xqueue import CONSUMER, consumer_program

PUSHED = {
    "queues": {"openedx": None, "python": "https://grader.example.org:8443/grade"},
    "graders": ["python_grader"],
    "host": "xqueue.learn.example.org",
}
TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")


def _said(**xqueue: Any) -> dict[str, Any]:
    return {**LEAST, "services": {"xqueue": xqueue}}


def _settings(graph: Graph) -> dict[str, Any]:
    secret = graph.object(find(graph, "Secret", "xqueue-secrets"), reveal_secrets=True)
    [text] = secret["stringData"].values()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("xqueue", [{}, PUSHED], ids=["least", "pushed"])
def test_no_rule_is_broken(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]], xqueue: dict[str, Any]
) -> None:
    stack = load("dev", _said(**xqueue))
    assert policies.check(recorded(_said(**xqueue)), stack, needed(stack)) == []


def test_a_preview_registers_the_same(recorded: Record) -> None:
    up, preview = recorded(_said(**PUSHED)), recorded(_said(**PUSHED), preview=True)
    assert {resource.urn for resource in preview.resources} == {resource.urn for resource in up.resources}


def test_on_a_server_of_others_its_database_is_named_after_the_platforms(recorded: Record) -> None:
    """Two instances there would share a database called xqueue."""
    mysql = {"source": "external", "host": "mysql.example.org", "database": "campus", "user": "campus_app"}
    settings = _settings(recorded(_said() | {"datastores": {"mysql": mysql}}))
    [database] = settings["DATABASES"].values()
    assert (database["NAME"], database["USER"]) == ("campus_xqueue", "campus_app_xqueue")


def test_the_consumer_runs_where_answers_are_posted(recorded: Record) -> None:
    """Without such a queue it would end at once, and be started again for ever."""
    assert "xqueue-consumer" not in {each.name for each in of_kind(recorded(_said()), "Deployment")}
    graph = recorded(_said(**PUSHED, grading_seconds=120))
    consumer = find(graph, "Deployment", "xqueue-consumer")
    assert graph.object(consumer)["spec"]["strategy"] == {"type": "Recreate"}
    # It finishes the answer that it has posted.
    pod = template(graph, consumer)["spec"]
    assert pod["terminationGracePeriodSeconds"] > 120
    # The module that handles SIGTERM; what it does is shown by `tests/parts/test_xqueue_consumer.py`.
    assert pod["containers"][0]["command"] == ["python", "-m", CONSUMER]
    texts = graph.object(find(graph, "ConfigMap", "xqueue-config"))["data"]
    assert texts[f"openedx-config-{CONSUMER}.py"] == consumer_program()


def test_the_platform_sends_answers_there(recorded: Record) -> None:
    graph = recorded(_said())
    for name, file in (("lms-settings", "lms.yml"), ("studio-settings", "cms.yml")):
        settings = yaml.safe_load(graph.object(find(graph, "ConfigMap", name))["data"][file])
        assert settings["XQUEUE_INTERFACE"] == {
            "url": "http://xqueue:8000",
            "callback_url": "http://lms:8000",
            "basic_auth": None,
            "django_auth": {"username": "lms", "password": {"secret": "xqueue_lms_password"}},
        }
        if name == "lms-settings":
            assert "lms" in settings["ALLOWED_HOSTS"]  # by which it is called back
    assert talks(graph, "lms", "xqueue", 8000) and talks(graph, "xqueue", "lms", 8000)


def test_results_go_to_the_version_that_serves(recorded: Record) -> None:
    images = {"openedx": "registry.example.org/openedx:2", "mfe": "registry.example.org/mfe:2"}
    green = {"live": "green", "green": {"release": "verawood", **images}}
    graph = recorded({**_said(), "blue_green": green})
    settings = yaml.safe_load(graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]["lms.yml"])
    assert settings["XQUEUE_INTERFACE"]["callback_url"] == "http://lms-green:8000"


def test_users_are_the_platform_and_the_graders(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    values = needed(load("dev", _said(**PUSHED)))
    settings = _settings(recorded(_said(**PUSHED)))
    assert settings["USERS"] == {
        "lms": values["xqueue_lms_password"],
        "python_grader": values["xqueue_grader_python_grader"],
    }
    assert settings["XQUEUES"] == PUSHED["queues"]
    assert settings["DATABASES"]["default"]["USER"] == "xqueue"
    assert settings["DATABASES"]["default"]["PASSWORD"] == values["xqueue_mysql_password"]


def test_the_order(recorded: Record) -> None:
    graph = recorded(_said())
    before = names_before(graph, find(graph, "Deployment", "xqueue"))
    assert {"Job xqueue-mysql-provision", "Job xqueue-migrate", "Job xqueue-users"} <= before
    assert "Job xqueue-migrate" in names_before(graph, find(graph, "Job", "xqueue-users"))


def test_migrations_hold_the_lock_of_the_platform(recorded: Record) -> None:
    graph = recorded({**_said(), "migrations": {"lock_minutes": 7}})
    [container] = template(graph, find(graph, "Job", "xqueue-migrate"))["spec"]["containers"]
    assert {"name": "LOCK_SECONDS", "value": "420"} in container["env"]
    script = graph.object(find(graph, "ConfigMap", "xqueue-migrate-script"))["data"]["migrate.py"]
    assert "GET_LOCK" in script


def test_graders_reach_it_by_its_host_and_it_reaches_them(recorded: Record) -> None:
    graph, alone = recorded(_said(**PUSHED)), recorded(_said())
    assert enters(graph, TRAEFIK, pods(graph)["xqueue"], 8000)
    assert not enters(alone, TRAEFIK, pods(alone)["xqueue"], 8000)
    assert reaches(graph, "xqueue-consumer", "192.0.2.1", 8443)
    assert not reaches(alone, "xqueue", "192.0.2.1", 8443)
    [rule] = graph.object(find(graph, "Ingress", "xqueue"))["spec"]["rules"]
    assert rule["host"] == "xqueue.learn.example.org"


def test_all_its_secrets_can_be_generated(
    needed: Callable[[BaseStack], Mapping[str, str]],
) -> None:
    stack = load("dev", _said(**PUSHED))
    assert {name for name in needed(stack) if name.startswith("xqueue_")} == {
        *("xqueue_mysql_password", "xqueue_secret_key", "xqueue_lms_password"),
        "xqueue_grader_python_grader",
    }


def test_turned_off_it_keeps_what_it_stored_and_says_so() -> None:
    [note] = [line for line in cautions.lines(load("dev", _said(enabled=False))) if "services" in line]
    assert note.startswith("openedx:services.xqueue: Xqueue is off: its secrets and its database xqueue stay")
    assert [line for line in cautions.lines(load("dev", _said())) if "services" in line] == []


def test_an_image_without_a_digest_is_refused_where_digests_are_asked_for() -> None:
    said = _said()
    with pytest.raises(ConfigError) as caught:
        load("dev", {**said, "images": {"require_digest": True}})
    assert any("openedx:services.xqueue.image: has no digest" in line for line in caught.value.problems)
    load("dev", {**said, "images": {"require_digest": True}}, placeholders=True)


def test_backups_hold_its_database_and_the_restore_test_loads_it(recorded: Record) -> None:
    """In the restore test there is one user on the server, and no password of the instance's."""
    backups = {"destination": {"endpoint": "https://s3.example.org", "bucket": "kept"}}
    graph = recorded({**_said(), "backups": backups})

    def services(kind: str, name: str, step: str) -> tuple[str, str, set[str]]:
        spec = template(graph, find(graph, kind, name))["spec"]
        [container] = [
            each for each in [*spec["initContainers"], *spec["containers"]] if each["name"] == step
        ]
        env = {each["name"]: each.get("value", "") for each in container["env"]}
        [secrets] = [each for each in spec["volumes"] if each["name"] == "secrets-mysql"]
        files = {
            item["path"] for source in secrets["projected"]["sources"] for item in source["secret"]["items"]
        }
        return env["SERVICES"], env["BEFORE_SERVICES"], files

    line = "service-xqueue xqueue xqueue xqueue_mysql_password"
    both = {"mysql_password", "xqueue_mysql_password"}
    assert services("CronJob", "backup", "mysql-dump") == (line, "false", both)
    assert services("CronJob", "backup-restore", "mysql-load") == (line, "false", both)
    # Before the service's first start its database isn't there.
    assert services("Job", "backup-before", "mysql-dump") == (line, "true", both)
    root = "service-xqueue xqueue root mysql_password"
    assert services("CronJob", "drill", "mysql-load") == (root, "false", {"mysql_password"})
    parameters = graph.object(find(graph, "ConfigMap", "backup-parameters"))["data"]["backup.json"]
    assert json.loads(parameters)["mysql"]["service-xqueue"]["SECRET"] == "xqueue_mysql_password"
