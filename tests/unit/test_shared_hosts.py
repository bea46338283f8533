"""Two stacks of one checkout with one host in one cluster are noted, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openedx_infra.config import Stack
from openedx_infra.operations.stack_files import checkout, shared_hosts, stack_file

HERE = {"context": "here"}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(checkout, "CHECKOUT", tmp_path)

    def write(name: str, **sections: Any) -> None:
        config = {f"openedx:{key}": value for key, value in sections.items()}
        (tmp_path / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))

    return write


def noted(name: str) -> list[str]:
    file = stack_file.read(name)
    stack = stack_file.validated(file)
    assert isinstance(stack, Stack)
    return list(shared_hosts.notes(file, stack))


def test_a_copy_of_a_stack_file(write: Any) -> None:
    write("one", site={"lms_host": "learn.example.org"}, cluster=HERE)
    write("two", site={"lms_host": "learn.example.org"}, cluster=HERE)
    [note] = noted("one")
    assert "stack two names the same cluster and the same hosts (apps.learn.example.org, learn" in note


def test_a_host_that_one_derives_and_the_other_names(write: Any) -> None:
    write("one", site={"lms_host": "learn.example.org"}, cluster=HERE)
    write("two", site={"lms_host": "studio.learn.example.org"}, cluster=HERE)
    assert "(studio.learn.example.org)" in noted("one")[0]
    assert "(studio.learn.example.org)" in noted("two")[0]


def test_other_clusters_other_hosts_and_broken_files_are_left_out(write: Any, tmp_path: Path) -> None:
    write("one", site={"lms_host": "learn.example.org"}, cluster=HERE)
    write("elsewhere", site={"lms_host": "learn.example.org"}, cluster={"context": "there"})
    write("local", site={"lms_host": "learn.example.org"})
    write("other", site={"lms_host": "other.example.org"}, cluster=HERE)
    write("broken", site={"lms_host": "learn.example.org", "unknown": 1}, cluster=HERE)
    (tmp_path / "Pulumi.worse.yaml").write_text("config: [learn.example.org")
    assert noted("one") == []


def test_two_local_stacks_share_the_embedded_cluster(write: Any) -> None:
    write("one", site={"lms_host": "learn.example.org"})
    write("two", site={"lms_host": "learn.example.org"})
    assert len(noted("one")) == 1


def test_two_instances_that_sign_their_visitors_out_of_each_other(write: Any) -> None:
    write("production", site={"lms_host": "learn.example.org", "mfe_host": "apps.example.org"}, cluster=HERE)
    staging = {"lms_host": "staging.example.org", "mfe_host": "apps-staging.example.org"}
    write("staging", site=staging, cluster={"context": "there"})
    assert "stack staging sets cookies of the same names for example.org" in noted("production")[0]
    write("staging", site={**staging, "cookie_prefix": "staging"}, cluster={"context": "there"})
    assert noted("production") == noted("staging") == []


EXTERNAL = {
    "mysql": {"source": "external", "host": "mysql.example.org"},
    "mongodb": {"source": "external", "members": [{"host": "mongodb.example.org"}]},
    "broker": {"source": "external", "host": "redis.example.org"},
    "cache": {"source": "external", "host": "redis.example.org", "database": 1},
    "storage": {
        "source": "external",
        "endpoint": "https://s3.example.org",
        "buckets": {kind: f"files-{kind}" for kind in ("public", "private", "grades", "ora", "exports")},
    },
}
OWN = {
    "mysql": {"source": "external", "host": "mysql.example.org", "database": "two"},
    "mongodb": {"source": "external", "members": [{"host": "mongodb.example.org"}], "database": "two"},
    "broker": {"source": "external", "host": "redis.example.org", "database": 2},
    "cache": {"source": "external", "host": "redis.example.org", "database": 3},
    "storage": {
        **EXTERNAL["storage"],
        "buckets": {kind: f"two-{kind}" for kind in ("public", "private", "grades", "ora", "exports")},
    },
}
BACKUPS = {"destination": {"bucket": "backups", "folder": "campus"}}
TRACKING = {"tracking": {"bucket": "events"}}


def test_two_instances_that_keep_data_in_one_place_of_a_server(write: Any) -> None:
    """Databases of external servers have the same names by default."""
    write(
        "one", site={"lms_host": "learn.one.org"}, datastores=EXTERNAL, backups=BACKUPS, monitoring=TRACKING
    )
    other = {"site": {"lms_host": "learn.two.net"}, "cluster": {"context": "there"}}
    write("two", datastores=EXTERNAL, backups=BACKUPS, monitoring=TRACKING, **other)
    notes = noted("one")
    for text in (
        *("MySQL database openedx at mysql.example.org:3306", "`openedx:datastores.mysql.database`"),
        *("MongoDB database openedx at mongodb.example.org:27017", "Redis database 0 at redis.example.org"),
        *("Redis database 1 at redis.example.org", "bucket files-ora at https://s3.example.org"),
        *("folder campus of bucket backups at https://s3.us-east-1.", "folder tracking of bucket events"),
    ):
        assert [note for note in notes if text in note], text
    assert len(notes) == 4 + 5 + 2 and all(
        "stack two keeps its data in the same place" in note for note in notes
    )

    write("two", datastores=OWN, backups={"destination": {"bucket": "backups"}}, **other)
    assert noted("one") == []


def test_the_same_queues_are_found_across_broker_and_cache(write: Any) -> None:
    broker = {"source": "external", "host": "redis.example.org", "database": 1}
    write("one", site={"lms_host": "learn.one.org"}, datastores={"cache": broker})
    write("two", site={"lms_host": "learn.two.net"}, datastores={"broker": broker})
    [note] = noted("one")
    assert "Redis database 1" in note and "`openedx:datastores.cache.database`" in note


def test_servers_behind_sentinels(write: Any) -> None:
    broker = {"source": "external", "sentinels": [{"host": "one.example.org"}], "master": "main"}
    write("one", site={"lms_host": "learn.one.org"}, datastores={"broker": broker})
    write("two", site={"lms_host": "learn.two.net"}, datastores={"broker": broker})
    assert "Redis database 0 at one.example.org:26379 (main)" in noted("two")[0]
    write("two", site={"lms_host": "learn.two.net"}, datastores={"broker": {**broker, "master": "other"}})
    assert noted("one") == []
