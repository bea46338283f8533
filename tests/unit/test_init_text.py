"""The example stack files are what `init` writes, which is right for every answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from openedx_infra.config import PROJECT, Stack, load
from openedx_infra.operations.init.answers import SITUATIONS, TLS, Answers, fault, faults, hosts_under
from openedx_infra.operations.init.examples import EXAMPLES
from openedx_infra.operations.init.text import mail_domain, stack_text

ROOT = Path(__file__).parents[2]
HOST = "learn.example.org"
LEAST = Answers(
    situation="server",
    stack="a",
    name="A",
    lms_host=HOST,
    **hosts_under(HOST),
    email="office@example.org",
    tls="none",
    context="default",
)


def stack_of(answers: Answers) -> Stack:
    config = YAML(typ="safe", pure=True).load(stack_text(answers))["config"]
    return load(
        "a", {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}, placeholders=True
    )


@pytest.mark.parametrize("path", EXAMPLES)
def test_examples_are_what_init_writes(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == stack_text(EXAMPLES[path]), "run `make docs`"


def test_there_is_an_example_of_each_situation() -> None:
    assert sorted(each.situation for each in EXAMPLES.values()) == sorted(SITUATIONS)


@pytest.mark.parametrize(("situation", "tls"), [*product(SITUATIONS, TLS)])
def test_every_situation_takes_every_answer(situation: str, tls: str) -> None:
    for mail, backups in product(
        ({}, {"smtp_host": "smtp.example.org"}, {"smtp_host": "smtp.example.org", "smtp_user": "campus"}),
        (
            {},
            {"backup_bucket": "kept"},
            {"backup_bucket": "kept", "backup_endpoint": "https://s3.example.org"},
        ),
    ):
        answers = replace(LEAST, situation=situation, tls=tls, **mail, **backups)
        text = stack_text(answers)
        stack = stack_of(answers)
        assert "[[" not in text and "]]" not in text
        assert (stack.site.lms_host, stack.site.tls.source) == (HOST, tls)
        assert stack.site.contact_email == "office@example.org"
        if situation != "aws":
            assert stack.mail.delivery.source == ("smtp" if mail else "relay")
            assert (stack.backups is not None) == bool(backups)


def test_no_situation_of_one_server_leaves_anything_open() -> None:
    for situation in ("evaluation", "server"):
        config = stack_text(replace(LEAST, situation=situation)).partition("\nconfig:")[2]
        assert config and "CHANGEME" not in config


@settings(deadline=None, max_examples=50)
@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200))
def test_any_name_arrives_as_it_was_written(name: str) -> None:
    assert stack_of(replace(LEAST, name=name)).site.name == name


@pytest.mark.parametrize(
    "name", ["yes", "0o17", "00", "1e3", "a: b", "a #b", "- a", "[a]", "2026-01-01", "~"]
)
def test_names_that_yaml_takes_for_something_else_stay_texts(name: str) -> None:
    assert stack_of(replace(LEAST, name=name)).site.name == name


def test_a_kubeconfig_is_named_only_where_one_was_given() -> None:
    for situation in ("server", "evaluation", "nodes"):
        assert stack_of(replace(LEAST, situation=situation)).cluster.kubeconfig is None
        given_path = replace(LEAST, situation=situation, kubeconfig="/root/cluster.yaml")
        assert stack_of(given_path).cluster.kubeconfig == "/root/cluster.yaml"


def test_wrong_answers_are_named_with_the_remedy() -> None:
    wrong = replace(LEAST, lms_host="Learn.example.org", email="office", smtp_host="a b")
    assert dict(faults(wrong)) == {
        "lms_host": '"Learn.example.org" is no host name: write it in lower case: learn.example.org',
        "email": fault("email", "office"),
        "smtp_host": fault("smtp_host", "a b"),
    }
    assert fault("email", "office@example.org") is None and list(faults(LEAST)) == []


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("learn.example.org", "example.org"),
        ("campus.example.org", "campus.example.org"),
        ("lms.org", "lms.org"),
    ],
)
def test_mail_comes_from_the_domain_of_the_site(host: str, domain: str) -> None:
    assert mail_domain(host) == domain


@pytest.mark.parametrize(
    ("stack", "prefix"),
    [("campus", "campus"), ("a" * 40, "a" * 32), ("on", "on"), ("2026", "2026")],
)
def test_each_new_instance_has_cookies_of_its_own(stack: str, prefix: str) -> None:
    for situation in SITUATIONS:
        found = stack_of(replace(LEAST, situation=situation, stack=stack))
        assert (found.site.cookie_prefix, found.namespace) == (prefix, f"openedx-{stack}")
