"""Real Caddy serves what the scripts made, and pods check all that others hand them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from balancer import balancing
from servers import free_port
from static_pods import StaticPod, hashed, image
from visitors import ask

pytestmark = pytest.mark.parts

SCRIPT, STYLE = b"console.log('whole')\n" * 100, b"body { color: black }\n" * 100
FILES = {"js/app.js": SCRIPT, "studio/css/main.css": STYLE, "fonts/Sans.woff2": b"a font"}
WEBPACK = "bundles/commons.0b3f1c2d4e5f6a7b8c9d.js"


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[StaticPod]]:
    """Two pods of one image, filled at different times, from copies of different age."""
    found = []
    for number in range(2):
        folder = tmp_path_factory.mktemp("pod")
        source = image(tmp_path_factory.mktemp("image") / str(number), {**FILES})
        (source / WEBPACK).parent.mkdir()
        (source / WEBPACK).write_bytes(SCRIPT)
        found.append(StaticPod(folder, image=source))
        assert found[-1].fill(free_port()) == 0
        found[-1].start()
    yield found
    for pod in found:
        pod.stop()


@pytest.mark.parametrize("path", [hashed("js/app.js", SCRIPT), WEBPACK])
def test_what_has_a_hash_in_its_name_is_kept_for_a_year(pods: list[StaticPod], path: str) -> None:
    status, body, headers = ask(pods[0].port, "GET", f"/static/{path}")
    assert (status, body, headers["cache-control"]) == (200, SCRIPT, "public, max-age=31536000, immutable")


def test_everything_else_is_asked_for_anew_and_comes_again_only_when_it_changed(
    pods: list[StaticPod],
) -> None:
    status, _, headers = ask(pods[0].port, "GET", "/static/studio/css/main.css")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert "last-modified" not in headers
    again = ask(pods[1].port, "GET", "/static/studio/css/main.css", If_None_Match=headers["etag"])
    assert again[0] == 304, "another pod knows it by the same ETag"
    other = ask(pods[1].port, "GET", "/static/js/app.js")[2]["etag"]
    assert other != headers["etag"]


def test_pages_of_other_hosts_may_use_fonts(pods: list[StaticPod]) -> None:
    _, _, headers = ask(pods[0].port, "GET", "/static/fonts/Sans.woff2", Origin="https://apps.example.org")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff" and "server" not in headers


def test_texts_are_compressed(pods: list[StaticPod]) -> None:
    _, body, headers = ask(pods[0].port, "GET", "/static/js/app.js", Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip" and gzip.decompress(body) == SCRIPT
    assert headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        f"/static/{hashed('js/gone.js', SCRIPT)}",
        "/static/gone.js",
        "/static/",
        "/static/js/",
        "/static/../versions.json",
        "/static/..%2f..%2fversions.json",
        "/static/%2e%2e/%2e%2e/contents/",
        "/versions.json",
        "/_peers/",
        "/_peers/contents/",
        "/_peers/served/static/js/app.js",
        "/",
    ],
)
def test_what_is_not_there_is_not_there_for_a_year(pods: list[StaticPod], path: str) -> None:
    status, _, headers = ask(pods[0].port, "GET", path)
    assert (status, headers["cache-control"]) == (404, "no-store")


def test_the_server_says_that_it_is_well(pods: list[StaticPod]) -> None:
    assert ask(pods[0].port, "GET", "/_health")[0] == 200


GOOD = b"as it should be"
NAME, CONTENT = "f" * 64, sha256(GOOD).hexdigest()


def _list(files: dict[str, str], sizes: dict[str, Any] | None = None, name: str = NAME) -> bytes:
    said = {"versions": [{"name": name, "files": files}], "sizes": {CONTENT: len(GOOD), **(sizes or {})}}
    return json.dumps(said).encode()


@pytest.fixture
def liar() -> Iterator[Callable[[bytes, bytes], int]]:
    """Starts a peer that gives this list, and this as every content; its port."""
    servers = []

    def start(text: bytes, content: bytes) -> int:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = text if self.path.endswith("versions.json") else content
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return int(servers[-1].server_address[1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "text",
    [
        b"<html>not found</html>",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"versions": [{}], "sizes": {}}',
        b'{"versions": 3, "sizes": {}}',
        b"[" * 100_000,
        _list({"../../../tmp/escaped": CONTENT}),
        _list({"/etc/escaped": CONTENT}),
        _list({"a//b": CONTENT}),
        _list({"a/./b": CONTENT}),
        _list({"": CONTENT}),
        _list({"a\0b": CONTENT}),
        _list({"new.js": "../versions.json"}),
        _list({"new.js": "0" * 64}),
        _list({"new.js": CONTENT}, name="../x"),
        _list({"new.js": CONTENT}, {"1" * 64: -5}),
        _list({"new.js": CONTENT}, {"1" * 64: "many"}),
        _list({"new.js": CONTENT}, {"1" * 64: True}),
    ],
)
def test_a_list_that_can_not_be_true_changes_nothing(
    liar: Callable[[bytes, bytes], int], tmp_path: Path, text: bytes
) -> None:
    pod = StaticPod(tmp_path / "pod", image=image(tmp_path / "image", FILES))
    assert pod.fill(liar(text, GOOD)) == 0, pod.said
    assert "asking other pods: Unbelievable" in pod.said and "Traceback" not in pod.said
    assert len(pod.served()) == 2 * len(FILES)
    assert {path.name for path in tmp_path.iterdir()} == {"pod", "image"}


@pytest.mark.parametrize("content", [b"", b"something else!", GOOD[:-1], GOOD + b"more" * 10**6])
def test_a_content_that_is_another_is_not_kept(
    liar: Callable[[bytes, bytes], int], tmp_path: Path, content: bytes
) -> None:
    pod = StaticPod(tmp_path / "pod", image=image(tmp_path / "image", FILES))
    assert pod.fill(liar(_list({"new.js": CONTENT}), content), patience=1) == 0, pod.said
    assert "new.js" not in pod.served() and "0 of 1 files" in pod.said
    assert CONTENT not in {path.name for path in (pod.volume / "contents").iterdir()}


def test_a_path_in_the_way_of_a_newer_version_gives_way(
    liar: Callable[[bytes, bytes], int], tmp_path: Path
) -> None:
    listed = _list({"js": CONTENT, "js/app.js/deeper.js": CONTENT, "n" * 300: CONTENT, "new.js": CONTENT})
    pod = StaticPod(tmp_path / "pod", image=image(tmp_path / "image", FILES))
    assert pod.fill(liar(listed, GOOD)) == 0, pod.said
    assert "1 of 4 files" in pod.said and (pod.volume / "served/static/new.js").read_bytes() == GOOD
    assert (pod.volume / "served/static/js/app.js").read_bytes() == SCRIPT


def test_peers_that_say_nothing_are_not_waited_for_long(tmp_path: Path) -> None:
    with balancing() as nobody:  # takes connections, and resets them
        pod = StaticPod(tmp_path / "pod", image=image(tmp_path / "image", FILES))
        assert pod.fill(nobody.port) == 0
    assert len(pod.served()) == 2 * len(FILES) and nobody.refused == 3
