"""The simulated AWS knows its types as pulumi_aws does, and plans as the real provider."""

from __future__ import annotations

import inspect
import json
from importlib import import_module, metadata
from importlib.resources import files
from pathlib import Path

import pytest
from simulated_aws import planning, provider, wire
from simulated_aws.cloud import Cloud, Resource
from simulated_aws.kinds import KINDS

# pulumi_aws' modules import what is deprecated in them.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws")

DATABASE, BUCKET = "aws:rds/instance:Instance", "aws:s3/bucket:Bucket"


def properties(type_: str) -> set[str]:
    """Inputs that pulumi_aws has for a type, as the engine names them."""
    module, kind = type_.removeprefix("aws:").rsplit(":", 1)
    resource = getattr(import_module(f"pulumi_aws.{module.partition('/')[0]}"), kind)
    names = inspect.signature(resource._internal_init).parameters
    words = (name.split("_") for name in names if not name.startswith("__"))
    return {first + "".join(word.capitalize() for word in rest) for first, *rest in words}


@pytest.mark.parametrize("type_", KINDS)
def test_its_properties_are_those_of_pulumi_aws(type_: str) -> None:
    kind = KINDS[type_]
    # What pulumi_aws of release 7 no longer takes may still be in the state of an older one.
    assert kind.replaced_by - {"securityGroupNames", "namePrefix"} <= properties(type_)
    if kind.named:
        assert kind.named in properties(type_) and kind.named in kind.replaced_by
    if kind.guarded:
        assert {"deletionProtection", "skipFinalSnapshot", "finalSnapshotIdentifier"} <= properties(type_)


def test_its_version_is_that_of_pulumi_aws() -> None:
    asked = json.loads((files("pulumi_aws") / "pulumi-plugin.json").read_text())["version"]
    assert provider.VERSION == asked == metadata.version("pulumi_aws")


def test_a_type_that_it_lacks_is_told() -> None:
    assert planning.fault(BUCKET, {}) is None
    found = planning.fault("aws:lambda/function:Function", {})
    assert found and "kinds.py" in found[1]
    assert planning.fault(BUCKET, {"bucket": "b" * 64}) == ("bucket", f"{'b' * 64} is longer than 63 letters")


def test_made_up_names_stay_and_said_ones_are_kept() -> None:
    first = planning.named(DATABASE, "mysql", {}, {}, b"seed")
    assert first["identifier"].startswith("mysql-") and first[planning.DEFAULTED] == ["identifier"]
    assert planning.named(DATABASE, "mysql", first, {}, b"other") == first
    assert planning.named(DATABASE, "mysql", {}, {}, b"other") != first
    said = planning.named(DATABASE, "mysql", first, {"identifier": "campus"}, b"seed")
    assert said == {"identifier": "campus", planning.DEFAULTED: []}
    assert planning.named(DATABASE, "mysql", said, {}, b"seed") == first, "a said name is not made up"


def test_secrets_keep_their_places() -> None:
    value = {"a": [{"b": "open"}, {"b": "hidden"}], "c": {"d": "hidden"}, "e": 1}
    paths = [["a", 1, "b"], ["c"]]
    marked = wire.sealed(value, paths)
    assert wire.plain(marked) == value
    assert [list(path) for path in wire.secret_paths(marked)] == paths
    assert wire.read(wire.write(marked)) == marked


def test_a_secret_that_changes_is_a_change() -> None:
    old, new = ({"password": wire.sealed(word, [[]])} for word in ("one", "two"))
    assert planning.change(DATABASE, old, new).properties == ("password",)
    assert planning.change(DATABASE, old, {"password": "one"}).properties == ()


def test_failures_are_used_up(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    urn = f"urn:pulumi:prod::openedx::{DATABASE}::mysql"
    cloud.fail("create", "*::mysql", "once")
    cloud.fail("create", DATABASE, "always", None)
    assert [cloud.failing("create", urn, DATABASE) for _ in range(3)] == ["once", "always", "always"]
    assert cloud.failing("delete", urn, DATABASE) is None
    cloud.mend()
    assert cloud.failing("create", urn, DATABASE) is None


def test_the_cloud_keeps_what_it_has(tmp_path: Path) -> None:
    urn = f"urn:pulumi:prod::openedx::openedx:index:Platform${DATABASE}::mysql"
    resource = Resource(urn=urn, type=DATABASE, id="db-1", inputs={"a": 1}, outputs={}, secrets=[["a"]])
    Cloud(tmp_path).put(resource)
    cloud = Cloud(tmp_path)
    assert cloud.one(DATABASE, "mysql") == cloud.find(DATABASE, "db-1") == resource
    cloud.change(resource, a=2)
    assert cloud.one(DATABASE).inputs == {"a": 2}
    cloud.remove(DATABASE, "db-1")
    assert cloud.resources() == [] and cloud.find(DATABASE, "db-1") is None
