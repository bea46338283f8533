"""A client of the embedded cluster's API server: readiness, server-side apply, volumes."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import yaml

from tools.certificates import Pair

FIELD_MANAGER = "openedx-embedded"

ASK_SECONDS = 5.0

_COLLECTIONS = {
    "Node": "api/v1/nodes",
    "PersistentVolume": "api/v1/persistentvolumes",
    "StorageClass": "apis/storage.k8s.io/v1/storageclasses",
    "IngressClass": "apis/networking.k8s.io/v1/ingressclasses",
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}
"""Where the kinds of `manifests/cluster.yaml` live."""


class Api:
    """A connection to the API server as its administrator."""

    def __init__(self, url: str, authority: Path, client: Pair) -> None:
        context = ssl.create_default_context(cafile=str(authority))
        context.load_cert_chain(client.certificate, client.key)
        # A proxy set for the network is not for this machine's own addresses.
        self._client = httpx2.Client(base_url=url, verify=context, timeout=ASK_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ready(self) -> bool:
        """Tell whether the API server says that it is ready."""
        return self._status("readyz") == httpx2.codes.OK

    def settled(self) -> bool:
        """Tell whether controllers have done their first work and every simulated node is ready."""
        if self._status("api/v1/namespaces/default/serviceaccounts/default") != httpx2.codes.OK:
            return False
        nodes = self._client.get("api/v1/nodes").raise_for_status().json()["items"]
        simulated = [
            node for node in nodes if "kwok.x-k8s.io/node" in node["metadata"].get("annotations", {})
        ]
        return bool(simulated) and all(_is_ready(node) for node in simulated)

    def describes_custom_kinds(self) -> bool:
        """Tell whether all custom kinds that were defined can be used, and are described by OpenAPI."""
        definitions = self._client.get(_COLLECTIONS["CustomResourceDefinition"]).raise_for_status().json()
        described = self._client.get("openapi/v3").raise_for_status().json()["paths"]
        return all(
            f"apis/{item['spec']['group']}/{version['name']}" in described
            for item in definitions["items"]
            for version in item["spec"]["versions"]
        )

    def apply(self, manifests: Path) -> None:
        """Bring a file's objects to what they are there; what somebody else set in them stays."""
        for item in yaml.safe_load_all(manifests.read_text()):
            path = f"{_COLLECTIONS[item['kind']]}/{item['metadata']['name']}"
            self._client.patch(
                path,
                params={"fieldManager": FIELD_MANAGER, "force": "true"},
                content=json.dumps(item),
                headers={"content-type": "application/apply-patch+yaml"},
            ).raise_for_status()

    def volumes(self) -> list[Path]:
        """Return the folders on this machine that the cluster's volumes are."""
        items = self._client.get("api/v1/persistentvolumes").raise_for_status().json()["items"]
        return [Path(item["spec"]["hostPath"]["path"]) for item in items if "hostPath" in item["spec"]]

    def _status(self, path: str) -> int:
        try:
            return self._client.get(path).status_code
        except httpx2.TransportError:
            return 0


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
