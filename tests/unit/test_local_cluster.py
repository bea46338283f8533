"""Clusters of a developer's machine: found, made by k3d or kind as recording programs see it, and deleted."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from ruamel.yaml import YAML

from openedx_infra.operations.development.local_cluster import find, machine, render, verbs
from openedx_infra.operations.development.local_cluster.render import ClusterPlan
from openedx_infra.operations.errors import OperationError

INFO = {"MemTotal": 16 * 2**30, "DockerRootDir": "/nowhere"}
_PROGRAM = """\
#!/bin/sh
echo "{name} $*" >> {log}
case "$*" in
{cases}
esac
"""
_CREATE = '*create*) for last in "$@"; do case $last in *.yaml) cp "$last" {copy};; esac; done ;;'


class Machine:
    """Programs that record how they are called, and a stack file with one mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log, self.copy = folder / "log", folder / "cluster.yaml"
        self.file, self.source = folder / "dev.yaml", folder / "home" / "src"
        (folder / "bin").mkdir()
        self.source.mkdir(parents=True)
        self.program("docker", f"info*) echo '{json.dumps(INFO)}' ;;")
        create = _CREATE.format(copy=self.copy)
        self.program("k3d", f"'cluster list'*) echo '[]' ;;\n{create}")
        self.program("kind", create)
        self.file.write_text(
            "config:\n"
            "  openedx:site: {name: Campus, lms_host: local.openedx.io}\n"
            "  # Mine.\n"
            f"  openedx:development: {{mounts: {{src: {self.source}}}, ports: {self.ports()}}}\n"
        )

    def ports(self) -> str:
        """Two free ports: 80 may be taken on the machine of the tests."""
        with socket.socket() as one, socket.socket() as two:
            for each in (one, two):
                each.bind(("127.0.0.1", 0))
            self.http, self.https = one.getsockname()[1], two.getsockname()[1]
        return f"{{http: {self.http}, https: {self.https}}}"

    def program(self, name: str, cases: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(_PROGRAM.format(name=name, log=self.log, cases=cases))
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def rendered(self) -> Mapping[str, Any]:
        loaded: Mapping[str, Any] = YAML(typ="safe").load(self.copy)
        return loaded


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    here = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setattr(verbs, "state", lambda: tmp_path)
    monkeypatch.setattr(machine.sys, "platform", "linux")
    return here


def create(here: Machine, program: Any = "k3d", **options: Any) -> str:
    console = Console(file=io.StringIO(), width=300)
    wanted = {"cluster": "openedx", "registry": None, **options}
    verbs.create("dev", here.file, console, program=program, **wanted)
    return console.file.getvalue()


def refused(here: Machine, **options: Any) -> str:
    with pytest.raises(OperationError) as raised:
        create(here, **options)
    assert not any(" create" in call for call in here.calls)
    return str(raised.value)


def test_k3d_makes_a_cluster_that_the_stack_file_then_names(here: Machine) -> None:
    assert "names it: openedx:cluster.context is k3d-openedx" in create(here)
    assert "context: k3d-openedx" in here.file.read_text() and "# Mine." in here.file.read_text()
    volumes = [each["volume"] for each in here.rendered["volumes"]]
    snapshots = here.folder / "home/.local/share/openedx-infra/snapshots/openedx"
    assert volumes == [
        f"{here.source}:{here.source}",
        f"{snapshots}:/var/lib/openedx-infra/snapshots",
    ]
    assert [each["port"] for each in here.rendered["ports"]] == [
        f"127.0.0.1:{here.http}:80",
        f"127.0.0.1:{here.https}:443",
    ]
    # The context that kubectl uses stays.
    assert here.rendered["options"]["kubeconfig"]["switchCurrentContext"] is False


def test_kind_makes_one_too_and_a_named_context_stays(here: Machine) -> None:
    text = here.file.read_text()
    here.file.write_text(f"{text}  openedx:cluster: {{context: mine}}\n")
    text = create(here, "kind")
    assert "names mine: set openedx:cluster.context to kind-openedx" in text
    assert "context: mine" in here.file.read_text()
    [node] = here.rendered["nodes"]
    assert {"hostPath": str(here.source), "containerPath": str(here.source)} in node["extraMounts"]
    assert [each["hostPort"] for each in node["extraPortMappings"]] == [here.http, here.https]


def test_only_what_was_made_here_is_deleted(here: Machine) -> None:
    console = Console(file=io.StringIO(), width=300)
    with pytest.raises(OperationError, match="made no cluster openedx here"):
        verbs.delete("openedx", console)
    create(here)
    verbs.delete("openedx", console, confirm=lambda _: False)
    assert not any("delete" in call for call in here.calls)
    verbs.delete("openedx", console)
    assert here.calls[-1] == "k3d cluster delete openedx"
    with pytest.raises(OperationError):
        verbs.delete("openedx", console)


def test_a_cluster_of_the_name_is_left_as_it_is(here: Machine) -> None:
    here.program("k3d", """'cluster list'*) echo '[{"name": "openedx"}]' ;;""")
    assert "has a cluster openedx already" in refused(here)


def test_each_lack_has_its_message(here: Machine) -> None:
    small = json.dumps({**INFO, "MemTotal": 2**31})
    here.program("docker", f"info*) echo '{small}' ;;")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", here.http))
        taken.listen()
        text = refused(here)
    assert f"port {here.http} is taken" in text and "2.0 GiB of memory" in text
    here.program("docker", "info*) echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;;")
    assert "Docker is not running" in refused(here)
    (here.folder / "bin" / "k3d").unlink()
    here.source.rmdir()
    text = refused(here)
    assert "k3d is not on PATH: install it (https://k3d.io" in text and "there is no folder" in text


def test_a_full_disk_and_folders_that_macos_does_not_share(
    here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.program("docker", f"info*) echo '{json.dumps({**INFO, 'DockerRootDir': str(here.folder)})}' ;;")
    monkeypatch.setattr(machine, "LEAST_DISK", 10**18)
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    monkeypatch.setattr(machine, "_SHARED_ON_MACOS", ("/Users",))
    text = refused(here)
    assert "GB left" in text and f"Docker does not share {here.source}" in text


CONTEXTS = """\
contexts:
- {name: k3d-a, context: {cluster: a}}
- {name: kind-b, context: {cluster: b}}
- {name: colima, context: {cluster: c}}
- {name: minikube, context: {cluster: c}}
- {name: campus, context: {cluster: far}}
clusters:
- {name: far, cluster: {server: 'https://k8s.example.org:6443'}}
"""


def test_clusters_are_found_with_what_their_nodes_see(here: Machine) -> None:
    (here.folder / "kubeconfig").write_text(CONTEXTS)
    home = str(here.folder / "home")
    whole = json.dumps([{"Source": home, "Destination": home}])
    cases = f"*k3d-a-server-0) echo '{whole}' ;;\n*b-control-plane) echo '[]' ;;"
    here.program("docker", cases)
    found = {each.context: each for each in find.local_clusters({str(here.source): str(here.source)})}
    assert set(found) == {"k3d-a", "kind-b", "colima", "minikube"}
    assert found["k3d-a"].unseen == [] and found["colima"].unseen == []
    assert found["kind-b"].unseen == [str(here.source)]
    assert found["minikube"].unseen is None
    console = Console(file=io.StringIO(), width=300)
    verbs.show("dev", here.file, console)
    assert f"kind-b does not see {here.source}." in console.file.getvalue()


def test_k3s_is_told_by_its_address_on_its_own_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "K3S", tmp_path)
    assert find.kind_of("default", "https://127.0.0.1:6443") == "k3s"
    assert find.kind_of("default", "https://k8s.example.org:6443") is None


def test_the_registry_is_for_this_machine_alone() -> None:
    plan = ClusterPlan(name="openedx", folders={}, registry=5050)
    made = render.k3d(plan)["registries"]["create"]
    assert made == {"name": "openedx-registry", "host": "127.0.0.1", "hostPort": "5050"}
