"""A cluster that is merely current in the user's kubeconfig, which nobody may ask."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from tools.control_plane import CONTEXT

CONTEXTS = ("production", CONTEXT)
"""Its contexts: the current one, and one that is called as the embedded cluster's."""


class Stranger:
    """Listens where a kubeconfig says that a cluster is, and remembers who came."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        kubeconfig.write_text(yaml.safe_dump(_kubeconfig(self._socket.getsockname()[1])))

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()


def _kubeconfig(port: int) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXTS[0],
        "clusters": [
            {
                "name": "theirs",
                "cluster": {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True},
            }
        ],
        "users": [{"name": "theirs", "user": {"token": "theirs"}}],
        "contexts": [{"name": name, "context": {"cluster": "theirs", "user": "theirs"}} for name in CONTEXTS],
    }
