"""search_provision.py makes the key that the settings expect. Its server derives keys as Meilisearch."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openedx_infra import scripts
from openedx_infra.settings.keys import SEARCH_KEY_UID, search_api_key

MASTER = "master-key-1"


class Meilisearch(http.server.ThreadingHTTPServer):
    """Keys of a server, and what it was asked."""

    def __init__(self, algorithm: str = "sha256") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.algorithm = algorithm
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Meilisearch

    def answer(self, status: int, body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle_all(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "null")
        uid = self.path.removeprefix("/keys/")
        if self.path == "/health":
            self.answer(200, {"status": "available"})
        elif self.headers["authorization"] != f"Bearer {MASTER}":
            self.answer(403, {"code": "invalid_api_key"})
        elif self.command == "POST" and body["uid"] in self.server.keys:
            self.answer(409, {"code": "api_key_already_exists"})
        elif self.command == "POST":
            value = hmac.new(MASTER.encode(), body["uid"].encode(), self.server.algorithm).hexdigest()
            self.server.keys[body["uid"]] = {**body, "key": value}
            self.answer(201, self.server.keys[body["uid"]])
        elif uid not in self.server.keys:
            self.answer(404, {"code": "api_key_not_found"})
        elif self.command == "DELETE":
            del self.server.keys[uid]
            self.answer(204)
        else:
            self.answer(200, self.server.keys[uid])

    do_GET = do_POST = do_DELETE = handle_all

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Meilisearch]:
    made = Meilisearch()
    yield made
    made.shutdown()
    made.server_close()


def run(url: str, folder: Path, master: str = MASTER) -> subprocess.CompletedProcess[str]:
    script = folder / "search_provision.py"
    script.write_text(scripts.text("search_provision.py"), encoding="utf-8")
    (folder / "meilisearch_master_key").write_text(master + "\n", encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "MEILISEARCH_URL": url,
        "INDEX_PREFIX": "dev_",
        "KEY_UID": SEARCH_KEY_UID,
        "SECRETS_DIR": str(folder),
        "PAUSE_SECONDS": "0",
    }
    # -I: the standard library and nothing else, as the script promises.
    return subprocess.run(
        [sys.executable, "-I", str(script)], env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_key_of_the_settings_is_made(server: Meilisearch, tmp_path: Path) -> None:
    done = run(server.url, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    made = server.keys[SEARCH_KEY_UID]
    assert made["key"] == search_api_key(MASTER)
    assert (made["indexes"], made["actions"], made["expiresAt"]) == (["dev_*"], ["*"], None)
    assert made["key"] not in done.stdout and MASTER not in done.stdout


def test_a_second_run_only_looks(server: Meilisearch, tmp_path: Path) -> None:
    run(server.url, tmp_path)
    server.asked.clear()
    assert run(server.url, tmp_path).returncode == 0
    assert server.asked == ["GET /health", f"GET /keys/{SEARCH_KEY_UID}"]


def test_a_key_with_other_rights_is_made_anew(server: Meilisearch, tmp_path: Path) -> None:
    run(server.url, tmp_path)
    server.keys[SEARCH_KEY_UID]["indexes"] = ["*"]
    assert run(server.url, tmp_path).returncode == 0
    assert server.keys[SEARCH_KEY_UID]["indexes"] == ["dev_*"]


def test_a_wrong_master_key_is_said(server: Meilisearch, tmp_path: Path) -> None:
    done = run(server.url, tmp_path, master="other")
    assert done.returncode == 1
    assert "refuses meilisearch_master_key" in done.stdout and "Traceback" not in done.stderr


def test_another_derivation_is_noticed(tmp_path: Path) -> None:
    other = Meilisearch(algorithm="sha512")
    done = run(other.url, tmp_path)
    other.shutdown()
    other.server_close()
    assert done.returncode == 1 and "derives keys in another way" in done.stdout


def test_a_server_that_never_answers_is_an_error(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:9", tmp_path)
    assert done.returncode == 1 and "no server answers" in done.stdout


def test_the_stand_in_knows_the_algorithm() -> None:
    assert hmac.new(b"a", b"b", hashlib.sha256).hexdigest() == search_api_key("a", "b")
