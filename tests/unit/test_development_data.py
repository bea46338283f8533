"""Snapshots of a development instance put every file back, or change nothing; reset empties everything."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from development_cluster import DevelopmentCluster, container
from rich.console import Console

from openedx_infra.operations.development.data import instance, reset, servers, snapshots, volumes_pod
from openedx_infra.operations.errors import OperationError
from openedx_infra.scripts.development import volumes

FILE = """\
config:
  openedx:site: {name: Campus, lms_host: local.openedx.io}
  openedx:cluster: {context: k3d-openedx}
"""


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What lies in a folder: content and mode of each file by its path."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in found
    }


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DevelopmentCluster]:
    cluster = DevelopmentCluster(tmp_path / "node")
    root = cluster.folder / "volumes"
    (root / "mysql" / "data").mkdir()
    (root / "mysql" / "data" / "ibdata1").write_bytes(os.urandom(3 * 2**20))
    (root / "mysql" / "data" / "ibdata1").chmod(0o640)
    (root / "mongodb" / "WiredTiger").write_text("one")
    (root / "media" / "a.png").write_text("picture")
    (tmp_path / "dev.yaml").write_text(FILE + "  openedx:development: {}\n")
    monkeypatch.setattr(instance.DevelopmentInstance, "client", lambda _: cluster)
    monkeypatch.setattr(volumes_pod, "simulated", lambda *_: False)
    monkeypatch.setattr(volumes_pod, "VOLUMES", str(root))
    monkeypatch.setattr(snapshots, "SNAPSHOTS", str(cluster.folder / "snapshots"))
    with cluster.server() as server:
        monkeypatch.setattr(volumes_pod, "RunningContainer", container(server))
        yield cluster


def run(verb: Any, cluster: DevelopmentCluster, *arguments: Any, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=300)
    request = snapshots.Request(name="dev", config_file=cluster.folder.parent / "dev.yaml")
    verb(request, *arguments, console, **options)
    return console.file.getvalue()


def refused(verb: Any, cluster: DevelopmentCluster, *arguments: Any, **options: Any) -> str:
    with pytest.raises(OperationError) as raised:
        run(verb, cluster, *arguments, **options)
    return str(raised.value)


def test_a_snapshot_puts_back_what_was_changed_added_and_deleted(cluster: DevelopmentCluster) -> None:
    root = cluster.folder / "volumes"
    before = files(root)
    assert "Snapshot first is saved" in run(snapshots.save, cluster, "first")
    servers_only = ["scale mysql 0", "scale mongodb 0", "scale mysql 1", "scale mongodb 1"]
    assert cluster.log == ["create dev-volumes", *servers_only, "delete dev-volumes"]
    (root / "mysql" / "data" / "ibdata1").write_text("other")
    (root / "mongodb" / "WiredTiger").unlink()
    (root / "media" / "b.png").write_text("another")
    cluster.log.clear()
    assert "Snapshot first is loaded" in run(snapshots.load, cluster, "first")
    assert files(root) == before
    # The cache keeps what it read of the former data, so it starts anew, too.
    assert "scale cache 0" in cluster.log and cluster.log[-1] == "delete dev-volumes"
    assert cluster.replicas == {"mysql": 1, "mongodb": 1, "cache": 1}


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs extended attributes, as Linux has them")
def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    """versitygw keeps in them what S3 knows of an object."""
    root, snaps = tmp_path / "storage", tmp_path / "snapshots"
    root.mkdir()
    (root / "object").write_text("content")
    try:
        os.setxattr(root / "object", "user.etag", b"\x00\xff=1")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    volumes.save(str(snaps), "a", {"storage": str(root)}, {})
    os.removexattr(root / "object", "user.etag")
    volumes.prepare(str(snaps), "a", {"storage": str(root)})
    volumes.swap({"storage": str(root)})
    assert os.getxattr(root / "object", "user.etag") == b"\x00\xff=1"


@pytest.mark.parametrize("harm", ["cut", "flipped", "gone", "manifest"])
def test_a_damaged_snapshot_is_refused_before_anything_changes(
    cluster: DevelopmentCluster, harm: str
) -> None:
    root = cluster.folder / "volumes"
    run(snapshots.save, cluster, "first")
    (root / "media" / "b.png").write_text("another")
    before, cluster.log = files(root), []
    archive = cluster.folder / "snapshots" / "first" / "mysql.tar"
    content = archive.read_bytes()
    if harm == "cut":
        archive.write_bytes(content[:-4096])
    elif harm == "flipped":
        middle = len(content) // 2
        archive.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif harm == "gone":
        archive.unlink()
    else:
        (archive.parent / "manifest.json").write_text("{")
    assert "damaged" in refused(snapshots.load, cluster, "first")
    assert files(root) == before
    assert not any(line.startswith("scale") for line in cluster.log)


def test_other_servers_and_other_passwords_are_refused(cluster: DevelopmentCluster) -> None:
    run(snapshots.save, cluster, "first")
    cluster.log.clear()
    cluster.images["mysql"] = "mysql:9"
    text = refused(snapshots.load, cluster, "first")
    assert "mysql: mysql:8.4, now mysql:9" in text
    cluster.images["mysql"], cluster.password = "mysql:8.4", "second"
    assert "other passwords" in refused(snapshots.load, cluster, "first")
    assert cluster.log == ["create dev-volumes", "delete dev-volumes"] * 2


def test_a_failed_save_leaves_no_half_and_starts_the_servers(
    cluster: DevelopmentCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cluster.folder / "snapshots" / "first").mkdir()
    assert "exists" in refused(snapshots.save, cluster, "first")
    assert cluster.replicas["mysql"] == 1
    assert run(snapshots.save, cluster, "first", replace=True)
    assert [path.name for path in (cluster.folder / "snapshots").iterdir()] == ["first"]


def test_snapshots_are_listed_and_deleted(
    cluster: DevelopmentCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "There are no snapshots yet." in run(snapshots.show, cluster)
    run(snapshots.save, cluster, "first")
    (cluster.folder / "snapshots" / "broken").mkdir()
    run(snapshots.show, cluster, as_json=True)
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert listed["broken"]["damaged"] and listed["first"]["bytes"] > 3 * 2**20
    run(snapshots.delete, cluster, "first", confirm=lambda _: False)
    assert (cluster.folder / "snapshots" / "first").is_dir()
    run(snapshots.delete, cluster, "first")
    assert not (cluster.folder / "snapshots" / "first").exists()
    assert "There is no snapshot first" in refused(snapshots.load, cluster, "first")
    assert "no name of a snapshot" in refused(snapshots.delete, cluster, "../first")


def test_reset_empties_all_volumes_between_two_ups(
    cluster: DevelopmentCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ups: list[Any] = []
    monkeypatch.setattr(reset, "overlaid", lambda _, changes: nullcontext(ups.append(changes)))
    monkeypatch.setattr(reset.upgrade, "up", lambda *_, refresh: ups.append(refresh))
    monkeypatch.setattr(reset, "wait_until_stopped", lambda *_: None)
    run(snapshots.save, cluster, "first")
    run(reset.reset, cluster, confirm=lambda _: False)
    assert files(cluster.folder / "volumes") and ups == []
    run(reset.reset, cluster)
    assert files(cluster.folder / "volumes") == {}
    assert ups == [reset.upgrade.STOPPED, False, {}, True]
    # A CronJob's Job is of a schedule; that of the set-up is made again.
    assert list(cluster.jobs) == ["duty-1"]
    assert (cluster.folder / "snapshots" / "first").is_dir()


def test_other_instances_are_left_alone(cluster: DevelopmentCluster) -> None:
    (cluster.folder.parent / "dev.yaml").write_text(FILE)
    for verb, arguments in ((snapshots.save, ["a"]), (snapshots.load, ["a"]), (reset.reset, [])):
        assert "no development instance" in refused(verb, cluster, *arguments)
    assert cluster.log == []


def test_the_pod_has_no_more_than_it_needs(cluster: DevelopmentCluster) -> None:
    pods: list[Any] = []
    create = cluster.create
    cluster.create = lambda pod: (pods.append(pod), create(pod))  # type: ignore[method-assign]
    run(snapshots.show, cluster)
    [pod] = pods
    [only] = pod.spec.containers
    assert only.image == "platform:1" and only.securityContext.readOnlyRootFilesystem
    assert only.securityContext.capabilities.drop == ["ALL"]
    paths = [volume.hostPath.path for volume in pod.spec.volumes if volume.hostPath]
    assert paths == ["/var/lib/openedx-infra/snapshots/openedx-dev"]
    assert not pod.spec.automountServiceAccountToken


def test_servers_that_never_end_are_started_again(
    cluster: DevelopmentCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "STOP_SECONDS", -1)
    [pod] = [pod for pod in [cluster._set("mysql")]]
    monkeypatch.setattr(servers, "_pods", lambda *_: [pod])
    assert "did not end: mysql" in refused(snapshots.save, cluster, "first")
    assert cluster.replicas == {"mysql": 1, "mongodb": 1, "cache": 1}
    assert cluster.log[-1] == "delete dev-volumes"
