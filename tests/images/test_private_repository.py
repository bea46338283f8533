"""A private repository is cloned from a Git host with a token that is in no layer."""

from __future__ import annotations

import base64
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from building import Buildx
from repositories import BRANCH, GitHost

from openedx_infra.images import explain

pytestmark = pytest.mark.images

TOKEN = "git-token-7d20aa"
DOCKERFILE = """\
FROM scratch AS edx-platform
ARG REPOSITORY
ARG REF
ADD ${REPOSITORY}#${REF} /
FROM scratch
COPY --from=edx-platform / /
"""


@pytest.fixture
def host(git: GitHost) -> Iterator[str]:
    """The same repositories by HTTP, for those who have the token; its address without scheme."""
    expected = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("authorization", "").lower() != expected.lower():
                self.send_response(401)
                self.send_header("www-authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            size = int(self.headers.get("content-length", 0))
            variables = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(git.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("content-type", ""),
                "CONTENT_LENGTH": str(size),
            }
            answer = subprocess.run(
                ["git", "http-backend"],
                input=self.rfile.read(size),
                env=variables,
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
            head, _, body = answer.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def private(host: str, tmp_path: Path) -> dict[str, str]:
    """How it is said what to clone."""
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return {"REPOSITORY": f"http://{host}/openedx/openedx-platform.git", "REF": BRANCH}


def test_a_token_lets_the_builder_in_and_stays_outside(
    buildx: Buildx, host: str, private: dict[str, str], tmp_path: Path
) -> None:
    token, tag = tmp_path / "token", f"{buildx.registry}/source:private"
    token.write_text(TOKEN)
    buildx.build(tmp_path, tag=tag, arguments=private, secrets={f"GIT_AUTH_TOKEN.{host}": token})
    assert (buildx.unpack(tag, tmp_path / "root") / "manage.py").is_file()
    assert not [layer for layer in buildx.layers(tag) if TOKEN.encode() in layer]
    assert TOKEN not in str(buildx.configuration(tag))


def test_without_it_the_message_says_what_is_needed(
    buildx: Buildx, private: dict[str, str], tmp_path: Path
) -> None:
    found = explain("openedx", buildx.attempt(tmp_path, arguments=private).output)
    assert found is not None and found.stage == "edx-platform"
    assert found.reason.text == f"there is no repository {private['REPOSITORY']}, or it needs credentials"
