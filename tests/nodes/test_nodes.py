"""Configuration of a real node's programs, and what is left when they stop; without running them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import node
import node_files
import node_network
import pytest
import yaml

from tools.errors import ToolError

SAVED = """\
*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j OTHER
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-MARK-MASQ
COMMIT
"""


def test_every_image_comes_from_the_mirror_by_the_rest_of_its_path(tmp_path: Path) -> None:
    files = node_files.containerd(tmp_path, "http://127.0.0.1:20000/v2/containers")
    hosts = tomllib.loads(files[tmp_path / "registries/_default/hosts.toml"])
    (place, rules) = next(iter(hosts["host"].items()))
    assert place == hosts["server"] == "http://127.0.0.1:20000/v2/containers"
    assert rules["override_path"] is True and rules["capabilities"] == ["pull", "resolve"]
    configuration = tomllib.loads(files[tmp_path / "containerd.toml"])
    assert configuration["root"].startswith(str(tmp_path)) and configuration["state"].startswith(
        str(tmp_path)
    )
    cri = configuration["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["registry"]["config_path"] == str(tmp_path / "registries")


def test_pods_of_two_nodes_never_get_the_same_address(tmp_path: Path) -> None:
    texts = [
        node_files.containerd(tmp_path / name, "http://127.0.0.1:1")[tmp_path / name / "cni.template"]
        for name in ("a", "b")
    ]
    addresses = [json.loads(text)["plugins"][0]["ipam"] for text in texts]
    # The node's own range, which the cluster gave it; and a list of its own of what was given out.
    assert {each["ranges"][0][0]["subnet"] for each in addresses} == {"{{.PodCIDR}}"}
    assert len({each["dataDir"] for each in addresses}) == 2


def test_a_kubelet_answers_nobody_without_a_certificate(tmp_path: Path) -> None:
    config = yaml.safe_load(node_files.kubelet(tmp_path, tmp_path / "ca.crt", 20_001))
    assert config["authentication"]["anonymous"]["enabled"] is False
    assert config["authentication"]["x509"]["clientCAFile"] == str(tmp_path / "ca.crt")
    assert config["clusterDNS"] == [node_files.DNS]


def test_what_stands_in_iptables_is_found_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"nat": SAVED, "filter": "", "mangle": ""}
    restored: list[str] = []
    monkeypatch.setattr(node_network, "saved", lambda table: tables[table].splitlines())
    monkeypatch.setattr(node_network, "restore", restored.append)
    assert node_network.chains() == [("nat", "KUBE-SERVICES"), ("nat", "KUBE-MARK-MASQ")]
    node_network.remove_chains()
    (text,) = restored
    assert text.splitlines() == [
        "*nat",
        '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        "-F KUBE-SERVICES",
        "-F KUBE-MARK-MASQ",
        "-X KUBE-SERVICES",
        "-X KUBE-MARK-MASQ",
        "COMMIT",
    ]


def test_what_the_system_lacks_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node.os, "geteuid", lambda: 0)
    monkeypatch.setattr(node.shutil, "which", lambda name, path: None if name == "conntrack" else name)
    monkeypatch.setattr(node_files, "PLUGINS", Path("/nonexistent"))
    with pytest.raises(ToolError, match=r"there is no conntrack, /nonexistent(.|\n)*apt-get install"):
        node.require_system()
