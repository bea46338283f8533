"""A foundation's charts reach the cluster, and servers outlive them.

With the real provider, and a small chart on this machine in the place of a publisher's, which can't be
fetched everywhere.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from instances import FirstUp
from lightkube import ApiError, Client, KubeConfig
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import Deployment
from pulumi import automation
from pulumi_kubernetes import Provider

from openedx_infra.components.foundation.operators import install
from openedx_infra.config.foundation.addons import Addons, PerconaMysql
from tools.recipes import ENGINE
from tools.toolchain import ensure

pytestmark = pytest.mark.engine

THINGS = "things.example.org"
CHART = {
    "Chart.yaml": "{apiVersion: v2, name: ps-operator, version: 1.1.0}",
    "values.yaml": "{}",
    "crds/things.yaml": yaml.safe_dump(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": THINGS},
            "spec": {
                "group": "example.org",
                "names": {"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"},
                "scope": "Namespaced",
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": {"type": "object"}},
                    }
                ],
            },
        }
    ),
    "templates/deployment.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: ps-operator}}
  template:
    metadata: {labels: {app.kubernetes.io/name: ps-operator}}
    spec:
      containers:
        - name: manager
          image: example.org/operator
          env: [{name: ALL_NAMESPACES, value: {{ .Values.watchAllNamespaces | quote }}}]
""",
}
"""A chart of the name of Percona's, which shows what values it gets."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """Address of a repository of charts on this machine."""
    packed = tmp_path / "ps-operator-1.1.0.tgz"
    with tarfile.open(packed, "w:gz") as archive:
        for name, text in CHART.items():
            entry = tarfile.TarInfo(f"ps-operator/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(tmp_path))
    )
    address = f"http://127.0.0.1:{server.server_port}"
    entry_of_index = {
        "apiVersion": "v2",
        "name": "ps-operator",
        "version": "1.1.0",
        "urls": [f"{address}/{packed.name}"],
        "digest": hashlib.sha256(packed.read_bytes()).hexdigest(),
    }
    index = {"apiVersion": "v1", "entries": {"ps-operator": [entry_of_index]}}
    (tmp_path / "index.yaml").write_text(yaml.safe_dump(index))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pulumi's engine, with a state of its own."""
    state = tmp_path / "state"
    state.mkdir()
    own = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "right"}
    for name, value in (dict(ensure(ENGINE).environment(os.environ)) | own).items():
        monkeypatch.setenv(name, value)


class Foundation(pulumi.ComponentResource):
    """What the add-ons are part of."""

    def __init__(self, addons: Addons, kubeconfig: Path) -> None:
        cluster = Provider("cluster", kubeconfig=str(kubeconfig), enable_server_side_apply=True)
        super().__init__(
            "openedx:index:Foundation", "foundation", None, pulumi.ResourceOptions(providers=[cluster])
        )
        install(addons, self)


@pytest.mark.usefixtures("engine")
def test_a_chart_comes_and_goes_and_its_kinds_stay(first_up: FirstUp, repository: str) -> None:
    kubeconfig = first_up.instance.kubeconfig
    # Stack files admit https alone.
    operator = PerconaMysql.model_construct(version="1.1.0", repository=repository, namespace="operators")
    addons = [Addons.model_construct(mysql_operator=operator), Addons()]
    stack = automation.create_stack(
        "shared", project_name="openedx", program=lambda: Foundation(addons[0], kubeconfig) and None
    )
    assert stack.preview().change_summary == {"create": 7}
    stack.up()
    client = Client(config=KubeConfig.from_file(kubeconfig), namespace="operators", trust_env=False)
    try:
        deployment = client.get(Deployment, "ps-operator")
        assert deployment.spec
        assert deployment.spec.template.spec.containers[0].env[0].value == "true"
        assert stack.preview().change_summary == {"same": 7}
        addons.pop(0)
        stack.up()
        with pytest.raises(ApiError):
            client.get(Deployment, "ps-operator")
        client.get(CustomResourceDefinition, THINGS)
    finally:
        client.delete(CustomResourceDefinition, THINGS)
