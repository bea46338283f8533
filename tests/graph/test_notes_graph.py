"""Notes in the graph: its settings, the platform's token for learners' browsers, and who reaches it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from flows import Pod, enters, leaves, pods, ports, reaches, talks
from samples import LEAST
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra.config import BaseStack, load
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.services.notes import MODULE, PORT, SERVICE, SETTINGS, Notes
from openedx_infra.settings import keys
from openedx_infra.settings.parts.retirement import steps

TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
INDEXED = {"search_by": "meilisearch", "host": "notes.example.org", "notes_per_course": 7}


def _said(**notes: Any) -> dict[str, Any]:
    return {**LEAST, "services": {"notes": notes}}


def _settings(graph: Graph) -> dict[str, Any]:
    secret = graph.object(find(graph, "Secret", "notes-secrets"), reveal_secrets=True)
    [text] = secret["stringData"].values()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("notes", [{}, INDEXED], ids=["least", "indexed"])
def test_no_rule_is_broken(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]], notes: dict[str, Any]
) -> None:
    stack = load("dev", _said(**notes))
    assert policies.check(recorded(_said(**notes)), stack, needed(stack)) == []


def test_lms_and_studio_know_it(recorded: Record) -> None:
    graph = recorded(_said(host="notes.example.org"))
    lms = yaml.safe_load(graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]["lms.yml"])
    studio = yaml.safe_load(graph.object(find(graph, "ConfigMap", "studio-settings"))["data"]["cms.yml"])
    assert lms["ENABLE_EDXNOTES"] is True and studio["ENABLE_EDXNOTES"] is True
    assert lms["EDXNOTES_PUBLIC_API"] == "http://notes.example.org/api/v1"
    assert lms["EDXNOTES_INTERNAL_API"] == f"http://notes:{PORT}/api/v1"
    assert "EDXNOTES_PUBLIC_API" not in studio


def test_the_lms_signs_tokens_by_what_notes_checks_them_with(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    """The LMS finds its client by name, and signs with the client's secret, for the client's id."""
    graph = recorded(_said())
    setup = json.loads(graph.object(find(graph, "ConfigMap", "lms-setup-parameters"))["data"]["setup.json"])
    [client] = [each for each in setup["clients"] if each["secret"] == "notes_oauth_secret"]
    lms = yaml.safe_load(graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]["lms.yml"])
    settings = _settings(graph)
    assert client["client_id"] == lms["EDXNOTES_CLIENT_NAME"] == settings["CLIENT_ID"]
    assert settings["CLIENT_SECRET"] == needed(load("dev", _said()))["notes_oauth_secret"]
    files = graph.object(find(graph, "Secret", "lms-setup-secrets"), reveal_secrets=True)["stringData"]
    assert files["notes_oauth_secret"] == settings["CLIENT_SECRET"]
    assert all(
        secret.make and len(secret.make()) >= 32 for secret in SERVICE.secrets(load("dev", LEAST), Notes())
    )


def test_learners_reach_its_api_alone_and_it_reaches_its_database_alone(recorded: Record) -> None:
    graph = recorded(_said())
    [rule] = graph.object(find(graph, "Ingress", "notes"))["spec"]["rules"]
    assert rule["host"] == f"notes.{LEAST['site']['lms_host']}"
    assert [path["path"] for path in rule["http"]["paths"]] == ["/api/v1"]
    assert enters(graph, TRAEFIK, pods(graph)["notes"], PORT)
    assert talks(graph, "lms", "notes", PORT)
    assert not reaches(graph, "notes", "192.0.2.1", 443)
    own = pods(graph)["notes"]
    open_to = {
        name
        for name, pod in pods(graph).items()
        for port in ports(graph, name)
        if leaves(graph, own, pod, port)
    }
    assert open_to == {"mysql"}


def test_the_database_searches_unless_meilisearch_does(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    graph, indexed = recorded(_said()), recorded(_said(**INDEXED))
    assert not [name for name in _settings(graph) if name.startswith("MEILISEARCH")]
    assert "notes-index" not in {each.name for each in of_kind(graph, "Job")}
    values = needed(load("dev", _said(**INDEXED)))
    settings = _settings(indexed)
    assert settings["MEILISEARCH_ENABLED"] is True
    assert settings["MEILISEARCH_INDEX"] == "dev_student_notes"
    # The platform's own key, which opens the indexes of this instance.
    assert settings["MEILISEARCH_API_KEY"] == keys.search_api_key(values["meilisearch_master_key"])
    assert values["meilisearch_master_key"] not in json.dumps(settings)
    assert settings["MAX_NOTES_PER_COURSE"] == 7
    assert talks(indexed, "notes", "meilisearch", 7700) and not talks(graph, "notes", "meilisearch", 7700)


def test_the_index_is_filled_again_for_another_version_of_meilisearch(recorded: Record) -> None:
    """Each version has indexes of its own, empty at first."""

    def job(said: Mapping[str, Any]) -> Mapping[str, Any]:
        graph = recorded(said)
        assert "Job notes-index" in names_before(graph, find(graph, "Deployment", "notes"))
        assert "Job notes-migrate" in names_before(graph, find(graph, "Job", "notes-index"))
        found: Mapping[str, Any] = template(graph, find(graph, "Job", "notes-index"))
        return found

    newer = {**_said(**INDEXED), "images": {"meilisearch": "docker.io/getmeili/meilisearch:v9.9.9"}}
    assert job(_said(**INDEXED)) == job(_said(**INDEXED)) != job(newer)


def test_retired_learners_lose_their_notes() -> None:
    def retiring(said: Mapping[str, Any]) -> list[str]:
        stack = load("dev", {**said, "retirement": {"enabled": True}})
        return [state for state, *_ in steps(stack)]

    assert "RETIRING_NOTES" in retiring(_said())
    assert "RETIRING_NOTES" not in retiring(_said(enabled=False))


@pytest.mark.parametrize("notes", [{}, INDEXED], ids=["least", "indexed"])
def test_its_settings_module_runs_over_its_defaults(
    recorded: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, notes: dict[str, Any]
) -> None:
    """With a stand-in for notesserver/settings/common.py: the names that the module changes."""
    common = ModuleType("notesserver.settings.common")
    vars(common).update(
        ES_APPS=("elasticsearch_dsl",),
        INSTALLED_APPS=["notesapi.v1", "elasticsearch_dsl"],
        ELASTICSEARCH_DSL={"default": {"hosts": "127.0.0.1:9200"}},
        DISABLE_TOKEN_CHECK=False,
    )
    for name in ("notesserver", "notesserver.settings"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "notesserver.settings.common", common)
    file = tmp_path / "notes.json"
    file.write_text(json.dumps(_settings(recorded(_said(**notes)))))
    settings: dict[str, Any] = {}
    exec(compile(MODULE.replace(SETTINGS, str(file)), "openedx_infra_notes.py", "exec"), settings)
    assert settings["INSTALLED_APPS"] == ["notesapi.v1"]
    assert settings["ES_DISABLED"] is True and settings["ELASTICSEARCH_DSL"] == {}
    assert settings["DISABLE_TOKEN_CHECK"] is False
    assert settings["DATABASES"]["default"]["USER"] == "notes"
    assert settings["LOGGING"]["root"]["handlers"] == ["console"]
