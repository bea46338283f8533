#!/usr/bin/env python3
"""A stand-in for Meilisearch: it is there, derives keys as the real one does, and finds nothing.

As the real one, it opens no database of another version.
"""

import hashlib
import hmac
import json
import sys
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = "1.36.0"
if "--version" in sys.argv:
    print(f"meilisearch {VERSION}")
    sys.exit()
CONFIG = tomllib.loads(Path(sys.argv[sys.argv.index("--config-file-path") + 1]).read_text())
MASTER = CONFIG["master_key"]
DATABASE = Path(sys.argv[sys.argv.index("--db-path") + 1])
KEYS = DATABASE / "keys.json"
if (DATABASE / "VERSION").exists() and (DATABASE / "VERSION").read_text() != VERSION:
    sys.exit("the database is of another version of Meilisearch")
DATABASE.mkdir(exist_ok=True)
(DATABASE / "VERSION").write_text(VERSION)


def keys():
    """The keys by their ids."""
    return json.loads(KEYS.read_text()) if KEYS.exists() else {}


class Server(BaseHTTPRequestHandler):
    """Answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Health, a key, or an empty list."""
        if self.path == "/health":
            return self.say(200, {"status": "available"})
        if not self.known():
            return self.say(403, {"code": "invalid_api_key"})
        if self.path.startswith("/keys/"):
            found = keys().get(self.path.removeprefix("/keys/"))
            return self.say(200, found) if found else self.say(404, {"code": "api_key_not_found"})
        return self.say(200, {"results": [], "total": 0})

    def do_POST(self):
        """A new key."""
        said = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if not self.known():
            return self.say(403, {"code": "invalid_api_key"})
        if self.path == "/keys":
            made = {**said, "key": derived(said["uid"])}
            KEYS.write_text(json.dumps(keys() | {said["uid"]: made}))
            return self.say(201, made)
        return self.say(200, {"hits": [], "results": []})

    def do_DELETE(self):
        """A key goes."""
        left = keys()
        left.pop(self.path.removeprefix("/keys/"), None)
        KEYS.write_text(json.dumps(left))
        self.say(204, None)

    def known(self):
        """Whether who asks has a key."""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return key == MASTER or key in {each["key"] for each in keys().values()}

    def say(self, status, content):
        """Answer."""
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        """Nothing is logged."""


def derived(uid):
    """A key's value."""
    return hmac.new(MASTER.encode(), uid.encode(), hashlib.sha256).hexdigest()


host, _, port = CONFIG["http_addr"].partition(":")
ThreadingHTTPServer((host, int(port)), Server).serve_forever()
