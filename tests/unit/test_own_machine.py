"""A development instance is brought up on a cluster of this machine alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from openedx_infra.config import Stack, load
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.prerequisites.own_machine import is_here, require_own_machine


@pytest.mark.parametrize(
    ("server", "context", "here"),
    [
        ("https://127.0.0.1:6443", "default", True),
        ("https://localhost:6443", "kind-dev", True),
        ("https://[::1]:6443", "default", True),
        ("https://0.0.0.0:40123", "k3d-dev", True),
        ("https://192.168.49.2:8443", "minikube", True),
        ("https://192.0.2.7:6443", "default", False),
        ("https://198.51.100.7:6443", "k3d-dev", False),
        ("https://8.8.8.8:6443", "minikube", False),
        ("https://no-such-host.invalid:6443", "default", False),
    ],
)
def test_a_cluster_is_here_by_its_address(server: str, context: str, here: bool) -> None:
    assert is_here(server, context) == here


def stack(folder: Path, server: str, *, development: bool) -> Stack:
    """A stack whose kubeconfig leads to a server."""
    named = {"context": "shared", "kubeconfig": str(folder / "kubeconfig")}
    content = {
        "clusters": [{"name": "a", "cluster": {"server": server}}],
        "users": [{"name": "a", "user": {}}],
        "contexts": [{"name": "shared", "context": {"cluster": "a", "user": "a"}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(content))
    section = {"development": {}} if development else {}
    return load("campus", {"site": {"lms_host": "local.openedx.io"}, "cluster": named, **section})


def test_up_refuses_a_cluster_elsewhere_and_names_it(tmp_path: Path) -> None:
    elsewhere = stack(tmp_path, "https://192.0.2.7:6443", development=True)
    with pytest.raises(OperationError) as caught:
        require_own_machine(elsewhere, target_of(elsewhere, local=False))
    assert "the cluster of context shared is at https://192.0.2.7:6443" in caught.value.message
    production = stack(tmp_path, "https://192.0.2.7:6443", development=False)
    require_own_machine(production, target_of(production, local=False))
    here = stack(tmp_path, "https://127.0.0.1:6443", development=True)
    require_own_machine(here, target_of(here, local=False))
