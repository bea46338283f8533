"""Writes the custom resource definitions of the embedded cluster, with their publishers' schemas.

`python -m tools.definitions` writes `manifests/definitions.yaml` anew from the publishers' Go modules,
without the descriptions, which are most of them. The cluster then refuses what a real one would."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.control_plane import MANIFESTS

TARGET = MANIFESTS / "definitions.yaml"

SOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    "github.com/cert-manager/cert-manager@v1.21.2": {
        "deploy/crds/cert-manager.io_{}.yaml": ("issuers", "certificates"),
    },
    "sigs.k8s.io/gateway-api@v1.5.1": {
        "config/crd/standard/gateway.networking.k8s.io_{}.yaml": ("gateways", "httproutes"),
    },
    "github.com/traefik/traefik/v3@v3.7.13": {
        "docs/content/reference/dynamic-configuration/traefik.io_{}.yaml": ("middlewares", "traefikservices"),
    },
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": {
        "example/prometheus-operator-crd/monitoring.coreos.com_{}.yaml": (
            "servicemonitors",
            "prometheusrules",
        ),
    },
}
"""Modules by version, paths in them, and kinds. All are under the Apache License 2.0, but Traefik,
which is under the MIT License."""

_HEAD = """\
# Kinds of cert-manager, the Gateway API (standard channel), Traefik and the Prometheus Operator, by their own
# schemas without descriptions.
# Written by `python -m tools.definitions` from {sources}.
"""


def write() -> None:
    """Write the file anew. Modules that are not in Go's cache are fetched."""
    definitions = [_slim(document) for document in _documents()]
    head = _HEAD.format(sources=", ".join(SOURCES))
    # JSON is YAML, and a line for each kind keeps the file small.
    TARGET.write_text(
        head + "".join(f"---\n{json.dumps(one, separators=(',', ':'))}\n" for one in definitions)
    )


def _documents() -> list[dict[str, Any]]:
    documents = []
    for module, paths in SOURCES.items():
        folder = _folder(module)
        for path, kinds in paths.items():
            documents += [yaml.safe_load((folder / path.format(kind)).read_text()) for kind in kinds]
    return documents


def _folder(module: str) -> Path:
    with tempfile.TemporaryDirectory() as empty:
        command = ["go", "mod", "download", "-json", module]
        output = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=True).stdout
    return Path(json.loads(output)["Dir"])


def _slim(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition with the newest version alone, and without texts."""
    spec = definition["spec"]
    stored = [version for version in spec["versions"] if version["storage"]]
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": {
            "name": definition["metadata"]["name"],
            # Groups of *.k8s.io are only defined with a word of whoever approved them.
            "annotations": {
                key: value
                for key, value in definition["metadata"].get("annotations", {}).items()
                if key.startswith("api-approved.kubernetes.io")
            },
        },
        "spec": {**spec, "versions": [_without_texts(version) for version in stored]},
    }


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_texts(inner)
            for key, inner in value.items()
            if not (key == "description" and isinstance(inner, str))
        }
    return [_without_texts(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    write()
