"""A cluster with servers and their volumes, as much of it as snapshots ask for: folders are its volumes."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exec_server import ExecServer
from lightkube import codecs
from lightkube.models.core_v1 import PodStatus

from openedx_infra.operations.pods.container import RunningContainer


def _spec(image: str, claims: Mapping[str, str], secret: str | None = None) -> dict[str, Any]:
    volumes: list[dict[str, Any]] = [
        {"name": name, "persistentVolumeClaim": {"claimName": claim}} for name, claim in claims.items()
    ]
    if secret:
        volumes.append({"name": "login", "projected": {"sources": [{"secret": {"name": secret}}]}})
    return {"containers": [{"name": "server", "image": image}], "volumes": volumes}


class DevelopmentCluster:
    """Stands for a client of lightkube. What was done is in `log`, and `folder` has the volumes."""

    namespace = "openedx-dev"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: list[str] = []
        self.jobs = {"lms-migrate": [], "duty-1": [{"kind": "CronJob"}]}
        self.images = {"mysql": "mysql:8.4", "mongodb": "mongo:7", "cache": "valkey:8"}
        self.claims = {"mysql": "mysql", "mongodb": "mongodb", "cache": None}
        self.password = "first"
        self.replicas = dict.fromkeys(self.images, 1)
        self.pods: dict[str, Any] = {}
        for claim in ("mysql", "mongodb", "media"):
            (folder / "volumes" / claim).mkdir(parents=True)
        (folder / "snapshots").mkdir()

    def server(self) -> ExecServer:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return ExecServer(folder=self.folder, environment={"PATH": path})

    def _object(self, kind: str, name: str, spec: dict[str, Any], **status: Any) -> Any:
        template = {"metadata": {}, "spec": spec}
        whole = {
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {"name": name, "generation": 1},
            "spec": {"template": template, "selector": {}, "serviceName": name},
            "status": {"observedGeneration": 1, "replicas": 1, **status},
        }
        return codecs.from_dict(whole)

    def _set(self, name: str) -> Any:
        claim = self.claims[name]
        spec = _spec(self.images[name], {"data": claim} if claim else {}, f"{name}-login")
        return self._object("StatefulSet", name, spec, readyReplicas=self.replicas[name])

    def list(self, kind: Any, labels: Any = None) -> Iterator[Any]:
        if kind.__name__ == "StatefulSet":
            yield from (self._set(name) for name in self.images)
        elif kind.__name__ == "Deployment":
            yield self._object("Deployment", "lms", _spec("platform:1", {"media": "media"}))
        elif kind.__name__ == "Job":
            for name, owners in self.jobs.items():
                refs = [{**each, "name": "c", "uid": "u", "apiVersion": "batch/v1"} for each in owners]
                job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
                job["metadata"]["ownerReferences"] = refs
                yield codecs.from_dict(job)

    def get(self, kind: Any, name: str) -> Any:
        if kind.__name__ == "StatefulSet":
            return self._set(name)
        if kind.__name__ == "Deployment":
            return self._object("Deployment", "lms", _spec("platform:1", {"media": "media"}))
        if kind.__name__ == "Secret":
            data = {"password": base64.b64encode(f"{name}{self.password}".encode()).decode()}
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
            return codecs.from_dict(secret)
        return self.pods[name]

    def create(self, pod: Any) -> None:
        self.log.append(f"create {pod.metadata.name}")
        pod.status = PodStatus(phase="Running")
        self.pods[pod.metadata.name] = pod

    def patch(self, _kind: Any, name: str, change: Any) -> None:
        self.replicas[name] = change["spec"]["replicas"]
        self.log.append(f"scale {name} {self.replicas[name]}")

    def delete(self, _kind: Any, name: str, **_: Any) -> None:
        self.log.append(f"delete {name}")
        self.pods.pop(name, None)
        self.jobs.pop(name, None)


def container(server: ExecServer) -> Any:
    """Makes the container of a pod, whose processes run on this machine."""
    return lambda **_: RunningContainer(client=server.client(), pod="dev-volumes", name="dev-volumes")
