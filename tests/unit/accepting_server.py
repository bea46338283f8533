"""What all stand-ins for an API server share: they accept connections, and a kubeconfig leads to them."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from lightkube import Client, KubeConfig

TOKEN = "token-of-anna"


class AcceptingServer(ABC):
    """Listens on a port of this machine until the end of its block, and answers each connection in a thread
    of its own."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])

    @abstractmethod
    def answer(self, connection: socket.socket) -> None:
        """Answer a connection, and close it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig whose one context, `here`, is the server."""
        return {
            "clusters": [{"name": "here", "cluster": {"server": self.url}}],
            "users": [{"name": "here", "user": {"token": TOKEN}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
            "current-context": "here",
        }

    def client(self) -> Client:
        config = KubeConfig.from_dict(self.kubeconfig)
        return Client(config=config, namespace="campus", trust_env=False)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Answer no more; twice does no harm."""
        if self._socket.fileno() >= 0:
            self._socket.shutdown(socket.SHUT_RDWR)  # only a shutdown wakes the thread that accepts
            self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()
