"""Are secrets of the operator's found wherever a stack file refers to them, and never shown?"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
import settings_case as case
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from openedx_infra import settings
from openedx_infra.config import ConfigError, load
from openedx_infra.config.load import describe
from openedx_infra.config.secrets import references
from openedx_infra.config.secrets.catalogue import NAMES
from openedx_infra.config.secrets.formats import unfit, unfit_headers
from openedx_infra.config.secrets.needed import missing, required
from openedx_infra.config.secrets.plain_secrets import _SECRET_NAME, proposed_name
from openedx_infra.config.types.secret_references import SECRET_NAME
from openedx_infra.settings.job_inputs import platform_settings
from openedx_infra.settings.platform import loading

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEsentinelsentinel\n-----END PRIVATE KEY-----\n"
SECRET_BY_NAME = """
ACE_CHANNEL_BRAZE_API_KEY ACE_CHANNEL_SAILTHRU_API_KEY ACE_CHANNEL_SAILTHRU_API_SECRET AMPLITUDE_API_KEY
ANALYTICS_API_KEY AWS_SECRET_ACCESS_KEY AWS_SECURITY_TOKEN BIG_BLUE_BUTTON_GLOBAL_SECRET
BUNDLE_ASSET_URL_STORAGE_SECRET CELERY_BROKER_PASSWORD CHAT_COMPLETION_API_KEY COMMENTS_SERVICE_KEY
CREDIT_PROVIDER_SECRET_KEYS DISCOVERY_BACKEND_SERVICE_EDX_OAUTH2_SECRET ECOMMERCE_API_SIGNING_KEY
EDX_API_KEY EMAIL_HOST_PASSWORD ENTERPRISE_BACKEND_SERVICE_EDX_OAUTH2_SECRET ENTERPRISE_BRAZE_API_KEY
ENTERPRISE_SSO_ORCHESTRATOR_WORKER_PASSWORD EVENT_BUS_KAFKA_API_KEY EVENT_BUS_KAFKA_API_SECRET
EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_SECRET FACEBOOK_APP_SECRET
FERNET_KEYS JWT_PRIVATE_SIGNING_KEY MEILISEARCH_API_KEY MEILISEARCH_MASTER_KEY ORA2_SWIFT_KEY
PROCTORING_USER_OBFUSCATION_KEY PROFILE_IMAGE_HASH_SEED PROFILE_IMAGE_SECRET_KEY RECAPTCHA_PRIVATE_KEY
RETIRED_USER_SALTS SECRET_KEY SECRET_KEY_FALLBACKS SNOWFLAKE_SERVICE_USER_PASSWORD
SOCIAL_AUTH_EDX_OAUTH2_SECRET SOCIAL_AUTH_LTI_CONSUMER_SECRETS SOCIAL_AUTH_OAUTH_SECRETS
SOCIAL_AUTH_SAML_SP_PRIVATE_KEY SOCIAL_AUTH_SAML_SP_PRIVATE_KEY_DICT SURVEYMONKEY_ACCESS_TOKEN SWIFT_KEY
SWIFT_TEMP_URL_KEY TRACKING_SEGMENTIO_WEBHOOK_SECRET TYPESENSE_API_KEY VEDA_FERNET_KEYS
XBLOCK_HANDLER_TOKEN_KEYS YOUTUBE_API_KEY ZENDESK_API_KEY ZENDESK_OAUTH_ACCESS_TOKEN
"""
"""All settings of edx-platform that must not be said in plain; the other 1,358 may be."""

NAMES_OF_SECRETS = st.sampled_from(["alpha", "beta_2", "a"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    LEAVES | st.builds(lambda name: {"secret": name}, NAMES_OF_SECRETS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,6}_x", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=12,
)
"""Settings that refer to secrets at any depth."""


def filled(value: Any, secrets: dict[str, str]) -> Any:
    """What a setting must be in the pod: written without the code under test."""
    if isinstance(value, dict) and set(value) == {"secret"}:
        return secrets[value["secret"]]
    if isinstance(value, dict):
        return {key: filled(inner, secrets) for key, inner in value.items()}
    return [filled(inner, secrets) for inner in value] if isinstance(value, list) else value


@hypothesis(max_examples=150, deadline=None, derandomize="CI" in os.environ)
@given(value=VALUES, texts=st.lists(st.text(min_size=1), min_size=3, max_size=3))
def test_references_at_any_depth_become_secrets_in_the_pod(value: Any, texts: list[str]) -> None:
    own = dict(zip(("alpha", "beta_2", "a"), (f"<{text}>sentinel" for text in texts), strict=True))
    stack = case.said(settings={"common": {"THING": value}})
    named = {name for name, _ in references.uses(stack).items()}
    plain_text = settings.dump(settings.lms(stack, case.IN_CLUSTER))
    secret_text = settings.dump(settings.lms_secrets(stack, case.IN_CLUSTER, {**case.secrets(), **own}))
    assert "sentinel" not in plain_text
    secret = yaml.safe_load(secret_text)
    given = secret.pop(loading.REFERENCED, {})
    assert set(given) == named, "a site has the secrets that its settings refer to, and no others"
    assert loading.resolved(yaml.safe_load(plain_text)["THING"], given) == filled(value, own)


def test_each_site_gets_its_own_secrets_alone() -> None:
    stack = case.said(settings={"lms": {"A_KEY": {"secret": "one"}}, "studio": {"B": [{"secret": "two"}]}})
    secrets = {**case.secrets(), "one": "1", "two": "2"}
    lms = settings.lms_secrets(stack, case.IN_CLUSTER, secrets)
    studio = settings.studio_secrets(stack, case.IN_CLUSTER, secrets)
    assert (lms[settings.REFERENCED], studio[settings.REFERENCED]) == ({"one": "1"}, {"two": "2"})
    assert settings.REFERENCED not in settings.lms_secrets(case.stack(), case.IN_CLUSTER, secrets)


def test_the_pod_and_the_program_agree_on_the_key() -> None:
    assert loading.REFERENCED == settings.REFERENCED


@pytest.mark.parametrize("site", ["lms", "cms"])
def test_no_setting_of_this_program_looks_like_a_reference(site: Any) -> None:
    for name in case.SAID:
        assert not references.names_in(case.plain(site, case.stack(name)))


def test_secret_settings_of_the_platform_are_known_by_name_and_no_others() -> None:
    names = sorted(platform_settings())
    assert [name for name in names if _SECRET_NAME.search(name)] == SECRET_BY_NAME.split()


@pytest.mark.parametrize(
    "name",
    [
        "RECAPTCHA_SITE_KEYS",
        "SEGMENT_KEY",
        "SOCIAL_AUTH_GOOGLE_OAUTH2_KEY",
        "S3_ACCESS_KEY_ID",
        "A_KEY_NAME",
    ],
)
def test_public_keys_may_stand_in_plain(name: str) -> None:
    load("mine", {**case.SAID["dev"], "settings": {"common": {name: "abcdefghijklmnop"}}})


FORMS = {
    "a private key": PEM,
    "an access key of AWS": "AKIAABCDEFGHIJKLMNOP",
    "a token of GitHub": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "a token of GitLab": "glpat-0123456789abcdefghij",
    "a key of Stripe": "rk_test_0123456789abcdefghij",
    "a token of Slack": "https://hooks.slack.com/services/T0/B0/abc",
    "a secret of Google": "GOCSPX-0123456789abcdefghij",
    "an API key of Google": "AIzaSyA0123456789abcdefghijABCDEFGHIJ01",
    "a key of OpenAI or Anthropic": "sk-proj-0123456789abcdefghij",
    "a key of SendGrid": "SG.0123456789abcdefghij.0123456789abcdefghij",
    "a JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
    "an address with a password": "https://campus:word@crm.example.org/",
}


@pytest.mark.parametrize("what", FORMS)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [{"a": [1, f"x {value}"]}]])
def test_secrets_of_known_forms_are_refused_at_any_depth_and_not_repeated(what: str, wrap: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load("mine", {**case.SAID["dev"], "settings": {"common": {"THING": wrap(FORMS[what])}}})
    [problem] = caught.value.problems
    assert f"holds {what} in plain: run `openedx-infra secrets set thing" in problem
    assert FORMS[what].splitlines()[-1] not in problem


@pytest.mark.parametrize(
    "value", ["https://example.org:8080/a@b", "see https://$USER:$WORD@host", "sk-learn", "key-words"]
)
def test_ordinary_texts_are_no_secrets(value: str) -> None:
    load("mine", {**case.SAID["dev"], "settings": {"common": {"THING": value}}})


def test_an_instance_with_secrets_in_plain_can_still_be_destroyed() -> None:
    said = {**case.SAID["dev"], "settings": {"common": {"FACEBOOK_APP_SECRET": "abc"}}}
    describe("mine", said, placeholders=True)
    with pytest.raises(ConfigError):
        describe("mine", said)


@given(
    location=st.tuples(
        st.sampled_from(["settings", "ingress", "duties", "mfes", "images", "site"]),
        st.text(min_size=1),
        st.text(min_size=1),
        st.text() | st.integers(0, 9),
        st.text(),
        st.text(),
    )
)
def test_proposed_names_are_names(location: Any) -> None:
    name = proposed_name(location)
    SECRET_NAME.check(name)
    assert name not in NAMES


def test_every_place_is_named_with_what_a_change_does() -> None:
    stack = case.said(
        settings={"lms": {"A": {"secret": "one"}}},
        ingress={"headers": {"X-One": {"secret": "one"}}},
        duties={"extra": {"d": {"command": ["x"], "schedule": "H 1 * * *", "secrets": [{"secret": "one"}]}}},
    )
    [secret] = [each for each in required(stack) if each.name == "one"]
    assert secret.meaning == (
        "openedx:settings.lms.A, openedx:ingress.headers.X-One, openedx:duties.extra.d.secrets[0]"
    )
    assert secret.rotation == (
        "the pods that read it restart; responses have the new value; "
        "duties read the new one from their next run on"
    )
    assert secret.make is None
    assert [line for line in missing(stack, set()) if "secrets.one" in line] == [
        f"openedx:secrets.one: missing ({secret.meaning}); run `openedx-infra secrets set one --stack dev`"
    ]


def test_files_may_have_many_lines_and_headers_one() -> None:
    stack = case.said(ingress={"headers": {"X-One": {"secret": "one"}}})
    assert unfit({"one": PEM, "duty_file": PEM}) == []
    assert unfit({"one": " \n"}) == ["openedx:secrets.one: is empty"]
    assert unfit_headers(stack, {"one": "fine"}) == []
    [line] = unfit_headers(stack, {"one": "secret\nlines"})
    assert (
        line.startswith("openedx:secrets.one: openedx:ingress.headers refers to it") and "lines" not in line
    )


def test_a_dumped_stack_loads_again_and_holds_names_only() -> None:
    stack = case.said(ingress={"headers": {"X-One": {"secret": "one"}, "X-Two": "2", "Server": None}})
    dumped = stack.model_dump(mode="json")
    assert dumped["ingress"]["headers"] == {"X-One": {"secret": "one"}, "X-Two": "2", "Server": None}
    assert load("dev", json.loads(json.dumps(dumped))) == stack
