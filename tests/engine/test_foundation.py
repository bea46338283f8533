"""A foundation and instances that are built on it: real engine, real stack references, simulated AWS.

The foundation shares servers on AWS with two instances in the embedded cluster. What refuses an instance is
tried on instances of their own, of which nothing may come to be.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkouts import ORIGIN, Checkout, Said
from instances import Instance
from samples import AUTHORITY
from simulated_aws.cloud import DIRECTORY, Cloud
from simulated_aws.provider import PACE

from openedx_infra.config.foundation.contract import CONTRACT_OUTPUT, CONTRACT_SECRETS_OUTPUT, Contract
from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

PLUGIN = ORIGIN / "tests" / "simulated_aws" / "bin"
NETWORK = {
    "vpc": "vpc-0a1b2c3d4e5f60718",
    "subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"],
    "clients": ["sg-0a1b2c3d4e5f60718"],
}
SERVERS = {
    "mysql": {"source": "rds"},
    "broker": {"source": "elasticache"},
    "cache": {"source": "elasticache"},
    "search": {"source": "opensearch"},
}
SHARED = {
    "protect": False,
    "mysql": {"source": "shared", "ca": AUTHORITY},
    "broker": {"source": "shared"},
    "cache": {"source": "shared", "database": 1},
    "search": {"source": "shared"},
}
FOUNDATION = "organization/openedx/shared"
READ = {"pulumi:pulumi:Stack", "pulumi:providers:pulumi", "pulumi:pulumi:StackReference"}


class Built(Instance):
    """A stack of one machine, all of whose stacks have the same passphrase and the same simulated cloud."""

    @classmethod
    def new(cls, checkout: Checkout, name: str, **said: Any) -> Built:
        folder = checkout.machine / "stacks"
        folder.mkdir(exist_ok=True)
        environment = {
            "PULUMI_CONFIG_PASSPHRASE": "of the operator's own",
            "PATH": f"{PLUGIN}{os.pathsep}{os.environ['PATH']}",
            DIRECTORY: str(checkout.machine / "cloud"),
            PACE: "0",
        }
        kubeconfig = checkout.state / "cluster" / "kubeconfig"
        stack = cls(checkout, name, folder / f"Pulumi.{name}.yaml", kubeconfig, environment)
        stack.say(**said)
        return stack

    def outputs(self, *words: str) -> dict[str, Any]:
        said = self.run("outputs", "--json", *words)
        assert said.code == 0, said.text
        found: dict[str, Any] = json.loads(said.out)
        return found


@pytest.fixture(scope="module")
def laptop(checkout: Checkout) -> tuple[Instance, Said]:
    """A foundation of nothing, as one tries it first: it names neither AWS nor a cluster."""
    file = checkout.machine / "Pulumi.laptop.yaml"
    file.write_text(yaml.safe_dump({"config": {"openedx:kind": "foundation"}}))
    stack = Instance(checkout, "laptop", file, Path())
    return stack, stack.run("up")


@pytest.fixture(scope="module")
def foundation(checkout: Checkout, laptop: tuple[Instance, Said]) -> Built:
    """A foundation that shares servers on AWS, brought up. It needs no cluster; `laptop` has started one."""
    stack = Built.new(
        checkout,
        "shared",
        kind="foundation",
        aws={"region": "eu-west-1", "network": NETWORK, "own_key": True},
        datastores=SERVERS,
    )
    said = stack.run("secrets", "generate")
    assert said.code == 0, said.text
    stack.up()
    return stack


def instance_on(there: Built, name: str, like: Built | None = None, **said: Any) -> Built:
    """An instance on a foundation, with its secrets, before anything is made.

    `like` is another stack, whose encrypted secrets it takes over: to make them takes five seconds of CPU.
    """
    cluster = {"context": CONTEXT, "kubeconfig": str(there.kubeconfig)}
    usual = {
        "site": {"lms_host": f"learn.{name}.example.org"},
        "foundation": FOUNDATION,
        "features": {"flags": {"ENABLE_DISCUSSION_SERVICE": False}},
        "cluster": cluster,
        "datastores": SHARED,
    }
    if like:
        shutil.copy(like.file, like.file.with_name(f"Pulumi.{name}.yaml"))
    stack = Built.new(there.checkout, name, **{**usual, **said})
    if not like:
        generated = stack.run("secrets", "generate")
        assert generated.code == 0, generated.text
    return stack


@pytest.fixture(scope="module")
def instances(foundation: Built) -> tuple[Built, Built]:
    """Two instances on one foundation, brought up."""
    first, second = (instance_on(foundation, name) for name in ("first", "second"))
    first.up()
    second.up()
    return first, second


# --- The foundation


def test_a_foundation_needs_no_cluster_of_anybodys_to_be_tried(laptop: tuple[Instance, Said]) -> None:
    stack, said = laptop
    assert said.code == 0, said.text
    assert "Stack laptop → the embedded cluster" in said.out
    status = stack.run("status")
    assert status.code == 0 and "Nothing of stack laptop is to run in a cluster" in status.out
    assert stack.run("preview", "--expect-no-changes").code == 0
    checked = stack.run("check")
    assert checked.code == 0 and "Stack laptop is right" in checked.out


@pytest.mark.parametrize("words", [("images", "list"), ("images", "build"), ("test-platform",)])
def test_commands_on_instances_say_that_it_is_none(
    laptop: tuple[Instance, Said], words: tuple[str, ...]
) -> None:
    said = laptop[0].run(*words)
    assert said.code == 1
    assert "Stack laptop is a foundation, and this command is for instances" in said.err


def test_it_goes_as_it_came(foundation: Built, checkout: Checkout) -> None:
    file = checkout.machine / "Pulumi.passing.yaml"
    file.write_text(yaml.safe_dump({"config": {"openedx:kind": "foundation"}}))
    passing = Instance(checkout, "passing", file, Path())
    passing.up()
    said = passing.run("destroy", "--yes")
    assert said.code == 0, said.text
    assert "Nothing of the stack is left" in said.out


def test_its_contract_is_what_the_model_reads(foundation: Built) -> None:
    outputs = foundation.outputs()
    contract = Contract.model_validate(outputs[CONTRACT_OUTPUT])
    assert contract.region == "eu-west-1" and contract.network
    assert contract.network.model_dump(mode="json") == NETWORK
    key = Cloud(foundation.checkout.machine / "cloud").one("aws:kms/key:Key")
    assert contract.kms_key == key.outputs["arn"]
    for name in SERVERS:
        assert getattr(contract, name).host.endswith(".amazonaws.com")
    assert contract.mongodb is None
    assert "cluster" not in outputs


def test_passwords_are_encrypted_in_its_state_and_masked_in_its_outputs(foundation: Built) -> None:
    assert foundation.outputs()[CONTRACT_SECRETS_OUTPUT] == "[secret]"
    passwords = foundation.outputs("--show-secrets")[CONTRACT_SECRETS_OUTPUT]
    assert sorted(passwords) == [
        "broker_password", "cache_password", "mysql_root_password", "search_password",
    ]  # fmt: skip
    state = foundation.pulumi("stack", "export").out
    assert not any(password in state for password in passwords.values())
    assert not any(password in foundation.file.read_text() for password in passwords.values())


def test_nothing_changes_when_nothing_did(foundation: Built) -> None:
    foundation.demand_unchanged()
    assert "AWS" in foundation.run("preview").out


def test_its_data_does_not_move(foundation: Built) -> None:
    with changed(foundation, aws={"region": "us-east-1", "network": NETWORK, "own_key": True}):
        said = foundation.run("up", "--yes")
    assert said.code == 1
    assert "openedx:aws.region" in said.err and "cannot be changed to" in said.err


# --- Instances


def test_two_instances_on_one_foundation(foundation: Built, instances: tuple[Built, Built]) -> None:
    hosts = foundation.outputs()[CONTRACT_OUTPUT]
    for instance in instances:
        assert instance.unready() == []
        assert instance.list("StatefulSet") != [], "MongoDB is its own"
        addresses = instance.outputs()["datastores"]
        for name in ("mysql", "broker", "cache"):
            assert addresses[name] == f"{hosts[name]['host']}:{hosts[name]['port']}"
        names = {item.metadata.name for item in instance.list("StatefulSet")}
        assert not names & {"mysql", "broker", "cache", "meilisearch"}
    foundation.demand_unchanged()


def test_instances_have_the_passwords_of_the_foundation_in_secrets_alone(
    foundation: Built, instances: tuple[Built, Built]
) -> None:
    passwords = foundation.outputs("--show-secrets")[CONTRACT_SECRETS_OUTPUT]
    for instance in instances:
        state = instance.pulumi("stack", "export").out
        for password in passwords.values():
            assert password not in state
            assert password not in json.dumps([item.data for item in instance.list("ConfigMap")])


def test_an_instance_follows_its_foundation_with_its_next_up(
    foundation: Built, instances: tuple[Built, Built]
) -> None:
    """A new password of the cache: pods get it with the `up` of their own instance, and not before."""
    first, second = instances
    before = first.pods(), second.pods()
    assert foundation.run("secrets", "rotate", "cache_password", "--yes").code == 0
    foundation.up()
    first.up()
    assert first.pods()["lms"] != before[0]["lms"]
    assert second.pods() == before[1]
    second.up()
    assert first.unready() == second.unready() == []


# --- Refusals


@pytest.fixture(scope="module")
def sealed(foundation: Built) -> Built:
    """A stack that is never brought up, with the secrets of all those that are refused."""
    return instance_on(foundation, "blank")


def demand_refused(stack: Built, said: Said) -> str:
    """What was said when it was refused: of the instance, nothing came to be."""
    assert said.code == 1, said.text
    assert not stack.exists()
    types = {resource["type"] for resource in stack.state().get("resources", [])}
    assert types <= READ, "what is read of other stacks is all that its state may hold"
    return said.err


def test_a_foundation_that_is_not_there_is_named(foundation: Built, sealed: Built) -> None:
    stack = instance_on(foundation, "lonely", sealed, foundation="organization/openedx/nowhere")
    for words in (("preview",), ("up", "--yes")):
        err = demand_refused(stack, stack.run(*words))
        assert "organization/openedx/nowhere" in err and "never brought up" in err
        assert "openedx-infra up --stack nowhere" in err


def test_a_stack_without_a_contract_is_no_foundation(foundation: Built, sealed: Built) -> None:
    stack = instance_on(foundation, "confused", sealed, foundation="organization/openedx/blank")
    err = demand_refused(stack, stack.run("up", "--yes"))
    assert "organization/openedx/blank is no foundation that was ever brought up" in err


def test_all_that_is_missing_is_told_before_anything_is_touched(foundation: Built, sealed: Built) -> None:
    datastores = {**SHARED, "mongodb": {"source": "shared", "experimental": True, "ca": AUTHORITY}}
    stack = instance_on(
        foundation,
        "greedy",
        sealed,
        datastores={**datastores, "storage": {"source": "s3"}},
        aws={"region": "eu-central-1"},
    )
    for words in (("preview",), ("up", "--yes")):
        err = demand_refused(stack, stack.run(*words))
        assert err.count("Stack greedy: 3 errors") == 1
        assert "openedx:datastores.mongodb.source: shared, but" in err
        assert "openedx:datastores.storage: s3 needs a role" in err
        assert "openedx:aws.region" in err and "eu-west-1" in err
        assert "unhandled" not in err


@pytest.mark.parametrize(
    ("version", "remedy"),
    [
        (2, "update the checkout"),
        pytest.param(0, "bring the foundation up from a checkout", marks=pytest.mark.long),
    ],
)
def test_another_version_of_the_contract_is_refused(
    foundation: Built, sealed: Built, version: int, remedy: str
) -> None:
    stack = instance_on(foundation, f"version{version}", sealed)
    with exporting(foundation, version=version):
        for words in (("preview",), ("up", "--yes")):
            err = demand_refused(stack, stack.run(*words))
            assert f"is of version {version}" in err and remedy in err


@contextmanager
def exporting(foundation: Built, **promises: Any) -> Iterator[None]:
    """As if another program had brought it up, whose contract says otherwise."""
    file = foundation.checkout.state / "state" / ".pulumi" / "stacks" / "openedx" / f"{foundation.name}.json"
    before = file.read_text()
    content = json.loads(before)
    resources = content["checkpoint"]["latest"]["resources"]
    [root] = [resource for resource in resources if resource["type"] == "pulumi:pulumi:Stack"]
    root["outputs"][CONTRACT_OUTPUT] |= promises
    file.write_text(json.dumps(content))
    try:
        yield
    finally:
        file.write_text(before)


@contextmanager
def changed(stack: Built, **sections: Any) -> Iterator[None]:
    """A stack file that says otherwise for a while."""
    before = stack.file.read_text()
    stack.say(**sections)
    try:
        yield
    finally:
        stack.file.write_text(before)
