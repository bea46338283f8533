"""The preflight names what is wrong with a search server.

Connections and encryption are real; what the four engines answer by HTTP is written here, after their
documentation.
"""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from authority import Authority, Pair
from looking import Looker
from servers import HOST, free_port

pytestmark = pytest.mark.parts

KEY, PASSWORD = "search-k3y", "s3arch pass"
BASIC = "Basic " + base64.b64encode(f"campus:{PASSWORD}".encode()).decode()

Answers = Callable[[str, str, Any], tuple[int, str]]
"""From method, path and headers to code and text."""


def meilisearch(version: str = "1.36.0", prefix: str = "dev_", health: str = "available") -> Answers:
    def answer(method: str, path: str, headers: Any) -> tuple[int, str]:
        if path == "/health":
            return 200, f'{{"status": "{health}"}}'
        if headers["Authorization"] != f"Bearer {KEY}":
            return 403, '{"code": "invalid_api_key"}'
        if path == "/version":
            return 200, f'{{"pkgVersion": "{version}"}}'
        if path.startswith("/keys"):
            return 200, '{"results": []}'
        return (404, '{"code": "index_not_found"}') if f"/{prefix}" in path else (403, "{}")

    return answer


def elasticsearch(version: str = "7.17.20", distribution: str = "", rights: bool = True) -> Answers:
    def answer(method: str, path: str, headers: Any) -> tuple[int, str]:
        if headers["Authorization"] != BASIC:
            return 401, "{}"
        if path == "/":
            more = f', "distribution": "{distribution}"' if distribution else ""
            return 200, f'{{"version": {{"number": "{version}"{more}}}}}'
        return (404 if rights else 403), "{}"

    return answer


def typesense(method: str, path: str, headers: Any) -> tuple[int, str]:
    if path == "/health":
        return 200, '{"ok": true}'
    return (200, "[]") if headers["X-TYPESENSE-API-KEY"] == KEY else (401, "{}")


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Starts servers that answer so, all stopped at the end; tells the port."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start(answers: Answers, pair: Pair | None = None) -> int:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                code, text = answers(self.command, self.path, self.headers)
                self.send_response(code)
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.certificate, pair.key)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return server.server_port

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pod(looker: Looker) -> Looker:
    looker.secrets |= {"search_api_key": KEY, "search_password": PASSWORD}
    return looker


def said(engine: str, port: int, scheme: str = "http", **more: Any) -> dict[str, Any]:
    user = {"username": "campus"} if engine in ("elasticsearch", "opensearch") else {}
    return {"source": "external", "engine": engine, "url": f"{scheme}://{HOST}:{port}", **user, **more}


@pytest.mark.parametrize(
    ("engine", "answers"),
    [
        ("meilisearch", meilisearch()),
        ("elasticsearch", elasticsearch()),
        ("opensearch", elasticsearch("2.19.1", "opensearch")),
        ("typesense", typesense),
    ],
)
def test_right_servers_are_fit_and_wrong_keys_are_not(
    serve: Callable[..., int], pod: Looker, engine: str, answers: Answers
) -> None:
    port = serve(answers)
    assert pod.look(search=said(engine, port)).demand_fit().warnings == []
    pod.secrets |= {"search_api_key": "guessed-wrongly", "search_password": "guessed-badly"}
    pod.look(search=said(engine, port)).demand_fault("openedx:datastores.search", "openedx:secrets.search_")


def test_encryption(serve: Callable[..., int], pod: Looker, authority: Authority) -> None:
    pod.trust("search", authority.certificate)
    more: dict[str, Any] = {"scheme": "https", "tls": {"ca": "campus.pem"}}
    pod.look(search=said("meilisearch", serve(meilisearch(), authority.issue()), **more)).demand_fit()
    expired = serve(meilisearch(), authority.issue(days=-1))
    pod.look(search=said("meilisearch", expired, **more)).demand_fault("has expired")
    plain = serve(meilisearch())
    pod.look(search=said("meilisearch", plain, **more)).demand_fault("does not speak TLS here")


def test_a_meilisearch_that_is_wrong(serve: Callable[..., int], pod: Looker) -> None:
    old = pod.look(search=said("meilisearch", serve(meilisearch("1.8.0")))).demand_fit()
    assert any("1.8.0 is older than 1.36" in warning for warning in old.warnings)
    narrow = said("meilisearch", serve(meilisearch(prefix="other_")))
    pod.look(search=narrow).demand_fault("may not search indexes that begin with dev_")
    pod.look(search=said("meilisearch", serve(typesense))).demand_fault("is no Meilisearch")
    del pod.secrets["search_api_key"]
    pod.secrets["meilisearch_master_key"] = KEY
    pod.look(search=said("meilisearch", serve(meilisearch()), provisioned=False)).demand_fit()
    pod.secrets["meilisearch_master_key"] = "guessed-wrongly"
    wrong = said("meilisearch", serve(meilisearch()), provisioned=False)
    pod.look(search=wrong).demand_fault("openedx:secrets.meilisearch_master_key")


def test_an_elasticsearch_that_is_wrong(serve: Callable[..., int], pod: Looker) -> None:
    old = said("elasticsearch", serve(elasticsearch("6.8.0")))
    pod.look(search=old).demand_fault("Elasticsearch 6.8.0 is too old")
    other = said("elasticsearch", serve(elasticsearch("2.19.1", "opensearch")))
    pod.look(search=other).demand_fault("search.engine: it is opensearch, not elasticsearch")
    barred = said("elasticsearch", serve(elasticsearch(rights=False)))
    pod.look(search=barred).demand_fault("search.username: campus may not search")
    pod.look(search=said("elasticsearch", free_port())).demand_fault("search.url: nobody answers")


def test_a_clock_that_is_wrong(serve: Callable[..., int], pod: Looker) -> None:
    pod.look(90, search=said("typesense", serve(typesense))).demand_fault("behind this cluster's")
