"""The service, tested by the kit of openedx-infra: without an engine, a cluster or a network."""

import json

import pytest

from openedx_infra import testing


def test_it_keeps_what_all_services_keep() -> None:
    assert testing.problems("badges") == []


def test_its_settings() -> None:
    stack = testing.stack({"badges": {"days": 30}})
    secrets = testing.stand_ins(stack)
    text = testing.config_file(testing.graph(stack, secrets), "badges", "/openedx/config/badges.json")
    settings = json.loads(text)
    assert settings["BADGE_DAYS"] == 30
    assert settings["DATABASES"]["default"]["PASSWORD"] == secrets["badges_mysql_password"]
    assert settings["SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT"] == "http://learn.example.org"


def test_its_pictures_lie_where_files_of_the_instance_do() -> None:
    for storage, backend in (
        ({"source": "volumes"}, "FileSystemStorage"),
        ({"source": "in-cluster"}, "S3Boto3Storage"),
    ):
        graph = testing.graph(testing.stack({"badges": {}}, datastores={"storage": storage}))
        settings = json.loads(testing.config_file(graph, "badges", "/openedx/config/badges.json"))
        assert settings["STORAGES"]["default"]["BACKEND"].endswith(backend)


def test_the_lms_links_to_it() -> None:
    lms = testing.settings(testing.graph(testing.stack({"badges": {}})), "lms")
    assert lms["BADGES_URL"] == lms["MFE_CONFIG"]["BADGES_URL"] == "http://badges.learn.example.org"


def test_it_serves_after_its_migrations() -> None:
    graph = testing.graph(testing.stack({"badges": {"web": {"replicas": 2}}}))
    assert testing.resource(graph, "Deployment", "badges")["spec"]["replicas"] == 2
    [web] = [each for each in graph.resources if (each.kind, each.name) == ("Deployment", "badges")]
    assert any(urn.endswith("::badges-migrate") for urn in web.depends_on)


def test_a_wrong_host_is_explained() -> None:
    with pytest.raises(testing.ConfigError) as caught:
        testing.stack({"badges": {"host": "learn.example.org"}})
    [line] = caught.value.problems
    assert line.startswith("openedx:services.badges.host: learn.example.org is `lms_host`, too")
