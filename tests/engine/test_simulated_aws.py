"""The engine takes the simulated AWS for a provider: a small program of databases and buckets."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from simulated_aws.cloud import DIRECTORY, Cloud
from simulated_aws.guards import OBJECTS, SNAPSHOT

from openedx_infra.operations.state.pulumi_cli import Cli, Result
from tools.recipes import ENGINE
from tools.toolchain import ensure

pytestmark = pytest.mark.engine

PLUGIN = Path(__file__).parents[1] / "simulated_aws" / "bin"
DATABASE, BUCKET = "aws:rds/instance:Instance", "aws:s3/bucket:Bucket"
PASSWORD = "correct-horse-battery-staple"
PROGRAM = """
import json, pathlib
import pulumi, pulumi_aws as aws
say = json.loads(pathlib.Path("said.json").read_text())
region = aws.Provider("aws", region="eu-central-1")
options = lambda **more: pulumi.ResourceOptions(provider=region, **more)
database = aws.rds.Instance(
    "mysql", engine="mysql", username="root", password=pulumi.Output.secret(say["password"]),
    opts=options(), **say["database"],
)
bucket = aws.s3.Bucket("files", tags={"for": database.address}, opts=options(), **say["bucket"])
aws.s3.BucketVersioning(
    "files", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=options()
)
pulumi.export("address", database.address)
pulumi.export("bucket", bucket.bucket)
pulumi.export("password", database.password)
"""
SERVERS = f"""
import json, pathlib, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import pulumi
from openedx_infra.aws import aurora, documentdb, elasticache, mysql, rds
from openedx_infra.aws.account import Account, Network, provider
say = json.loads(pathlib.Path("said.json").read_text())
account = Account(
    provider=provider("aws", region="eu-central-1", tags={{}}), region="eu-central-1", prefix="campus",
    protect=False, kms_key=say["key"]["arn"],
    network=Network(vpc="vpc-1", subnets=["subnet-1", "subnet-2"], clients=["sg-1"]),
)
parent = pulumi.ComponentResource("small:index:Servers", "servers")
database = dict(user="root", password=say["password"], backup_days=7, deletion_protection=False)
spec = mysql.Mysql(instance_class="db.r7g.large", apply_immediately=False, replicas=0, **database)
options = rds.Options(storage=20, storage_limit=100, multi_az=False, blue_green=False)
rds.server(account, "mysql", spec, options, parent)
aurora.server(account, "aurora", spec, parent)
documents = documentdb.Documentdb(instance_class="db.r7g.large", version="8.0.0", instances=1, **database)
documentdb.server(account, "mongodb", documents, parent)
broker = elasticache.Valkey(
    node_type="cache.t4g.small", replicas=0, snapshot_days=1, eviction="noeviction",
    password=say["password"], data=True,
)
elasticache.server(account, "broker", broker, parent)
"""
"""Every kind of server that leaves a last snapshot, as `openedx_infra.aws` makes them."""
SAID: dict[str, Any] = {
    "password": PASSWORD,
    "database": {"instance_class": "db.t4g.medium", "deletion_protection": True, "skip_final_snapshot": True},
    "bucket": {},
    "key": {"arn": "arn:aws:kms:eu-central-1:123456789012:key/first"},
}


@dataclass
class Program:
    """The small program, its stack and its cloud."""

    cli: Cli
    folder: Path
    cloud: Cloud

    def say(self, **changes: Mapping[str, Any]) -> None:
        """Say it as at first, with these changes."""
        said = {key: {**value, **changes.get(key, {})} if isinstance(value, dict) else value
                for key, value in SAID.items()}  # fmt: skip
        (self.folder / "said.json").write_text(json.dumps(said))

    def run(self, *words: str) -> Result:
        return self.cli.run([*words, "--stack", "small"], folder=self.folder)

    def up(self, **changes: Mapping[str, Any]) -> Result:
        self.say(**changes)
        return self.run("up", "--yes", "--skip-preview", "--json")

    def made(self, **changes: Mapping[str, Any]) -> Result:
        """An `up` that must succeed."""
        result = self.up(**changes)
        assert result.code == 0, result.stdout + result.stderr
        return result

    def steps(self, **changes: Mapping[str, Any]) -> dict[str, str]:
        """What a preview would do, by type and name."""
        self.say(**changes)
        result = self.run("preview", "--json")
        assert result.code == 0, result.stdout + result.stderr
        steps = json.loads(result.stdout)["steps"]
        return {
            step["urn"].rpartition("$")[2].split("::", 2)[2]: step["op"]
            for step in steps
            if step["op"] != "same" and "pulumi:pulumi:Stack" not in step["urn"]
        }

    def outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json", "--show-secrets").stdout)
        return outputs


@pytest.fixture
def program(tmp_path: Path) -> Program:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.yaml").write_text(
        "name: small\nruntime:\n  name: python\n  options:\n"
        f"    toolchain: pip\n    virtualenv: {sys.prefix}\n"
    )
    state = tmp_path / "state"
    state.mkdir()
    toolchain = ensure(ENGINE)
    environment = toolchain.environment({"PATH": f"{PLUGIN}:/usr/bin:/bin", "HOME": str(tmp_path)}) | {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        DIRECTORY: str(tmp_path / "cloud"),
    }
    program = Program(Cli(toolchain.bin_dir / "pulumi", environment), folder, Cloud(tmp_path / "cloud"))
    made = program.cli.run(["stack", "init", "small"], folder=folder)
    assert made.code == 0, made.stderr
    return program


def test_from_nothing_to_no_change(program: Program) -> None:
    previewed = program.steps()
    assert set(previewed.values()) == {"create"} and len(previewed) == 4
    program.made()
    assert program.steps() == {}
    outputs = program.outputs()
    assert outputs["address"].endswith("eu-central-1.rds.amazonaws.com")
    assert outputs["bucket"].startswith("files-") and len(outputs["bucket"]) == len("files-") + 7
    assert {event.verb for event in program.cloud.events()} == {"create"}
    assert program.cloud.one(BUCKET).inputs["tags"] == {"for": outputs["address"]}


@pytest.mark.long
def test_secrets_are_secret_in_the_state(program: Program) -> None:
    program.made()
    assert program.cloud.one(DATABASE).inputs["password"] == PASSWORD, "AWS itself knows it"
    assert program.outputs()["password"] == PASSWORD
    for words in (("stack", "export"), ("refresh", "--yes"), ("stack", "export")):
        assert PASSWORD not in program.run(*words).stdout
    assert program.steps() == {}


def test_what_is_changed_in_place_and_what_is_replaced(program: Program) -> None:
    program.made()
    assert program.steps(database={"instance_class": "db.r7g.large"}) == {f"{DATABASE}::mysql": "update"}
    steps = program.steps(database={"storage_encrypted": True})
    assert steps[f"{DATABASE}::mysql"] in ("replace", "create-replacement", "delete-replaced")
    before = program.cloud.one(DATABASE)
    program.made(database={"instance_class": "db.r7g.large"})
    after = program.cloud.one(DATABASE)
    assert after.id == before.id and after.inputs["instanceClass"] == "db.r7g.large"
    program.made(bucket={"object_lock_enabled": True})
    assert [event.verb for event in program.cloud.events()][-4:].count("delete") == 2, "and its versioning"


@pytest.mark.long
def test_a_replacement_waits_for_the_name(program: Program) -> None:
    """A made up name lets the new one come first; one that the program says does not."""
    program.made()
    program.cloud.forget()
    program.made(bucket={"object_lock_enabled": True})
    assert [event.verb for event in program.cloud.events() if BUCKET in event.urn] == ["create", "delete"]
    program.made(bucket={"bucket": "campus"})
    program.cloud.forget()
    program.made(bucket={"bucket": "campus", "object_lock_enabled": True})
    assert [event.verb for event in program.cloud.events() if BUCKET in event.urn] == ["delete", "create"]


def test_failures_are_told_and_the_next_up_goes_on(program: Program) -> None:
    reason = "api error InsufficientDBInstanceCapacity: no db.t4g.medium in this zone"
    program.cloud.fail("create", DATABASE, reason)
    failed = program.up()
    assert failed.code != 0 and reason in failed.stdout + failed.stderr
    assert program.cloud.resources(DATABASE) == []
    program.made()
    assert program.cloud.one(DATABASE) and program.steps() == {}


@pytest.mark.long
def test_deletion_protection_and_last_snapshots(program: Program) -> None:
    program.made()
    refused = program.run("destroy", "--yes")
    assert refused.code != 0 and "Cannot delete protected DB Instance" in refused.stdout + refused.stderr
    assert program.cloud.one(DATABASE)
    last = {"deletion_protection": False, "skip_final_snapshot": False}
    program.made(database=last)
    refused = program.run("destroy", "--yes")
    assert "final_snapshot_identifier is required" in refused.stdout + refused.stderr
    program.made(database=last | {"final_snapshot_identifier": "mysql-last"})
    assert program.run("destroy", "--yes").code == 0
    assert [each.id for each in program.cloud.resources()] == ["mysql-last"]
    assert program.cloud.one(SNAPSHOT).outputs["source"].startswith("db-")


def test_a_last_snapshot_is_never_written_over(program: Program) -> None:
    last = {"deletion_protection": False, "skip_final_snapshot": False, "final_snapshot_identifier": "last"}
    for code in (0, 1):
        program.made(database=last)
        destroyed = program.run("destroy", "--yes")
        assert destroyed.code == code, destroyed.stdout + destroyed.stderr
    assert "identifier last already exists" in destroyed.stdout + destroyed.stderr


def test_servers_can_be_destroyed_again_and_again(program: Program) -> None:
    """Each leaves a snapshot by a name of its own, which no preview wants to change."""
    (program.folder / "__main__.py").write_text(SERVERS)
    for lives in (1, 2):
        program.made()
        assert program.steps() == {}
        destroyed = program.run("destroy", "--yes")
        assert destroyed.code == 0, destroyed.stdout + destroyed.stderr
        assert len(program.cloud.resources(SNAPSHOT)) == 4 * lives


@pytest.mark.long
def test_a_replaced_server_leaves_a_snapshot_and_so_does_the_new_one(program: Program) -> None:
    (program.folder / "__main__.py").write_text(SERVERS)
    program.made()
    program.made(key={"arn": "arn:aws:kms:eu-central-1:123456789012:key/second"})
    assert len(program.cloud.resources(SNAPSHOT)) == 4
    assert program.run("destroy", "--yes").code == 0
    assert len(program.cloud.resources(SNAPSHOT)) == 8


@pytest.mark.long
def test_a_bucket_with_files_is_not_deleted(program: Program) -> None:
    program.made(database={"deletion_protection": False})
    bucket = program.cloud.one(BUCKET)
    bucket.outputs[OBJECTS] = 3
    program.cloud.put(bucket)
    refused = program.run("destroy", "--yes")
    assert refused.code != 0 and "BucketNotEmpty" in refused.stdout + refused.stderr
    assert program.cloud.one(BUCKET)


@pytest.mark.long
def test_drift_is_found_and_mended(program: Program) -> None:
    program.made()
    program.cloud.change(program.cloud.one(DATABASE), instanceClass="db.t4g.micro")
    found = program.run("preview", "--refresh", "--diff")
    assert "db.t4g.micro" in found.stdout and "1 to update" in found.stdout
    assert program.run("up", "--yes", "--refresh", "--skip-preview").code == 0
    assert program.cloud.one(DATABASE).inputs["instanceClass"] == "db.t4g.medium"
    bucket = program.cloud.one(BUCKET)
    program.cloud.remove(BUCKET, bucket.id)
    assert program.run("up", "--yes", "--refresh", "--skip-preview").code == 0
    assert program.cloud.one(BUCKET).id
