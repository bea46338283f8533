"""The settings are what the stack configures, complete, and known to the platform."""

from __future__ import annotations

import warnings
from urllib.parse import unquote

import pytest
import settings_case as case
import yaml
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis
from said import SETTINGS, said_for

from openedx_infra import settings
from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.secrets.needed import required
from openedx_infra.settings import HEALTH_PATH, Site
from openedx_infra.settings.job_inputs import platform_settings

SITES: tuple[Site, Site] = ("lms", "cms")
STACK_NAMES = tuple(case.SAID)

# Names that the list of the platform's names lacks, because another package reads them.
READ_ELSEWHERE = {
    "CELERY_ACKS_LATE": "Celery's own; the platform hands it all settings",
    "CELERY_REJECT_ON_WORKER_LOST": "Celery's",
    "BROKER_CONNECTION_RETRY_ON_STARTUP": "Celery's",
    "BROKER_CONNECTION_MAX_RETRIES": "Celery's",
    "CELERYD_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": "Celery's",
    "AWS_S3_ADDRESSING_STYLE": "django-storages'",
    "AWS_S3_FILE_OVERWRITE": "django-storages'",
    "AWS_S3_PUBLIC_ENDPOINT_URL": "ours: platform/endpoints.py",
    "AWS_SES_ACCESS_KEY_ID": "django-ses'",
    "AWS_SES_SECRET_ACCESS_KEY": "django-ses'",
    "AWS_SES_CONFIGURATION_SET": "django-ses'",
    "EVENT_BUS_REDIS_SENTINELS": "ours: platform/events.py",
    "OPENEDX_INFRA_AUTHORITIES": "ours: platform/certificates.py",
    "OPENEDX_INFRA_MAIL_NAME": "ours: platform/loading.py",
}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("stack", STACK_NAMES)
def test_rendered_settings_are_as_reviewed(stack: str, site: Site) -> None:
    render = settings.lms if site == "lms" else settings.studio
    text = settings.dump(render(case.stack(stack), case.connections(case.stack(stack))))
    assert text == case.reviewed(stack, f"{site}.yml", text), (
        "if the change is meant, run with UPDATE_GOLDEN=1"
    )


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("stack", STACK_NAMES)
def test_the_platform_knows_every_name(stack: str, site: Site) -> None:
    """The list was transcribed by hand and may lack a name, hence a warning; a wrong name of ours shows in
    it.
    """
    known = platform_settings()
    assert "LMS_ROOT_URL" in known
    unknown = case.whole(site, case.stack(stack)).keys() - known - READ_ELSEWHERE.keys()
    for name in sorted(unknown):
        warnings.warn(f"{site}: {name} is in no list of the platform's settings", stacklevel=1)
    # None today. One that is wanted is explained in READ_ELSEWHERE.
    assert not unknown


@pytest.mark.parametrize("site", SITES)
def test_no_secret_is_in_the_plain_settings(site: Site) -> None:
    text = yaml.safe_dump(case.plain(site, case.stack("campus")))
    for name, value in case.secrets().items():
        for line in value.split():
            assert line not in text, f"{name} is in the plain settings"


@pytest.mark.parametrize("site", SITES)
def test_every_secret_of_the_stack_reaches_the_platform(site: Site) -> None:
    # Addresses hold passwords in the writing of addresses.
    text = unquote(yaml.safe_dump(case.secret(site, case.stack("campus")), width=10_000))
    elsewhere = {
        "mysql_root_password",
        "mongodb_root_password",
        # What follows from them is there instead.
        "meilisearch_master_key",
    } | ({"studio_oauth2_secret"} if site == "lms" else set())
    wanted = {secret.name for secret in required(case.stack("campus"))} - elsewhere
    for name, value in case.secrets().items():
        for line in value.split("\n"):
            # Of the RSA key other writings of its numbers are there; test_settings_parts.py looks at them.
            if line and name != "jwt_private_key":
                assert (line in text) is (name in wanted), name


@pytest.mark.parametrize("site", SITES)
def test_free_settings_come_last_and_replace_whole(site: Site) -> None:
    queues = {"url": "x", "django_auth": {"username": "lms", "password": None}}
    stack = case.said(
        settings={"common": {"EMAIL_TIMEOUT": 5, "XQUEUE_INTERFACE": queues, "COMMENTS_SERVICE_URL": "k"}},
        features={"flags": {"ENABLE_DISCUSSION_SERVICE": False}},
    )
    found = case.whole(site, stack)
    assert found["EMAIL_TIMEOUT"] == 5
    assert found["XQUEUE_INTERFACE"] == queues
    assert found["COMMENTS_SERVICE_URL"] == "k"
    assert found["ENABLE_DISCUSSION_SERVICE"] is False


def test_a_site_beats_common_and_common_beats_flags() -> None:
    stack = case.stack("campus")
    assert case.plain("lms", stack)["SESSION_COOKIE_AGE"] == 7200
    assert case.plain("cms", stack)["SESSION_COOKIE_AGE"] == 3600
    assert case.plain("lms", stack)["ENABLE_TEAMS"] is False


@hypothesis(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=said_for(Stack))
def test_every_stack_renders_to_yaml_that_reads_back(said: dict[str, object]) -> None:
    try:
        stack = load("any", said)
    except ConfigError:
        assume(False)
        raise
    for render in (settings.lms, settings.studio):
        rendered = render(stack, case.connections(stack))
        text = settings.dump(rendered)
        assert yaml.safe_load(text) == rendered
        assert settings.dump(render(stack, case.connections(stack))) == text
    assert HEALTH_PATH in settings.mfe_caddyfile(stack)


@hypothesis(max_examples=50, deadline=None)
@given(value=SETTINGS)
def test_any_setting_survives_yaml(value: object) -> None:
    assert yaml.safe_load(settings.dump({"FREE": value})) == {"FREE": value}


@pytest.mark.parametrize(
    "text", ["\x85", "a\u2028b", "\ufeff", "Español", "日本\x85", "a: b # c", "yes", "1e3", ""]
)
def test_text_that_yaml_reads_otherwise_is_quoted(text: str) -> None:
    assert yaml.safe_load(settings.dump({"FREE": text})) == {"FREE": text}


def test_equal_parts_are_written_in_full() -> None:
    shared = {"a": [1]}
    assert "&" not in settings.dump({"ONE": shared, "TWO": shared})
