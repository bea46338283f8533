"""Where things are kept, ports, certificates, processes: parts that need no cluster to be tested."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from tools import control_plane, ports
from tools.certificates import SERVER, Authority
from tools.cluster import EmbeddedCluster, cluster_dir
from tools.errors import ToolError
from tools.model import MODULES
from tools.paths import state_dir
from tools.processes import Daemon, stop_all


def test_two_checkouts_have_two_private_folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    first, second = state_dir(tmp_path / "a"), state_dir(tmp_path / "b")
    assert first != second
    assert state_dir(tmp_path / "link") == first
    assert first.stat().st_mode & 0o777 == 0o700


def test_a_port_is_remembered_until_somebody_else_has_it(tmp_path: Path) -> None:
    chosen = ports.choose(tmp_path / "ports.json", ["a", "b"])
    assert len(set(chosen.values())) == 2
    assert ports.choose(tmp_path / "ports.json", ["a", "b"]) == chosen
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", chosen["a"]))
        somebody.listen()
        assert not ports.free(chosen["a"])
        moved = ports.choose(tmp_path / "ports.json", ["a", "b"])
    assert moved["a"] != chosen["a"] and moved["b"] == chosen["b"]


def test_a_broken_file_of_ports_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    assert ports.remembered(tmp_path / "ports.json") == {}


def test_an_authority_and_what_it_issues_stay_the_same(tmp_path: Path) -> None:
    pair = Authority(tmp_path, "ca").issue(
        "server", user="me", purposes=SERVER, hosts=("127.0.0.1", "localhost")
    )
    again = Authority(tmp_path, "ca").issue("server", user="me", purposes=SERVER)
    assert pair == again
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    certificate.verify_directly_issued_by(authority)
    for key in tmp_path.glob("*.key"):
        assert key.stat().st_mode & 0o777 == 0o600


def test_only_simulated_nodes_are_played_and_everything_stays_on_this_machine(tmp_path: Path) -> None:
    who = control_plane.identities(tmp_path / "pki")
    names = dict.fromkeys(control_plane.PORTS, 20_000)
    everything = {name: tmp_path / name for name in (*control_plane.ORDER, *who.clients)}
    commands = control_plane.commands(everything, tmp_path, names, who, everything)
    assert "--manage-all-nodes=false" in commands["kwok"]
    assert "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake" in commands["kwok"]
    for name in control_plane.ORDER[1:4]:
        assert "--bind-address=127.0.0.1" in commands[name]
    assert "0.0.0.0" not in json.dumps(commands)


def test_the_kubeconfig_is_private_and_names_its_one_context(tmp_path: Path) -> None:
    who = control_plane.identities(tmp_path / "pki")
    path = tmp_path / "kubeconfig"
    control_plane.write_kubeconfig(path, 20_000, who.authority, who.clients["admin"])
    config = yaml.safe_load(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert [context["name"] for context in config["contexts"]] == ["openedx-embedded"]
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:20000"


def test_a_cluster_that_never_was_is_stopped_without_any_tool(tmp_path: Path) -> None:
    cluster = EmbeddedCluster(cluster_dir(tmp_path))
    assert not cluster.running()
    assert "stopped" in cluster.describe()
    cluster.stop()
    cluster.destroy()
    assert not cluster.kubeconfig.parent.exists()


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon("sleeper", tmp_path / "sleeper.log", tmp_path / "sleeper.json")


def test_a_process_is_known_again_and_stopped(daemon: Daemon) -> None:
    daemon.start(["/bin/sleep", "60"], {})
    pid = Daemon(daemon.name, daemon.log, daemon.record).pid()
    assert pid is not None and os.getsid(pid) == pid
    stop_all([daemon])
    assert daemon.pid() is None and not daemon.record.exists()


def test_a_process_that_does_not_listen_is_made_to_end(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.processes.STOP_SECONDS", 0.3)
    daemon.start(["/bin/sh", "-c", "trap '' TERM; echo deaf; while true; do sleep 1; done"], {})
    while not daemon.log.read_text():
        time.sleep(0.02)
    stop_all([daemon])
    assert daemon.pid() is None


def test_a_number_given_to_another_process_is_never_signalled(daemon: Daemon) -> None:
    other = subprocess.Popen(["/bin/sleep", "60"])
    try:
        daemon.record.write_text(json.dumps({"pid": other.pid, "started": "another time"}))
        assert daemon.pid() is None
        stop_all([daemon])
        assert other.poll() is None
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()


def test_an_ended_process_that_nobody_collected_counts_as_ended(daemon: Daemon) -> None:
    daemon.start(["/bin/true"], {})
    end = time.monotonic() + 5
    while daemon.pid() is not None and time.monotonic() < end:
        time.sleep(0.02)
    assert daemon.pid() is None


def test_an_error_quotes_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    text = str(ToolError("etcd", "start", "it ended", log=log))
    assert "line 99" in text and "line 50" not in text and str(log) in text
    assert "start failed: it ended" in str(ToolError("etcd", "start", "it ended", log=tmp_path / "none"))


def test_the_modules_folder_is_part_of_the_checkout() -> None:
    assert (MODULES / "pulumi" / "go.mod").is_file()
