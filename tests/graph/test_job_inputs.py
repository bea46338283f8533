"""A Job runs again when what it acts on changes, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from samples import LEAST
from shape import Record, find, of_kind, template

from openedx_infra import scripts
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings.job_inputs import ADDS_APPS, SETUP, platform_settings

MIGRATIONS = {"lms-migrate", "studio-migrate"}
SETUPS = {"lms-setup", "studio-setup"}
OF_SEARCH = {"search-provision", *SETUPS}
PYTHON = "tests/data/settings_modules"
STORE = {"datastores": {"storage": {"source": "in-cluster"}}}

CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "a flag that adds an app": ({}, {"features": {"flags": {"ENABLE_LTI_PROVIDER": True}}}, MIGRATIONS),
    "another one": ({}, {"features": {"flags": {"CUSTOM_COURSES_EDX": True}}}, MIGRATIONS),
    "apps of plugins": ({}, {"settings": {"lms": {"ADDL_INSTALLED_APPS": ["x"]}}}, MIGRATIONS),
    "one app more": (
        {"settings": {"lms": {"ADDL_INSTALLED_APPS": ["x"]}}},
        {"settings": {"lms": {"ADDL_INSTALLED_APPS": ["x", "y"]}}},
        MIGRATIONS,
    ),
    "apps of Studio": ({}, {"settings": {"studio": {"ADDL_INSTALLED_APPS": ["x"]}}}, MIGRATIONS),
    "a flag taken back": ({"features": {"flags": {"ENABLE_LTI_PROVIDER": True}}}, {}, MIGRATIONS),
    "a setting that only a plugin knows": ({}, {"settings": {"common": {"CAMPUS_APPS": 1}}}, MIGRATIONS),
    "a flag that only a plugin knows": ({}, {"features": {"flags": {"ENABLE_CAMPUS": True}}}, MIGRATIONS),
    "a setting of the platform that adds none": (
        {},
        {"settings": {"lms": {"FOOTER_OPENEDX_URL": "x"}}},
        set(),
    ),
    "a flag of the platform that adds none": ({}, {"features": {"flags": {"ENABLE_TEAMS": False}}}, set()),
    "discussions": (
        {"features": {"flags": {"ENABLE_DISCUSSION_SERVICE": False}}},
        {"features": {"flags": {"ENABLE_DISCUSSION_SERVICE": True}}},
        {"lms-setup"},
    ),
    "the site's number": ({}, {"settings": {"common": {"SITE_ID": 2}}}, {"lms-setup"}),
    "states of retirement": ({}, {"settings": {"lms": {"RETIREMENT_STATES": ["A"]}}}, {"lms-setup"}),
    "a theme": ({}, {"site": {"lms_host": "learn.example.org", "theme": "campus"}}, {"lms-setup"}),
    "a waffle flag": ({}, {"features": {"waffle_flags": {"a.b": True}}}, {"lms-setup"}),
    "a frontend that is not served": ({}, {"mfes": {"disabled": ["ora-grading"]}}, {"lms-setup"}),
    "a database of the history": (
        {},
        {"datastores": {"mysql": {"source": "in-cluster", "history_database": "csmh"}}},
        {"mysql-provision", *MIGRATIONS},
    ),
    "another search server": (
        {},
        {"images": {"meilisearch": "docker.io/getmeili/meilisearch:v1.40.0"}},
        OF_SEARCH,
    ),
    "the image of the platform": (
        {},
        {"images": {"openedx": "registry.example.org/openedx:2"}},
        {"search-provision", *MIGRATIONS, *SETUPS},
    ),
    "another release": (
        {"release": "ulmo"},
        {"release": "verawood"},
        {"mysql-provision", "mongodb-provision", "search-provision", *MIGRATIONS, *SETUPS},
    ),
    "a host whose pages upload files": (
        STORE,
        {**STORE, "site": {"lms_host": "learn.example.org", "mfe_host": "mfes.example.org"}},
        {"storage-provision"},
    ),
    "a database's name": (
        {},
        {"datastores": {"mysql": {"source": "in-cluster", "database": "campus"}}},
        {"mysql-provision"},
    ),
    "a file of Python settings": (
        {},
        {"settings": {"modules": {"studio": f"{PYTHON}/studio.py"}}},
        {*MIGRATIONS, *SETUPS},
    ),
    "another text in it": (
        {"settings": {"modules": {"lms": f"{PYTHON}/common.py"}}},
        {"settings": {"modules": {"lms": f"{PYTHON}/lms.py"}}},
        {*MIGRATIONS, *SETUPS},
    ),
    "replicas": ({}, {"sizing": {"lms": {"replicas": 3}}}, set()),
    "a duty": ({}, {"duties": {"saml": {"enabled": False}}}, set()),
}
"""What changes, from what to what, and which Jobs run again."""


@pytest.mark.parametrize("change", CHANGES)
def test_the_jobs_that_act_on_a_change_run_again(recorded: Record, change: str) -> None:
    before, now, expected = CHANGES[change]
    one, other = (_identities(recorded({**LEAST, **said})) for said in (before, now))
    assert {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} == expected


def test_no_job_is_without_a_change_that_runs_it_again(recorded: Record) -> None:
    ours = {name for _, _, names in CHANGES.values() for name in names}
    assert {job.name for job in of_kind(recorded({**LEAST, **STORE}), "Job")} <= ours


def test_migrations_tell_which_settings_they_run_for(recorded: Record) -> None:
    said = {"features": {"flags": {"ENABLE_LTI_PROVIDER": True}}, "settings": {"lms": {"CAMPUS": "a b"}}}
    graph = recorded({**LEAST, **said})
    annotations = template(graph, find(graph, "Job", "lms-migrate"))["metadata"]["annotations"]
    assert re.fullmatch(
        r"ENABLE_LTI_PROVIDER=true lms\.CAMPUS=sha256:[0-9a-f]{12}", annotations["openedx.org/apps"]
    )
    least = template(recorded(), find(recorded(), "Job", "lms-migrate"))["metadata"]["annotations"]
    assert "openedx.org/apps" not in least


def test_a_set_up_is_told_of_each_setting_that_it_reads() -> None:
    """What the program itself computes of them follows from the search server."""
    computed = {"SEARCH_ENGINE", "MEILISEARCH_ENABLED"}
    for job, script in (("lms-setup", "lms_setup.py"), ("studio-setup", "studio_setup.py")):
        read = set(re.findall(r"\bsettings\.([A-Z][A-Z_0-9]+)", scripts.text(script)))
        assert read - computed <= set(SETUP[job]), job


def test_settings_that_add_apps_are_the_platform_s() -> None:
    assert ADDS_APPS - {"OPTIONAL_APPS"} <= platform_settings()


def _identities(graph: Graph) -> Mapping[str, str]:
    """Everything of each Job whose change runs it again: its own description, and the files that it mounts
    and that never change under one name."""
    files = {
        each["metadata"]["name"]: json.dumps(each, sort_keys=True)
        for each in graph.objects(reveal_secrets=True)
        if each["kind"] in ("ConfigMap", "Secret") and each.get("immutable")
    }
    identities = {}
    for job in of_kind(graph, "Job"):
        text = json.dumps(graph.object(job)["spec"], sort_keys=True)
        identities[job.name] = text + "".join(files[name] for name in sorted(files) if f'"{name}"' in text)
    return identities
