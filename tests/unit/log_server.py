"""An API server with pods, nodes and logs, by the protocol of Kubernetes; logs are queues that tests fill."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lightkube import Client, KubeConfig


@dataclass
class Log:
    """The log of a container: lines as the kubelet has them, each with its time."""

    lines: list[str] = field(default_factory=list)
    refusal: str = ""
    ended: bool = False
    """Whether a stream that follows ends after the lines that there are."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, *lines: str) -> None:
        with self.changed:
            self.lines += lines
            self.changed.notify_all()


class LogServer:
    """Answers on a port of this machine until the end of its block."""

    def __init__(self) -> None:
        self.pods: list[dict[str, Any]] = []
        self.logs: dict[tuple[str, str], Log] = {}
        self.asked: list[dict[str, str]] = []
        self.node: dict[str, Any] = {"metadata": {"name": "one"}}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path.endswith("/log"):
                    server.answer_log(self, parts.path.split("/")[-2], dict(parse_qsl(parts.query)))
                elif parts.path.endswith("/pods"):
                    self.answer(200, {"kind": "PodList", "metadata": {}, "items": server.pods})
                else:
                    self.answer(200, server.node)

            def answer(self, code: int, content: Mapping[str, Any]) -> None:
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def pod(self, name: str, component: str, *containers: str, job: str = "", waiting: bool = False) -> None:
        """Add a pod whose containers have empty logs."""
        labels = {
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/name": "edx-platform" if component[:3] in ("lms", "stu") else component,
            **({"batch.kubernetes.io/job-name": job} if job else {}),
        }
        names = containers or (component,)
        state = {"waiting": {"reason": "ContainerCreating"}} if waiting else {"running": {}}
        statuses = [
            {"name": each, "image": "x", "imageID": "", "ready": True, "restartCount": 0, "state": state}
            for each in names
        ]
        spec = {"nodeName": "one", "containers": [{"name": each} for each in names]}
        self.logs |= {(name, each): Log() for each in names}
        status = {"containerStatuses": statuses}
        self.pods.append({"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status})

    def client(self) -> Client:
        """A client of the server."""
        host, port = self._server.server_address[:2]
        config = {
            "clusters": [{"name": "here", "cluster": {"server": f"http://{host!s}:{port}"}}],
            "users": [{"name": "here", "user": {"token": "x"}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
            "current-context": "here",
        }
        return Client(config=KubeConfig.from_dict(config), namespace="campus", trust_env=False)

    def answer_log(self, handler: Any, pod: str, asked: dict[str, str]) -> None:
        """Answer as a kubelet does, by the parameters that are used here."""
        self.asked.append(asked)
        log = self.logs[pod, asked["container"]]
        if log.refusal:
            handler.answer(400, {"message": log.refusal})
            return
        handler.send_response(200)
        handler.end_headers()
        lines = [line for line in log.lines if line >= asked.get("sinceTime", "")]
        tail = asked.get("tailLines")
        lines = lines[len(lines) - int(tail) :] if tail is not None else lines
        sent = len(log.lines)
        handler.wfile.write("".join(f"{line}\n" for line in lines).encode())
        while asked.get("follow") and not log.ended:
            with log.changed:
                while len(log.lines) == sent and not log.ended:
                    log.changed.wait()
                fresh, sent = log.lines[sent:], len(log.lines)
            handler.wfile.write("".join(f"{line}\n" for line in fresh).encode())
            handler.wfile.flush()

    def __enter__(self) -> LogServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
