"""A wrong or unreachable cluster is reported before anything is done."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx2
import pytest
from lightkube import Client

from openedx_infra.operations.cluster import connection
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.local_stack import Address


def kubeconfig(path: Path, *names: str, port: int = 1) -> Path:
    server = {"server": f"http://127.0.0.1:{port}"}
    content = {
        "clusters": [{"name": f"{name}-cluster", "cluster": server} for name in names],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": n, "context": {"cluster": f"{n}-cluster", "user": "me"}} for n in names],
        "current-context": names[0],
    }
    path.write_text(json.dumps(content))
    return path


def test_an_unknown_context_names_those_that_exist(tmp_path: Path) -> None:
    address = Address(context="nope", kubeconfig=kubeconfig(tmp_path / "config", "one", "two"))
    with pytest.raises(OperationError, match="no context nope") as caught:
        connection.connect(address, "mine")
    assert "one, two" in (caught.value.remedy or "")


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="absent"):
        connection.connect(Address(context="one", kubeconfig=tmp_path / "absent"), "mine")


def test_a_broken_kubeconfig_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("contexts: [")
    with pytest.raises(OperationError, match="can't be read"):
        connection.connect(Address(context="one", kubeconfig=path), "mine")


def test_without_a_kubeconfig_kubectl_s_own_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [kubeconfig(tmp_path / "a", "one"), kubeconfig(tmp_path / "b", "two"), tmp_path / "absent"]
    monkeypatch.setenv("KUBECONFIG", ":".join(map(str, paths)))
    assert connection.connect(Address(context="two"), "mine").namespace == "mine"


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and never listening: nobody else gets the port
        path = kubeconfig(tmp_path / "config", "one", port=taken.getsockname()[1])
        with pytest.raises(OperationError, match="can't be reached") as caught:
            connection.require_reachable(Address(context="one", kubeconfig=path), "mine")
    assert "kubectl --context one" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("self-signed certificate in certificate chain", "`certificate-authority-data`"),
        ("unable to get local issuer certificate", "`certificate-authority-data`"),
        ("IP address mismatch, certificate is not valid for '10.0.0.1'", "use an address of the cluster"),
        ("certificate has expired", "renew the certificate"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_no_cluster_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str, words: str
) -> None:
    def refuse(*_: object) -> None:
        raise httpx2.ConnectError(f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {why}")

    monkeypatch.setattr(Client, "get", refuse)
    address = Address(context="one", kubeconfig=kubeconfig(tmp_path / "config", "one"))
    with pytest.raises(OperationError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        connection.require_reachable(address, "mine")
    assert words in (caught.value.remedy or "") and "running" not in (caught.value.remedy or "")
