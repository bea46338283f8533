"""Traefik before small servers, told what the objects of an instance tell it."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from tools.ports import choose

PATIENCE = 30.0
"""Seconds until Traefik must be ready: it takes one."""
STICKY = "traefik.ingress.kubernetes.io/service.sticky.cookie"
MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"


@dataclass
class Pod:
    """A server that remembers what it was asked, and says its name. It answers /slowly in two halves."""

    name: str
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Those of the last request."""
    go_on: threading.Event = field(default_factory=threading.Event)
    """Set it to let the second half of a slow answer go."""

    def __post_init__(self) -> None:
        pod = self

        class Handler(BaseHTTPRequestHandler):
            server_version = "Secretive/1.0"

            def do_GET(self) -> None:
                pod.asked.append(self.path)
                pod.headers = dict(self.headers.items())
                slowly = self.path == "/slowly"
                parts = [b"first", b"second"] if slowly else [pod.name.encode()]
                self.send_response(200)
                self.send_header("Content-Length", str(sum(map(len, parts))))
                self.end_headers()
                for index, part in enumerate(parts):
                    if index:
                        pod.go_on.wait(PATIENCE)
                    self.wfile.write(part)
                    self.wfile.flush()

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()


class Traefik:
    """A process that reads a file, in which stands what Ingresses, Middlewares and Services say."""

    def __init__(
        self,
        folder: Path,
        binary: Path,
        objects: Sequence[Mapping[str, Any]],
        behind: Mapping[str, Sequence[str]],
        trusted: Sequence[str] = (),
    ) -> None:
        """`behind` are addresses of the pods of each Service; `trusted` proxies may name the visitor."""
        folder.mkdir()
        ports = choose(folder / "ports.json", ["web", "websecure", "ping"])
        self.plain, self.encrypted = (f"127.0.0.1:{ports[name]}" for name in ("web", "websecure"))
        (folder / "dynamic.yml").write_text(json.dumps({"http": dynamic(objects, behind)}))
        entries = ["web", "websecure"] if trusted else []
        options = {
            "entryPoints.web.address": self.plain,
            "entryPoints.websecure.address": self.encrypted,
            "entryPoints.websecure.http.tls": "true",
            "entryPoints.ping.address": f"127.0.0.1:{ports['ping']}",
            "ping.entryPoint": "ping",
            "providers.file.filename": folder / "dynamic.yml",
            "global.checkNewVersion": "false",
            **{f"entryPoints.{name}.forwardedHeaders.trustedIPs": ",".join(trusted) for name in entries},
        }
        self.log = folder / "log"
        command = [str(binary), *(f"--{name}={value}" for name, value in options.items())]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        host = next(obj["spec"]["rules"][0]["host"] for obj in objects if obj["kind"] == "Ingress")
        self._wait(f"http://127.0.0.1:{ports['ping']}/ping", {})
        self._wait(f"http://{self.plain}/", {"Host": host})

    def visitor(self, *, tls: bool = True) -> httpx2.Client:
        """A browser, which keeps cookies; its Host says where it goes."""
        url = f"https://{self.encrypted}" if tls else f"http://{self.plain}"
        return httpx2.Client(base_url=url, verify=False, trust_env=False, timeout=PATIENCE)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _wait(self, url: str, headers: Mapping[str, str]) -> None:
        """Until there is an answer other than 404, by which it says that it has not read its file yet."""
        end = time.monotonic() + PATIENCE
        while True:
            assert self._process.poll() is None and time.monotonic() < end, self.log.read_text()[-2000:]
            with suppress(httpx2.TransportError):
                if httpx2.get(url, headers=headers, trust_env=False).status_code != httpx2.codes.NOT_FOUND:
                    return
            time.sleep(0.1)


def dynamic(objects: Sequence[Mapping[str, Any]], behind: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What Traefik's provider for Ingresses makes of objects, as its file says it.

    As that provider does by default, it takes a path for whatever begins with it.
    """
    of_kind: dict[str, list[Mapping[str, Any]]] = {}
    for obj in objects:
        of_kind.setdefault(obj["kind"], []).append(obj)
    routers = {}
    for ingress in of_kind["Ingress"]:
        annotations = ingress["metadata"]["annotations"]
        for rule in ingress["spec"]["rules"]:
            for index, path in enumerate(rule["http"]["paths"]):
                routers[f"{ingress['metadata']['name']}-{index}"] = {
                    "rule": f"Host(`{rule['host']}`) && PathPrefix(`{path['path']}`)",
                    "service": path["backend"]["service"]["name"],
                    "middlewares": [
                        name.removesuffix("@kubernetescrd").removeprefix(
                            f"{ingress['metadata']['namespace']}-"
                        )
                        for name in annotations[MIDDLEWARES].split(",")
                    ],
                }
    return {
        "routers": routers,
        "middlewares": {one["metadata"]["name"]: one["spec"] for one in of_kind["Middleware"]},
        "services": {
            one["metadata"]["name"]: {"loadBalancer": _balancer(one, behind)}
            for one in of_kind["Service"]
            if one["metadata"]["name"] in {router["service"] for router in routers.values()}
        },
    }


def _balancer(service: Mapping[str, Any], behind: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    said = service["metadata"]["annotations"]
    found: dict[str, Any] = {"servers": [{"url": url} for url in behind[service["metadata"]["name"]]]}
    if said.get(STICKY) == "true":
        cookie = {
            "name": said[f"{STICKY}.name"],
            "httpOnly": said[f"{STICKY}.httponly"] == "true",
            "secure": said[f"{STICKY}.secure"] == "true",
            "sameSite": said[f"{STICKY}.samesite"],
        }
        found["sticky"] = {"cookie": cookie}
    return found
