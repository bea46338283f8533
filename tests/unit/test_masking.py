"""A secret is found wherever it stands, and nothing else is masked."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

import pytest

from openedx_infra.operations.support.masking import MASK, Mask, leaves, of_object, within

SECRET = 'pä$$ "word"/+%7'
KEY = "\n".join(
    [
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "abcdefghijklmnopqrstuvwx",
        "-----END PRIVATE KEY-----",
    ]
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"login with {SECRET} failed",
        f"redis://:{quote(SECRET, safe='')}@broker:6379/0",
        f"https://x.example.org/?{urlencode({'key': SECRET})}",
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        encoded(SECRET),
        encoded(f"user:{SECRET}"),
        encoded(f"x:{SECRET}!"),
        encoded(f"ab:{SECRET}@host"),
    ],
)
def test_a_secret_is_covered_in_every_form(text: str) -> None:
    said = Mask([SECRET])(text)
    assert MASK in said
    for part in (
        SECRET,
        SECRET[2:-2],
        quote(SECRET[2:], safe=""),
        json.dumps(SECRET)[3:-3],
        encoded(SECRET)[4:-4],
    ):
        assert part not in said


def test_each_line_of_a_key_is_covered() -> None:
    assert "MIIE" not in Mask([KEY])("log: MIIEvQIBADANBgkqhkiG9w0BAQEFAASC") and "abcdef" not in Mask([KEY])(
        KEY
    )


def test_the_longest_is_covered_first() -> None:
    assert Mask(["secret1", "secret1-and-more"])("secret1-and-more") == MASK


def test_what_the_stack_file_says_in_plain_is_no_secret() -> None:
    mask = Mask(["learn.example.org", "Secret0Secret1"], leaves({"site": {"lms_host": "learn.example.org"}}))
    assert mask("learn.example.org Secret0Secret1") == f"learn.example.org {MASK}"


def test_short_values_are_left_alone() -> None:
    assert Mask(["db", ""])("the db of edx") == "the db of edx"


def test_texts_of_secret_files_are_secret_and_words_are_not() -> None:
    text = (
        "SECRET_KEY: Root0Root1Root2\n"
        "JWT_AUTH: {JWT_ISSUER: 'https://learn.example.org/oauth2', ALG: RS512}\n"
        "BROKER_URL: 'redis://:Broker0Broker1@broker:6379/0'\n"
    )
    found = set(within(text))
    assert found == {"Root0Root1Root2", "Broker0Broker1"}


def test_values_of_other_files_are_secret() -> None:
    found = set(within("[client]\nhost = mysql\npassword = Mysql0Mysql1x\n"))
    assert "Mysql0Mysql1x" in found


def test_objects_of_strangers_are_taken_apart() -> None:
    secret = {
        "data": {"token": encoded("Token0Token1"), "config.json": encoded('{"auth": "Auth0Auth1Auth2"}')}
    }
    assert {"Token0Token1", "Auth0Auth1Auth2"} <= set(of_object(secret))


def test_what_is_no_text_is_masked_as_it_stands() -> None:
    raw = base64.b64encode(bytes(range(200, 255))).decode()
    assert raw not in Mask(of_object({"data": {"keystore": raw}}))(f"data: {raw}")
