"""Domains of AWS' regions are those that botocore knows, in every partition."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore
import pytest

from openedx_infra.config import load
from openedx_infra.config.types.aws_regions import (
    domain,
    has_mail,
    service_host,
    service_names,
    trust_store,
)
from openedx_infra.settings.connections import Ses
from openedx_infra.settings.mail import mail

DATA = Path(botocore.__file__).parent / "data"
PARTITIONS = json.loads((DATA / "partitions.json").read_text())["partitions"]
ENDPOINTS = json.loads((DATA / "endpoints.json").read_text())["partitions"]


def regions(partition: dict[str, Any]) -> list[str]:
    matching = re.compile(partition["regionRegex"])
    return [name for name in partition["regions"] if matching.match(name)]


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda one: one["id"])
def test_each_region_has_the_domain_of_its_partition(partition: dict[str, Any]) -> None:
    names = regions(partition)
    assert names
    for name in names:
        assert domain(name) == partition["outputs"]["dnsSuffix"], name


@pytest.mark.parametrize("partition", ENDPOINTS, ids=lambda one: one["partition"])
def test_mail_is_where_botocore_has_it(partition: dict[str, Any]) -> None:
    offered = bool(partition["services"].get("email", {}).get("endpoints"))
    assert {has_mail(name) for name in partition["regions"]} == {offered}


def test_hosts_of_services() -> None:
    assert service_host("s3", "eu-west-1") == "s3.eu-west-1.amazonaws.com"
    assert service_host("s3", "us-gov-west-1") == "s3.us-gov-west-1.amazonaws.com"
    assert service_host("s3", "cn-north-1") == "s3.cn-north-1.amazonaws.com.cn"
    assert service_host("s3", "garage") == "s3.garage.amazonaws.com", "no region of AWS is nobody's else"
    assert service_names("s3", "eu-west-1") == ("s3.eu-west-1.amazonaws.com",)
    assert set(service_names("s3", "cn-north-1")) == {
        "s3.cn-north-1.amazonaws.com.cn",
        "s3.cn-north-1.amazonaws.com",
    }


def test_authorities_are_fetched_in_their_own_partition() -> None:
    assert trust_store(None) == trust_store("eu-west-1") == "https://truststore.pki.rds.amazonaws.com"
    assert trust_store("cn-north-1") == "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn"
    assert trust_store("us-gov-east-1") == "https://truststore.pki.us-gov-west-1.rds.amazonaws.com"


def test_backups_and_mail_ask_the_regions_own_hosts() -> None:
    said = {
        "site": {"lms_host": "learn.example.org"},
        "backups": {"destination": {"bucket": "campus-backups", "region": "cn-northwest-1"}},
    }
    stack = load("campus", said)
    assert stack.backups
    assert stack.backups.destination.url == "https://s3.cn-northwest-1.amazonaws.com.cn"
    host = mail(stack, Ses(region="eusc-de-east-1"))["AWS_SES_REGION_ENDPOINT"]
    assert host == "email.eusc-de-east-1.amazonaws.eu"
