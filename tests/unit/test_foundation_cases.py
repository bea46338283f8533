"""Every file of a foundation is accepted, or refused with exactly the lines at its head."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from test_config_cases import all_fields, elided, fields_said, said_in

from openedx_infra.config import ConfigError, Foundation, Stack, describe, load
from openedx_infra.config.documentation.schema import json_schema
from openedx_infra.config.immutable import immutable_changes, immutable_values
from openedx_infra.config.secrets.catalogue import BY_NAME
from openedx_infra.config.stack_kinds import FOUNDATION, INSTANCE, kind_of, missing, required

CASES = sorted(Path(__file__).parents[1].glob("cases/foundation/*.yaml"))
RIGHT = [case for case in CASES if case.name.endswith(".ok.yaml")]
WRONG = [case for case in CASES if case.name.startswith("error.")]
SERVER = {"source": "elasticache"}
NETWORK = {"stack": "organization/network/production"}


def foundation(**said: object) -> Foundation:
    described = describe("shared", {"kind": "foundation", **said})
    assert isinstance(described, Foundation)
    return described


def problems_of(case: Path) -> list[str]:
    said = said_in(case)
    try:
        described = describe("case", said)
    except ConfigError as error:
        return list(error.problems)
    return missing(described, set(said["secrets"])) if "secrets" in said else []


def test_every_case_is_right_or_wrong() -> None:
    assert {*RIGHT, *WRONG} == set(CASES) and RIGHT and WRONG


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.stem)
def test_right_cases(case: Path) -> None:
    assert problems_of(case) == []
    schema = jsonschema.Draft202012Validator(json_schema(Foundation))
    schema.validate(json.loads(json.dumps(yaml.safe_load(case.read_text(encoding="utf-8")))))


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.stem)
def test_wrong_cases(case: Path) -> None:
    head, _, _ = case.read_text(encoding="utf-8").partition("config:\n")
    expected = [line.removeprefix("# ") for line in head.splitlines()]
    assert expected and elided(problems_of(case), expected) == expected


def test_the_cases_say_everything() -> None:
    said = {pair for case in RIGHT for pair in fields_said(Foundation, said_in(case))}
    assert set(all_fields(Foundation)) - said == set()


def test_a_file_is_of_the_kind_that_it_says() -> None:
    assert kind_of(foundation()) is FOUNDATION
    instance = describe("a", {"site": {"lms_host": "learn.example.org"}})
    assert kind_of(instance) is INSTANCE and isinstance(instance, Stack)
    with pytest.raises(ConfigError, match="write instance"):
        load("a", {"kind": "foundation"})


def test_it_needs_the_passwords_of_what_it_shares_and_no_others() -> None:
    assert required(foundation()) == ()
    on_aws = {"region": "eu-west-1", "network_reference": NETWORK}
    shared = foundation(aws=on_aws, datastores={"mysql": {"source": "aurora"}, "broker": SERVER})
    assert [secret.name for secret in required(shared)] == ["mysql_root_password", "broker_password"]
    for secret in required(shared):
        assert not secret.keep_previous, "AWS itself sets the new one: nobody logs in by the old one"
        assert secret.make is BY_NAME[secret.name].make
        assert "instances that share" in secret.rotation


def test_namespaces_are_those_of_its_operators() -> None:
    assert foundation().namespaces == ()
    addons = {"mysql_operator": {}, "mongodb_operator": {"namespace": "mongo"}, "valkey_operator": {}}
    assert foundation(addons=addons).namespaces == ("operators", "mongo")


def test_what_data_depends_on_can_not_change() -> None:
    there = {"region": "eu-west-1", "network_reference": NETWORK}
    before = foundation(aws=there, datastores={"cache": SERVER})
    values = immutable_values(before)
    assert values["openedx:kind"] == "foundation"
    moved = foundation(aws={"region": "us-east-1", "network_reference": NETWORK})
    assert [line.split(":")[1] for line in immutable_changes(values, moved)] == ["aws.region"]
    changed = describe("shared", {"site": {"lms_host": "learn.example.org"}})
    assert [line.split(": ")[0] for line in immutable_changes(values, changed)] == ["openedx:kind"]
    more = foundation(aws=there, datastores={"cache": SERVER, "broker": SERVER})
    assert immutable_changes(values, more) == [], "sharing more changes nothing of what is there"
