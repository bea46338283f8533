"""A controller of the Gateway API takes an instance's Gateway and routes. The real Traefik says so in
their status, and refuses and redirects by itself; the pods behind it are simulated."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from entrance import KINDS
from instances import FirstUp, Instance
from lightkube import Client, codecs
from lightkube.generic_resource import create_global_resource
from lightkube.resources.core_v1 import Secret
from testing_tools import ensure_for_tests

from tools.certificates import SERVER, Authority
from tools.cluster import EmbeddedCluster
from tools.ports import choose

pytestmark = pytest.mark.engine

PATIENCE = 60.0
UNUSED = {
    "gatewayclasses": ("GatewayClass", "v1", "Cluster"),
    "grpcroutes": ("GRPCRoute", "v1", "Namespaced"),
    "tlsroutes": ("TLSRoute", "v1", "Namespaced"),
    "backendtlspolicies": ("BackendTLSPolicy", "v1", "Namespaced"),
    "referencegrants": ("ReferenceGrant", "v1beta1", "Namespaced"),
}
"""Kinds of the Gateway API that Traefik looks for besides those of an instance."""
GatewayClass = create_global_resource("gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses")


@dataclass
class Entrance:
    """An instance with a Gateway, and Traefik before it."""

    instance: Instance
    plain: str
    encrypted: str

    def spec(self, kind: str) -> dict[str, Any]:
        return {item.metadata.name: item for item in self.instance.list(kind)}


def _definitions(folder: Path) -> Path:
    documents = [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"{plural}.gateway.networking.k8s.io",
                "annotations": {"api-approved.kubernetes.io": "unapproved, of a test"},
            },
            "spec": {
                "group": "gateway.networking.k8s.io",
                "names": {
                    "kind": kind,
                    "listKind": f"{kind}List",
                    "plural": plural,
                    "singular": kind.lower(),
                },
                "scope": scope,
                "versions": [
                    {
                        "name": version,
                        "served": True,
                        "storage": True,
                        "subresources": {"status": {}},
                        "schema": {
                            "openAPIV3Schema": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            }
                        },
                    }
                ],
            },
        }
        for plural, (kind, version, scope) in UNUSED.items()
    ]
    path = folder / "gateway.yaml"
    path.write_text(yaml.safe_dump_all(documents))
    return path


@pytest.fixture(scope="module")
def entrance(first_up: FirstUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrance]:
    instance, folder = first_up.instance, tmp_path_factory.mktemp("entrance")
    toolchain = ensure_for_tests(("traefik",))
    cluster = EmbeddedCluster(instance.checkout.state / "cluster", toolchain)
    cluster.apply(KINDS)
    cluster.apply(_definitions(folder))
    before = instance.file.read_text()
    ports = choose(folder / "ports.json", ["web", "websecure"])
    site = yaml.safe_load(before)["config"]["openedx:site"]
    instance.say(
        site={**site, "tls": {"source": "secret", "secret": "wildcard"}},
        ingress={
            "kind": "gateway",
            "gateway": {"source": "own", "http_port": ports["web"], "https_port": ports["websecure"]},
            "requests": {"average": 100, "burst": 100},
            "admin": {"allow": ["192.0.2.0/24"]},
        },
    )
    _certificate(instance, folder)
    client = instance.client
    _create_class(client)
    instance.up()
    process = _start(folder, cluster, Path(toolchain.paths["traefik"]), ports)
    yield Entrance(instance, f"http://127.0.0.1:{ports['web']}", f"https://127.0.0.1:{ports['websecure']}")
    process.terminate()
    process.wait(PATIENCE)
    client.delete(GatewayClass, "traefik")
    client.delete(Secret, "wildcard")
    instance.file.write_text(before)
    instance.up()


def _create_class(client: Client) -> None:
    """Create the GatewayClass, whose kind was defined a moment ago."""
    controller = {"controllerName": "traefik.io/gateway-controller"}
    end = time.monotonic() + PATIENCE
    while True:
        try:
            client.create(GatewayClass(metadata={"name": "traefik"}, spec=controller))
        except httpx2.HTTPStatusError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def _certificate(instance: Instance, folder: Path) -> None:
    hosts = ("local.openedx.io", "*.local.openedx.io")
    pair = Authority(folder, "site").issue("server", user="site", purposes=SERVER, hosts=hosts)
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "wildcard", "namespace": instance.namespace},
        "stringData": {"tls.crt": pair.certificate.read_text(), "tls.key": pair.key.read_text()},
    }
    (secret,) = codecs.load_all_yaml(yaml.safe_dump(content))
    instance.client.create(secret)


def _start(
    folder: Path, cluster: EmbeddedCluster, binary: Path, ports: dict[str, int]
) -> subprocess.Popen[bytes]:
    who = cluster.admit("traefik-gateway", user="traefik", groups=("system:masters",))
    options = {
        "entryPoints.web.address": f":{ports['web']}",
        "entryPoints.websecure.address": f":{ports['websecure']}",
        "providers.kubernetesGateway": "true",
        "providers.kubernetesCRD": "true",
        "global.checkNewVersion": "false",
        "log.level": "INFO",
    }
    command = [str(binary), *(f"--{name}={value}" for name, value in options.items())]
    with (folder / "traefik.log").open("wb") as log:
        return subprocess.Popen(
            command, env={"KUBECONFIG": str(who), "HOME": str(folder)}, stdout=log, stderr=log
        )


def _conditions(item: Any) -> dict[str, str]:
    return {one["type"]: f"{one['status']} {one.get('message', '')}" for one in item.get("conditions", ())}


def _settled(entrance: Entrance) -> bool:
    routes = entrance.spec("HTTPRoute").values()
    return all(route.status and route.status.get("parents") for route in routes)


def test_gateway_and_routes_are_accepted(entrance: Entrance) -> None:
    end = time.monotonic() + PATIENCE
    while not _settled(entrance) and time.monotonic() < end:
        time.sleep(0.5)
    gateway = entrance.spec("Gateway")["entrance"].status
    assert _conditions(gateway)["Accepted"].startswith("True"), gateway
    listeners = {one["name"]: _conditions(one) for one in gateway["listeners"]}
    assert set(listeners) == {"http", "lms", "studio", "mfe", "meilisearch"}
    for name, conditions in listeners.items():
        assert conditions["ResolvedRefs"].startswith("True"), (name, conditions)
    for name, route in entrance.spec("HTTPRoute").items():
        for parent in route.status["parents"]:
            conditions = _conditions(parent)
            assert conditions["Accepted"].startswith("True"), (name, conditions)
            assert conditions["ResolvedRefs"].startswith("True"), (name, conditions)


def _ask(url: str, path: str, host: str = "local.openedx.io") -> httpx2.Response:
    """TLS is by name, and so is what is asked for."""
    with httpx2.Client(verify=False, trust_env=False, timeout=PATIENCE) as client:
        return client.get(
            f"{url}{path}", headers={"Host": host}, extensions={"sni_hostname": host}, follow_redirects=False
        )


def test_traefik_does_what_the_routes_say(entrance: Entrance) -> None:
    end = time.monotonic() + PATIENCE
    while (answer := _ask(entrance.plain, "/courses")).status_code == 404 and time.monotonic() < end:
        time.sleep(0.5)
    assert answer.status_code == 301
    assert answer.headers["Location"].startswith("https://local.openedx.io")
    assert _ask(entrance.encrypted, "/admin/").status_code == 403
    assert _ask(entrance.encrypted, "/admin/", "studio.local.openedx.io").status_code == 403
    # Whoever has the address of a simulated pod may answer, or nobody: what the route adds tells that it was
    # taken, as Traefik's own answer to what it has no route for lacks it.
    told = "Referrer-Policy"
    assert _ask(entrance.encrypted, "/courses").headers[told] == "strict-origin-when-cross-origin"
    assert told not in _ask(entrance.encrypted, "/courses", "elsewhere.local.openedx.io").headers
