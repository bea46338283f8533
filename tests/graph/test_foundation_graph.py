"""A foundation makes what it promises, and instances use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from on_aws import NETWORK, of_type, on_aws
from samples import AUTHORITY, LEAST, said_by
from shape import Record, find, of_kind

from openedx_infra.aws import documentdb, elasticache, mysql, opensearch
from openedx_infra.components.datastores import shared
from openedx_infra.config import ConfigError, describe, load
from openedx_infra.config.foundation.contract import (
    CONTRACT_OUTPUT,
    CONTRACT_SECRETS_OUTPUT,
    PASSWORDS,
    PORTS,
    Contract,
)
from openedx_infra.config.rules.foundation_contract import disagreements
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.offline import recording
from openedx_infra.operations.offline.check import recorded as judged
from openedx_infra.operations.offline.recording import REDACTED, Graph, Registered, record
from openedx_infra.operations.offline.simulated_references import Answers, promised
from stacks.gate import Refused

CASES = Path(__file__).parents[1] / "cases" / "foundation"
EVERYTHING = said_by(CASES / "everything.ok.yaml")
FOUNDATION = "organization/openedx/foundation"
OTHERS = "organization/network/production"
SHARED: dict[str, Any] = {
    **LEAST,
    "foundation": FOUNDATION,
    "features": {"flags": {"ENABLE_DISCUSSION_SERVICE": False}},
    "datastores": {
        "mysql": {"source": "shared", "ca": AUTHORITY},
        "mongodb": {"source": "shared", "experimental": True, "ca": AUTHORITY},
        "broker": {"source": "shared", "database": 2},
        "cache": {"source": "shared"},
        "search": {"source": "shared"},
    },
}


def graph_of(said: Mapping[str, Any], answers: Answers | None = None, **more: Any) -> Graph:
    stack = describe("campus", said)
    return record(stack, values(said), answers=answers, **more)


def values(said: Mapping[str, Any]) -> dict[str, str]:
    """Values of all secrets, each unlike any other text."""
    return {
        secret.name: secret.make() if secret.name.endswith(("key", "keys", "salts")) and secret.make
        else f"hidden-{secret.name}"
        for secret in required(describe("campus", said))
    }  # fmt: skip


def answers(**changed: Any) -> Answers:
    """A foundation that promises everything, but for what is changed."""
    contract, passwords = promised()
    return Answers(
        plain={FOUNDATION: {CONTRACT_OUTPUT: {**contract, **changed}}},
        secret={FOUNDATION: {CONTRACT_SECRETS_OUTPUT: passwords}},
    )


def network(**changed: Any) -> Answers:
    outputs = {
        "vpc": NETWORK["vpc"],
        "private_subnets": NETWORK["subnets"],
        "node_security_groups": NETWORK["clients"],
    }
    told = {key: value for key, value in {**outputs, **changed}.items() if value is not None}
    return Answers(plain={OTHERS: told})


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Registered]:
    """What was registered by programs that failed, too."""
    found: list[Registered] = []

    class Monitor(recording.RecordingMonitor):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.recorded = found

    monkeypatch.setattr(recording, "RecordingMonitor", Monitor)
    return found


# --- The foundation


def test_an_empty_one_makes_nothing_and_promises_nothing() -> None:
    graph = graph_of({"kind": "foundation"})
    assert [resource.type for resource in graph.resources] == ["openedx:index:Foundation"]
    assert Contract.model_validate(graph.outputs[CONTRACT_OUTPUT]) == Contract()
    assert "cluster" not in graph.outputs


def test_the_contract_is_what_instances_read_and_names_what_was_made() -> None:
    graph = graph_of(EVERYTHING, network())
    contract = Contract.model_validate(graph.outputs[CONTRACT_OUTPUT])
    assert contract.model_dump(mode="json") == graph.outputs[CONTRACT_OUTPUT]
    assert contract.region == "eu-west-1"
    assert contract.network and contract.network.model_dump(mode="json") == NETWORK
    assert contract.identity and contract.identity.source == "irsa"
    assert contract.kms_key and ":key/" in contract.kms_key
    for name in PASSWORDS:
        server = getattr(contract, name)
        assert name in server.host and "eu-west-1" in server.host.replace("euw1", "eu-west-1"), server
        assert server.port == PORTS[name]
    assert contract.mysql and contract.mysql.reader and "replica" in contract.mysql.reader
    instance = load("campus", {**SHARED, "aws": {"region": "eu-west-1"}})
    assert disagreements(instance, graph.outputs) == []


def test_passwords_travel_apart_and_stand_nowhere_else() -> None:
    graph = graph_of(EVERYTHING, network())
    hidden = {name: f"hidden-{name}" for name in PASSWORDS.values()}
    assert graph.secret_outputs == {CONTRACT_SECRETS_OUTPUT: hidden}
    assert graph.outputs[CONTRACT_SECRETS_OUTPUT] == dict.fromkeys(hidden, REDACTED)
    assert "hidden-" not in json.dumps(graph.outputs)
    plain = json.dumps([_without_secrets(resource.props) for resource in graph.resources])
    assert "hidden-" not in plain


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        marked = recording._SECRET_MARK in value
        return None if marked else {key: _without_secrets(inner) for key, inner in value.items()}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def test_its_own_key_encrypts_all_data_and_is_made_first() -> None:
    graph = graph_of(EVERYTHING, network())
    [key] = of_type(graph, "kms/key:Key").values()
    assert key.props["enableKeyRotation"] is True and key.protect
    arn = graph.outputs[CONTRACT_OUTPUT]["kms_key"]
    encrypted = [r for r in on_aws(graph) if arn in json.dumps(r.props)]
    kinds = {resource.type.rpartition(":")[2] for resource in encrypted}
    assert {"Instance", "Cluster", "ReplicationGroup", "Domain"} <= kinds
    assert all(key.urn in resource.depends_on for resource in encrypted)


def test_its_data_is_protected_unless_it_is_given_up() -> None:
    types = ("aws:rds/instance:Instance", "aws:docdb/cluster:Cluster", "aws:kms/key:Key")
    for protect in (True, False):
        said = {**EVERYTHING, "datastores": {**EVERYTHING["datastores"], "protect": protect}}
        graph = graph_of(said, network())
        found = [r.protect for r in on_aws(graph) if r.type in types and "replica" not in r.name]
        assert len(found) == 3 and set(found) == {protect}
        assert {r.protect for r in of_kind(graph, "Namespace")} == {protect}


def test_everything_belongs_to_it_and_goes_where_it_says() -> None:
    graph = graph_of(EVERYTHING, network())
    [foundation] = of_kind(graph, "openedx:index:Foundation")
    children = [r for r in graph.resources if r is not foundation and not r.type.endswith("kubernetes")]
    assert children and all(r.parent == foundation.urn or r.parent for r in children)
    assert all(r.provider for r in on_aws(graph)), "nothing goes to whatever account is current"
    provider = next(r for r in graph.resources if r.type == "pulumi:providers:aws")
    assert provider.parent == foundation.urn and provider.props["region"] == "eu-west-1"


def test_identities_are_those_of_the_first_day() -> None:
    """A changed URN makes Pulumi delete and create: here, databases of many instances."""
    golden = Path(__file__).parents[1] / "golden" / "urns-foundation.txt"
    urns = sorted(resource.urn for resource in graph_of(EVERYTHING, network()).resources)
    assert urns == golden.read_text(encoding="utf-8").splitlines()


def test_previews_show_the_same_graph() -> None:
    up, preview = graph_of(EVERYTHING, network()), graph_of(EVERYTHING, network(), preview=True)
    assert sorted(r.urn for r in up.resources) == sorted(r.urn for r in preview.resources)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"vpc": None},
            "network_reference.vpc: organization/network/production has no output vpc; it has",
        ),
        ({"vpc": "10.0.0.0/16"}, 'vpc: "10.0.0.0/16" is no id of a VPC'),
        ({"private_subnets": NETWORK["subnets"][:1]}, "subnets"),
        ({"node_security_groups": "sg-0a1b2c3d4e5f60718"}, "clients"),
    ],
)
def test_a_network_that_can_not_be_is_refused_before_anything_is_sent(
    changed: dict[str, Any], words: str, sent: list[Registered]
) -> None:
    with pytest.raises(Refused) as caught:
        graph_of(EVERYTHING, network(**changed))
    assert len(caught.value.error.problems) == 1 and words in caught.value.error.problems[0]
    assert [resource.urn for resource in sent] == []


def test_one_without_a_cluster_waits_as_well(sent: list[Registered]) -> None:
    said = {key: value for key, value in EVERYTHING.items() if key not in ("cluster", "addons")}
    with pytest.raises(Refused):
        graph_of(said, network(vpc=None))
    assert sent == []


def test_a_network_stack_that_is_not_there_is_named(sent: list[Registered]) -> None:
    with pytest.raises((Refused, LookupError), match="organization/network/production"):
        graph_of(EVERYTHING, Answers(plain={"a/b/c": {}}))
    assert sent == []


# --- Instances


def test_ports_and_names_are_those_of_the_services() -> None:
    assert PORTS == {
        "mysql": mysql.PORT,
        "mongodb": documentdb.PORT,
        "broker": elasticache.PORT,
        "cache": elasticache.PORT,
        "search": opensearch.PORT,
    }
    assert (shared.AUTH_DATABASE, shared.REPLICA_SET) == (documentdb.AUTH_DATABASE, documentdb.REPLICA_SET)


def test_an_instance_reaches_shared_servers(recorded: Record) -> None:
    graph = recorded(SHARED, name="campus")
    for name, address in graph.outputs["datastores"].items():
        assert name == "storage" or f"{name}.foundation.example.org:{PORTS[name]}" in address
    kinds = {resource.name for resource in of_kind(graph, "StatefulSet")}
    assert kinds == set(), "it runs no server of its own"


def test_an_instance_makes_its_database_with_the_foundations_password(recorded: Record) -> None:
    graph = recorded(SHARED, name="campus")
    for store, name in (("mysql", "mysql_root_password"), ("mongodb", "mongodb_root_password")):
        secret = graph.object(find(graph, "Secret", f"{store}-provision-secrets"), reveal_secrets=True)
        assert secret["stringData"][name] == f"of-the-foundation-{name}"
        assert secret["stringData"][f"{store}_password"] != secret["stringData"][name]


def test_instances_tell_their_keys_and_queues_apart(recorded: Record) -> None:
    texts = [json.dumps(recorded(SHARED, name=name).objects(reveal_secrets=True)) for name in ("a1", "b2")]
    for name, text in zip(("a1", "b2"), texts, strict=True):
        assert f"{name}:" in text
    assert "a1:" not in texts[1] and "b2:" not in texts[0]


def test_passwords_of_the_foundation_stand_in_secrets_alone(recorded: Record) -> None:
    graph = recorded(SHARED, name="campus")
    for obj in graph.objects(reveal_secrets=True):
        assert obj["kind"] == "Secret" or "of-the-foundation" not in json.dumps(obj), obj["metadata"]["name"]
    assert "of-the-foundation" not in json.dumps(graph.outputs)


def test_a_contract_that_becomes_secret_stays_secret() -> None:
    """Only what the foundation exports in plain is plain in the instance."""
    contract, passwords = promised()
    plain = graph_of(SHARED, answers())
    assert "mysql.foundation.example.org" in json.dumps(plain.outputs)
    secret = Answers(
        plain={FOUNDATION: {}},
        secret={FOUNDATION: {CONTRACT_OUTPUT: contract, CONTRACT_SECRETS_OUTPUT: passwords}},
    )
    hidden = graph_of(SHARED, secret)
    assert "mysql.foundation.example.org" not in json.dumps(hidden.outputs)
    assert "mysql.foundation.example.org" not in json.dumps(
        [_without_secrets(resource.props) for resource in hidden.resources]
    )


def test_a_network_is_secret_only_if_it_is_exported_so() -> None:
    beside = Answers(plain=network().plain, secret={OTHERS: {"token": "of-another-kind"}})
    contract = graph_of(EVERYTHING, beside).outputs[CONTRACT_OUTPUT]
    assert contract["network"]["vpc"] == NETWORK["vpc"]
    outputs = dict(network().plain[OTHERS])
    secret = Answers(plain={OTHERS: outputs}, secret={OTHERS: {"vpc": outputs.pop("vpc")}})
    assert NETWORK["vpc"] not in json.dumps(graph_of(EVERYTHING, secret).outputs)


def test_all_that_an_instance_lacks_is_told_at_once_and_nothing_is_sent(sent: list[Registered]) -> None:
    said = {**SHARED, "overrides": [{"kind": "Deployment", "name": "lsm", "patch": {"spec": {}}}]}
    with pytest.raises(Refused) as caught:
        graph_of(said, answers(mysql=None, cache=None))
    assert [line.partition(": ")[0] for line in caught.value.error.problems] == [
        "openedx:overrides[0]",
        "openedx:datastores.mysql.source",
        "openedx:datastores.cache.source",
    ]
    assert sent == []


def test_missing_passwords_are_told_by_name(sent: list[Registered]) -> None:
    silent = Answers(plain=answers().plain)
    with pytest.raises(Refused, match="exports no mysql_root_password") as caught:
        graph_of(SHARED, silent)
    assert len(caught.value.error.problems) == len(PASSWORDS)
    assert sent == []


@pytest.mark.parametrize("version", [0, 2])
def test_another_version_of_the_contract_is_refused(version: int, sent: list[Registered]) -> None:
    with pytest.raises(Refused, match=f"is of version {version}"):
        graph_of({**LEAST, "foundation": FOUNDATION}, answers(version=version))
    assert sent == []


def test_check_needs_no_foundation_and_tells_faults_line_by_line() -> None:
    stack = load("campus", SHARED)
    assert judged(stack, values(SHARED)).resources
    wrong = {**SHARED, "overrides": [{"kind": "Deployment", "name": "lsm", "patch": {"spec": {}}}]}
    with pytest.raises(ConfigError) as caught:
        judged(load("campus", wrong), values(wrong))
    assert len(caught.value.problems) == 1


def test_the_reference_keeps_its_name_when_the_foundation_gets_another(recorded: Record) -> None:
    """Its URN would change, and nothing else would."""
    graph = graph_of({**LEAST, "foundation": "organization/openedx/shared"})
    assert not any("organization" in resource.urn for resource in graph.resources)
