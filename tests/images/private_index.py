"""A private XBlock, in an index of packages on this machine that wants a password."""

from __future__ import annotations

import base64
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NAME, VERSION = "private-xblock", "1.0"
REQUIREMENT = f"{NAME}=={VERSION}"
USER = "builder"
_WHEEL = f"private_xblock-{VERSION}-py3-none-any.whl"
_METADATA = f"private_xblock-{VERSION}.dist-info"


@dataclass
class PrivateIndex:
    """The index, and whether anybody was turned away or let in."""

    password: str
    port: int = 0
    answers: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, without credentials."""
        return f"http://127.0.0.1:{self.port}/simple"

    @property
    def netrc(self) -> str:
        """The line that lets somebody in."""
        return f"machine 127.0.0.1 login {USER} password {self.password}\n"


@contextmanager
def private_index(password: str) -> Iterator[PrivateIndex]:
    """Serve the index while the context lasts."""
    index = PrivateIndex(password)
    token = base64.b64encode(f"{USER}:{password}".encode()).decode()
    pages = {
        f"/simple/{NAME}/": f'<!doctype html><a href="/{_WHEEL}">{_WHEEL}</a>'.encode(),
        f"/{_WHEEL}": _wheel(),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("authorization") == f"Basic {token}"
            page = pages.get(self.path)
            code = 401 if not known else 404 if page is None else 200
            index.answers.append(code)
            self.send_response(code)
            self.send_header("content-type", "text/html" if self.path.endswith("/") else "application/zip")
            if code == 401:
                self.send_header("www-authenticate", 'Basic realm="private"')
            self.send_header("content-length", str(len(page or b"") if code == 200 else 0))
            self.end_headers()
            if code == 200 and page is not None and self.command == "GET":
                self.wfile.write(page)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield index
    server.shutdown()
    server.server_close()


def _wheel() -> bytes:
    """A package of one XBlock."""
    files = {
        "private_xblock.py": '"""A private XBlock."""\n\n\nclass Private:\n    """It."""\n',
        f"{_METADATA}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n",
        f"{_METADATA}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_METADATA}/entry_points.txt": "[xblock.v1]\nprivate = private_xblock:Private\n",
    }
    files[f"{_METADATA}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{_METADATA}/RECORD"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return packed.getvalue()
