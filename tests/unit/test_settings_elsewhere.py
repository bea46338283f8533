"""Settings follow the connections, wherever datastores are, and passwords stay among the secret ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
import settings_case as case
import yaml
from settings_elsewhere import AWS, BOUGHT, ELSEWHERE, EXTERNAL, NAMES, OWN_BUCKETS, SENTINELS
from test_settings import READ_ELSEWHERE, SITES

from openedx_infra import settings
from openedx_infra.config import load
from openedx_infra.config.computed_settings import MANAGED_SETTINGS
from openedx_infra.settings import Site
from openedx_infra.settings.connections import Search, Tls
from openedx_infra.settings.datastores.search import search, search_secrets
from openedx_infra.settings.job_inputs import platform_settings
from openedx_infra.settings.paths import (
    CERTIFICATES_DIR,
    MEDIA_DIR,
    PRIVATE_DIR,
    SECRETS_DIR,
    SYSTEM_AUTHORITIES,
)
from openedx_infra.settings.tasks import task_secrets

CASES = pytest.mark.parametrize("name", list(ELSEWHERE))
BOTH = pytest.mark.parametrize("site", SITES)


def differing(site: Site, name: str) -> dict[str, Any]:
    """Settings that are others than those of an instance that runs everything itself."""
    return _differing(case.plain(site, case.stack()), case.plain(site, case.stack(), ELSEWHERE[name]))


def _differing(usual: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(usual.keys() - here.keys(), "<not said>")
    for key, value in here.items():
        before = usual.get(key, ...)
        if isinstance(before, dict) and isinstance(value, dict) and before != value:
            found[key] = _differing(before, value)
        elif before != value:
            found[key] = value
    return found


@BOTH
@CASES
def test_settings_are_as_reviewed(name: str, site: Site) -> None:
    text = settings.dump(differing(site, name))
    assert text == case.reviewed(name, f"{site}.yml", text), (
        "if the change is meant, run with UPDATE_GOLDEN=1"
    )


@BOTH
@CASES
def test_no_secret_is_in_plain_settings_or_reviewed_texts(name: str, site: Site) -> None:
    reviewed = (case.GOLDEN / name / f"{site}.yml").read_text(encoding="utf-8")
    text = unquote(yaml.safe_dump(case.plain(site, case.stack(), ELSEWHERE[name])) + reviewed)
    for secret, value in case.secrets().items():
        for line in value.split():
            assert line not in text, f"{secret} is in the plain settings"


@BOTH
@CASES
def test_the_platform_or_a_library_knows_every_name(name: str, site: Site) -> None:
    known = platform_settings()
    assert not case.whole(site, case.stack(), ELSEWHERE[name]).keys() - known - READ_ELSEWHERE.keys()


@CASES
def test_what_connections_decide_is_not_the_operator_s_to_say(name: str) -> None:
    """Nobody may override an address or a password by a free setting."""
    secret = case.secret("lms", case.stack(), ELSEWHERE[name]).keys() - {"DJFS"}
    shared = case.secret("lms", case.stack()).keys()
    assert (secret - shared) <= MANAGED_SETTINGS.keys()
    for prefix in ("AWS_S3_", "BROKER_", "MEILISEARCH_", "TYPESENSE_", "ELASTIC_", "FORUM_", "AWS_SES_"):
        plain = {key for key in case.plain("lms", case.stack(), ELSEWHERE[name]) if key.startswith(prefix)}
        assert plain <= MANAGED_SETTINGS.keys()


@BOTH
@CASES
def test_only_paths_that_pods_have_are_named(name: str, site: Site) -> None:
    """Without volumes, nothing is told to lie where they would be mounted."""
    text = settings.dump(case.whole(site, case.stack(), ELSEWHERE[name]))
    if ELSEWHERE[name].storage != case.IN_CLUSTER.storage:
        assert MEDIA_DIR not in text and PRIVATE_DIR not in text


# MySQL


def test_mysql_has_each_server_under_its_alias() -> None:
    found = case.whole("lms", case.stack(), EXTERNAL)["DATABASES"]
    hosts = {alias: (known["HOST"], known["PORT"], known["NAME"]) for alias, known in found.items()}
    assert hosts == {
        "default": ("mysql.example.org", "3307", "campus"),
        "read_replica": ("replica.example.org", "3308", "campus"),
        "student_module_history": ("history.example.org", "3309", "campus_history"),
    }
    assert {known["PASSWORD"] for known in found.values()} == {"<mysql_password>"}
    # Else each request would open a transaction on each of them.
    assert [alias for alias, known in found.items() if known.get("ATOMIC_REQUESTS")] == ["default"]


def test_the_history_may_be_on_the_same_server() -> None:
    found = case.plain("cms", case.stack(), BOUGHT)
    assert found["DATABASES"]["student_module_history"]["HOST"] == "mysql.example.org"
    assert "read_replica" not in found["DATABASES"] and found["ENABLE_CSMH_EXTENDED"] is True


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        (None, {}),
        (Tls(), {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": SYSTEM_AUTHORITIES}}),
        (Tls(verify="ca", ca="/ca"), {"ssl_mode": "REQUIRED", "ssl": {"ca": "/ca"}}),
        (Tls(verify="none"), {"ssl_mode": "REQUIRED", "ssl": {}}),
        (
            Tls(ca="/ca", certificate="/cert", key="/key"),
            {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": "/ca", "cert": "/cert", "key": "/key"}},
        ),
    ],
)
def test_mysql_is_encrypted_as_said(tls: Tls | None, expected: dict[str, Any]) -> None:
    known = replace(EXTERNAL, mysql=replace(EXTERNAL.mysql, tls=tls))
    for alias in settings.lms(case.stack(), known)["DATABASES"].values():
        assert {name: value for name, value in alias["OPTIONS"].items() if "ssl" in name} == expected


# Broker


def test_any_password_survives_an_address() -> None:
    odd = {"broker_password": "p@ss:/w?o#r%d;"}
    for known in (EXTERNAL, SENTINELS):
        text = json.dumps(task_secrets(known.broker, odd))
        assert "p%40ss%3A%2Fw%3Fo%23r%25d%3B@" in text


def test_nothing_is_asked_of_a_broker_without_a_password() -> None:
    found = task_secrets(BOUGHT.broker, {})
    assert (
        found["BROKER_URL"] == found["EVENT_BUS_REDIS_CONNECTION_URL"] == "redis://broker.example.org:6379/0"
    )


# Search


@pytest.mark.parametrize(
    ("known", "engine", "forum"),
    [
        (EXTERNAL, "search.meilisearch.MeilisearchEngine", "forum.search.meilisearch.MeilisearchBackend"),
        (AWS, "search.elastic.ElasticSearchEngine", "forum.search.es.ElasticsearchBackend"),
        (BOUGHT, "search.elastic.ElasticSearchEngine", "forum.search.es.ElasticsearchBackend"),
        (OWN_BUCKETS, "search.typesense.TypesenseEngine", "forum.search.typesense.TypesenseBackend"),
    ],
)
def test_courses_and_discussions_are_searched_in_one_engine(known: Any, engine: str, forum: str) -> None:
    for site in SITES:
        found = case.plain(site, case.stack(), known)
        assert (found["SEARCH_ENGINE"], found["FORUM_SEARCH_BACKEND"]) == (engine, forum)
        assert found["MEILISEARCH_ENABLED"] is (known is EXTERNAL)
    frontends = case.plain("lms", case.stack(), known)["MFE_CONFIG"]
    assert frontends["MEILISEARCH_ENABLED"] == ("true" if known is EXTERNAL else "false")


def test_keys_of_search_are_the_engine_s_own() -> None:
    secrets = {name: case.secret("lms", case.stack(), known) for name, known in ELSEWHERE.items()}
    assert secrets["external"]["MEILISEARCH_API_KEY"] == "<search_api_key>"
    assert secrets["own-buckets"]["TYPESENSE_API_KEY"] == "<search_api_key>"
    for name, user in (("aws", "openedx"), ("bought", "elastic")):
        (host,) = secrets[name]["ELASTIC_SEARCH_CONFIG_ES7"]
        assert host["http_auth"] == [user, "<search_password>"]
        (forum,) = secrets[name]["FORUM_ELASTIC_SEARCH_CONFIG"]
        assert forum == host


def test_a_search_server_without_login_has_no_secret() -> None:
    server = Search(engine="elasticsearch", endpoint=AWS.search.endpoint)
    assert search_secrets(server, {}) == {}
    (host,) = search(case.stack(), server)["ELASTIC_SEARCH_CONFIG_ES7"]
    assert host == {"host": "opensearch.example.org", "port": 443}


def test_names_of_elasticsearch_s_indexes_are_what_it_takes() -> None:
    stack = load("Campus.1", {**case.SAID["dev"], "cluster": {"namespace": "campus"}})
    assert search(stack, AWS.search)["ELASTIC_SEARCH_INDEX_PREFIX"] == "campus_1_"


# Files


@BOTH
def test_only_images_are_in_the_public_bucket(site: Site) -> None:
    found = case.plain(site, case.stack(), AWS)
    public = {name for name, value in found.items() if NAMES["public"] in json.dumps(value)}
    assert public == {"PROFILE_IMAGE_BACKEND", "VIDEO_IMAGE_SETTINGS"}
    assert found["AWS_STORAGE_BUCKET_NAME"] == NAMES["private"] and found["AWS_DEFAULT_ACL"] is None


@BOTH
def test_every_bucket_is_used(site: Site) -> None:
    text = json.dumps(case.plain(site, case.stack(), AWS))
    assert not [name for name in NAMES.values() if f'"{name}"' not in text]


def test_a_role_needs_no_keys() -> None:
    assert not [
        name for name in case.whole("lms", case.stack(), AWS) if "ACCESS_KEY" in name and "SES" not in name
    ]
    found = case.whole("lms", case.stack(), OWN_BUCKETS)
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == (
        "<s3_access_key>",
        "<s3_secret_key>",
    )
    # Those are no keys of AWS, which SES would be asked with.
    assert found["AWS_SES_ACCESS_KEY_ID"] is None and found["AWS_SES_SECRET_ACCESS_KEY"] is None


# Mail


def test_ses_is_that_of_its_region() -> None:
    found = case.plain("lms", case.stack(), AWS)
    assert found["EMAIL_BACKEND"] == "django_ses.SESBackend"
    assert found["AWS_SES_REGION_NAME"] in found["AWS_SES_REGION_ENDPOINT"]
    assert found["AWS_SES_CONFIGURATION_SET"] == "campus"
    assert "EMAIL_HOST" not in found and "EMAIL_HOST_PASSWORD" not in case.secret("lms", case.stack(), AWS)


def test_files_of_certificates_are_those_that_pods_mount() -> None:
    """The names that connections give; keys are secrets."""
    text = settings.dump(case.plain("lms", case.stack(), EXTERNAL))
    for store in ("mysql", "mongodb", "broker", "cache", "search"):
        assert f"{CERTIFICATES_DIR}/{store}-ca.pem" in text
    for store in ("mysql", "mongodb", "broker", "cache"):
        assert f"{SECRETS_DIR}/{store}-client.key" in text
