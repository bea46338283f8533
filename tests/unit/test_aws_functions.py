"""Names, policies, records and zones of AWS are what AWS wants, and recordings answer as it would."""

from __future__ import annotations

import re

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_infra.aws.account import fitting
from openedx_infra.aws.iam import ServiceAccount, trust_agent, trust_tokens
from openedx_infra.aws.kms import rights as key_rights
from openedx_infra.aws.opensearch import rights as search_rights
from openedx_infra.aws.opensearch import zones
from openedx_infra.aws.s3 import policy
from openedx_infra.aws.ses import dns_records
from openedx_infra.operations.offline import simulated_aws

WHO = ServiceAccount(namespace="openedx-campus", name="platform")


@pytest.mark.parametrize(
    ("name", "limit", "fits"),
    [
        ("campus-mysql", 55, "campus-mysql"),
        ("Campus_2.mysql", 55, "campus-2-mysql"),
        ("2024--autumn-mysql", 55, "s-2024-autumn-mysql"),
        ("-campus-", 55, "campus"),
    ],
)
def test_names(name: str, limit: int, fits: str) -> None:
    assert fitting(name, limit) == fits


def test_names_that_are_cut_go_on_to_differ() -> None:
    first, second = (fitting(f"university-of-somewhere-{which}-search", 20) for which in "ab")
    assert first != second
    assert {len(first), len(second)} == {20}


@given(
    st.text(min_size=1, max_size=120).filter(lambda text: re.search("[a-zA-Z0-9]", text)), st.integers(12, 55)
)
def test_all_names_are_as_the_strictest_service_wants(name: str, limit: int) -> None:
    found = fitting(name, limit)
    assert len(found) <= limit
    assert re.fullmatch(r"[a-z]([a-z0-9]|-(?!-))*[a-z0-9]|[a-z]", found)


@pytest.mark.parametrize(
    ("nodes", "subnets", "found"),
    [(1, 2, 1), (2, 2, 2), (2, 3, 2), (3, 3, 3), (6, 3, 3), (6, 2, 2), (4, 3, 2)],
)
def test_nodes_are_spread_evenly(nodes: int, subnets: int, found: int) -> None:
    assert zones(nodes, subnets) == found


@pytest.mark.parametrize(("nodes", "subnets"), [(3, 2), (5, 3)])
def test_what_can_not_be_spread_is_refused(nodes: int, subnets: int) -> None:
    with pytest.raises(pulumi.RunError, match=rf"^{nodes} nodes .* choose an even number"):
        zones(nodes, subnets)


def test_records_of_dkim() -> None:
    assert dns_records("example.org", "eu-west-1", ["one", "two"]) == [
        {"name": "one._domainkey.example.org", "type": "CNAME", "value": "one.dkim.amazonses.com"},
        {"name": "two._domainkey.example.org", "type": "CNAME", "value": "two.dkim.amazonses.com"},
    ]
    [record] = dns_records("example.org", "af-south-1", ["one"])
    assert record["value"] == "one.dkim.af-south-1.amazonses.com"


def test_trust_names_one_service_account() -> None:
    [agent] = trust_agent(WHO)["Statement"]
    assert set(agent["Condition"]["StringEquals"].values()) == {"openedx-campus", "platform"}
    arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B"
    [tokens] = trust_tokens(WHO, arn)["Statement"]
    assert tokens["Condition"] == {
        "StringEquals": {
            "oidc.eks.eu-west-1.amazonaws.com/id/0A1B:aud": "sts.amazonaws.com",
            "oidc.eks.eu-west-1.amazonaws.com/id/0A1B:sub": "system:serviceaccount:openedx-campus:platform",
        }
    }


def test_a_closed_bucket_allows_nobody() -> None:
    statements = policy("arn:aws:s3:::closed", public=False)["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Deny"]


def test_keys_are_used_through_one_service() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    [statement] = key_rights(key, ["s3.eu-west-1.amazonaws.com"])
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    [statement] = key_rights(key, ["one", "other"])
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": ["one", "other"]}}


def test_a_domain_is_asked_but_not_changed() -> None:
    [statement] = search_rights("arn:aws:es:eu-west-1:123456789012:domain/campus")["Statement"]
    assert all(action.startswith("es:ESHttp") and "*" not in action for action in statement["Action"])
    assert statement["Resource"] == "arn:aws:es:eu-west-1:123456789012:domain/campus/*"


def test_answers_are_the_same_for_the_same_resource_and_differ_for_others() -> None:
    type_ = "aws:rds/instance:Instance"
    assert simulated_aws.answer(type_, "a", {}) == simulated_aws.answer(type_, "a", {})
    assert simulated_aws.answer(type_, "a", {}).id != simulated_aws.answer(type_, "b", {}).id


def test_answers_take_up_what_was_said() -> None:
    found = simulated_aws.answer("aws:s3/bucket:Bucket", "files", {"bucket": "mine", "region": "eu-north-1"})
    assert found.id == "mine"
    assert found.outputs["bucketRegionalDomainName"] == "mine.s3.eu-north-1.amazonaws.com"
    database = simulated_aws.answer(
        "aws:rds/instance:Instance", "db", {"identifier": "mine"}, region="us-east-1"
    )
    assert database.outputs["address"].startswith("mine.")
    assert database.outputs["address"].endswith(".us-east-1.rds.amazonaws.com")


@pytest.mark.parametrize(
    "type_", sorted(type_ for type_, kind in simulated_aws.kinds().items() if "key" in kind)
)
def test_what_previews_know_of_names_is_what_an_answer_says(type_: str) -> None:
    known = simulated_aws.physical(type_, "campus", {})
    assert known
    outputs = simulated_aws.answer(type_, "campus", {}).outputs
    assert {key: outputs.get(key, value) for key, value in known.items()} == known


def test_unknown_types_have_an_id_and_nothing_else() -> None:
    found = simulated_aws.answer("aws:sqs/queue:Queue", "jobs", {})
    assert found.id.startswith("jobs-")
    assert found.outputs == {}
