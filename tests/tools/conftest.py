"""A tool of our own, a server of releases on this machine, and a `go` that is a shell script."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.model import Accept, GoBuild, Release, Tool


@dataclass
class Releases:
    """A web server: what it answers to each path, what it was asked, and how much of a file it sends."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self, name: str, content: bytes) -> None:
        """Serve a file, and its right checksum beside it."""
        self.files[f"/{name}"] = content
        self.files["/SHA256SUMS"] = f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


@pytest.fixture
def releases() -> Iterator[Releases]:
    state = Releases()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            content = state.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("content-length", str(len(content or b"")))
            self.end_headers()
            cut = None if self.path.endswith("SUMS") else state.cut
            self.wfile.write((content or b"")[:cut])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def archive(**members: bytes) -> bytes:
    """Return a tar.gz whose members lie in a folder, as releases have them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(f"release/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def packed() -> Callable[..., bytes]:
    return archive


@pytest.fixture
def tool(releases: Releases, tmp_path: Path) -> Tool:
    """A tool of one binary, released by the local server, built from a module in a temporary folder."""
    modules = tmp_path / "modules"
    (modules / "spade").mkdir(parents=True)
    (modules / "spade" / "go.mod").write_text("module spade\n")
    return Tool(
        name="spade",
        version="1.2.3",
        binaries=("spade",),
        accept=Accept(command=("--version",), minimum=(1, 2, 0)),
        release=Release(url=f"{releases.url}/spade-{{os}}.tar.gz", checksums=f"{releases.url}/SHA256SUMS"),
        steps=(GoBuild(folder="spade", package="example.org/spade", binary="spade"),),
        seconds=1,
        modules=modules,
    )


@pytest.fixture
def script() -> Callable[[Path, str], Path]:
    """Write an executable shell script."""

    def write(path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test's cache and state to itself, and its PATH empty but for the system's."""
    monkeypatch.setenv("OPENEDX_INFRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


@pytest.fixture
def go(
    script: Callable[[Path, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Put a `go` first on PATH whose `build` does what is given, with the binary's path in $OUT."""

    def install(build: str) -> Path:
        body = f"""
            echo "$@" >> {tmp_path}/go.calls
            if [ "$1" = version ]; then echo "go version go1.26.1 linux/amd64"; exit 0; fi
            while [ "$1" != -o ]; do shift; done
            OUT=$2
            {build}
        """
        path = script(tmp_path / "gobin" / "go", body)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
        return tmp_path / "go.calls"

    return install
