"""Traefik refuses, adds and remembers what an instance's objects say. The real one, before small
servers."""

from __future__ import annotations

import posixpath
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from testing_tools import ensure_for_tests
from traefik import Pod, Traefik

from openedx_infra.operations.offline.recording import Graph

pytestmark = pytest.mark.parts

LMS, STUDIO = "learn.example.org", "studio.learn.example.org"
ADMINISTRATOR, STRANGER = "192.0.2.7", "198.51.100.7"
SAID: dict[str, Any] = {
    "site": {
        "lms_host": LMS,
        "tls": {"source": "cert-manager", "issuer": {"source": "self-signed"}},
    },
    "ingress": {
        "proxies_in_front": 1,
        "requests": {"average": 1000, "burst": 1000},
        "logins": {"average": 1, "per": "minute", "burst": 4},
        "admin": {"allow": ["192.0.2.0/24"]},
    },
}
TRICKS = (
    "/admin",
    "/admin/",
    "/admin/auth/user/",
    "//admin/",
    "/%61dmin/",
    "/%2561dmin/",
    "/./admin/",
    "/x/../admin/",
    "/x/%2e%2e/admin/",
    "/admin;a=b/",
    "/admin%2Fauth/",
    "/%2Fadmin/",
    "/admin/../admin/",
)
"""Ways to write the path of the administration that Django or something before it might take for it."""


@pytest.fixture(scope="module")
def pods() -> Iterator[dict[str, list[Pod]]]:
    found = {name: [Pod(f"{name}-0"), Pod(f"{name}-1"), Pod(f"{name}-2")] for name in ("lms", "studio")}
    found |= {name: [Pod(name)] for name in ("mfe", "static", "meilisearch")}
    yield found
    for pod in (pod for group in found.values() for pod in group):
        pod.stop()


Entrance = Callable[[dict[str, Any]], Traefik]


@pytest.fixture(scope="module")
def entrance(
    recorded: Callable[..., Graph], pods: dict[str, list[Pod]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Entrance]:
    """Starts Traefik as the entrance of a stack, behind a proxy on this machine."""
    binary = ensure_for_tests(("traefik",)).paths["traefik"]
    behind = {name: [pod.url for pod in group] for name, group in pods.items()}
    running: list[Traefik] = []

    def start(sections: dict[str, Any]) -> Traefik:
        folder = tmp_path_factory.mktemp("traefik") / "run"
        objects = recorded(sections).objects()
        running.append(Traefik(folder, Path(binary), objects, behind, trusted=["127.0.0.1/32"]))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture(scope="module")
def traefik(entrance: Entrance) -> Traefik:
    return entrance(SAID)


@pytest.fixture(scope="module")
def behind_tls(entrance: Entrance) -> Traefik:
    """Where a proxy in front of the cluster ends TLS."""
    return entrance({**SAID, "site": {"lms_host": LMS, "tls": {"source": "upstream"}}})


def _ask(traefik: Traefik, path: str, host: str = LMS, visitor: str = STRANGER, method: str = "GET") -> Any:
    with traefik.visitor() as browser:
        return browser.request(method, path, headers={"Host": host, "X-Forwarded-For": visitor})


def _raw(traefik: Traefik, path: str, visitor: str) -> int:
    """The status of a request whose path nobody tidies up before it is sent."""
    host, port = traefik.encrypted.split(":")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, int(port)), 10) as plain, context.wrap_socket(plain) as wire:
        lines = [f"GET {path} HTTP/1.1", f"Host: {LMS}", f"X-Forwarded-For: {visitor}", "Connection: close"]
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(wire.makefile("rb").readline().split()[1])


def test_plain_requests_are_sent_on_to_tls(traefik: Traefik) -> None:
    with traefik.visitor(tls=False) as browser:
        answer = browser.get("/courses?page=2", headers={"Host": LMS})
    assert answer.status_code == 301
    assert answer.headers["Location"].startswith(f"https://{LMS}")
    assert answer.headers["Location"].endswith("/courses?page=2")


@pytest.mark.parametrize(("path", "status"), [("/courses", 200), ("/admin/", 403)], ids=["answer", "refusal"])
def test_browsers_are_told_what_they_should_know(traefik: Traefik, path: str, status: int) -> None:
    answer = _ask(traefik, path)
    assert answer.status_code == status
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert "Server" not in answer.headers


def test_administrators_get_in(traefik: Traefik) -> None:
    for host in (LMS, STUDIO):
        assert _ask(traefik, "/admin/", host, ADMINISTRATOR).status_code == 200
        assert _ask(traefik, "/admin/", host, STRANGER).status_code == 403


def test_nobody_says_himself_who_he_is(traefik: Traefik) -> None:
    """The proxy in front adds the address that it sees; what a visitor wrote stands before it."""
    assert _ask(traefik, "/admin/", LMS, f"{ADMINISTRATOR}, {STRANGER}").status_code == 403
    assert _ask(traefik, "/admin/", LMS, f"{STRANGER}, {ADMINISTRATOR}").status_code == 200


@pytest.mark.parametrize("path", TRICKS)
def test_no_way_of_writing_gets_around_it(traefik: Traefik, pods: dict[str, list[Pod]], path: str) -> None:
    """A request may pass that Django takes for another page: what must not pass is its administration."""
    for pod in pods["lms"]:
        pod.asked.clear()
    assert _raw(traefik, path, STRANGER) != 200 or not path.startswith("/admin")
    asked = [one for pod in pods["lms"] for one in pod.asked]
    # As WSGI servers do: they decode once, and tidy up nothing; Django then drops one slash.
    seen = [unquote(one.split("?")[0]) for one in asked]
    assert not [one for one in seen if one == "/admin" or one.startswith("/admin/")], asked
    assert not [one for one in seen if posixpath.normpath(one).startswith("/admin/")], asked


def test_logins_are_counted_for_each_address(traefik: Traefik) -> None:
    visitors = [f"203.0.113.{number}" for number in (1, 2)]
    for visitor in visitors:
        said = [_ask(traefik, "/login_ajax", LMS, visitor, "POST").status_code for _ in range(6)]
        assert said == [200] * 4 + [429] * 2
        assert _ask(traefik, "/courses", LMS, visitor).status_code == 200


def test_authors_come_back_to_the_same_pod(traefik: Traefik) -> None:
    spread = {_ask(traefik, "/import", STUDIO).text for _ in range(9)}
    assert spread == {"studio-0", "studio-1", "studio-2"}
    with traefik.visitor() as browser:
        first = browser.get("/import", headers={"Host": STUDIO})
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "Secure" in cookie and "SameSite=Lax" in cookie
        kept = {"Host": STUDIO, "Cookie": cookie.split(";")[0]}
        assert {browser.post("/import", headers=kept, content=b"x").text for _ in range(9)} == {first.text}


def test_answers_are_passed_on_as_they_come(traefik: Traefik, pods: dict[str, list[Pod]]) -> None:
    """What limits bodies by Traefik would hold the answer back until it is complete (traefik#12869)."""
    with (
        traefik.visitor() as browser,
        browser.stream("GET", "/slowly", headers={"Host": LMS}) as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        for pod in pods["lms"]:
            pod.go_on.set()
        assert b"".join(parts) == b"second"


def test_requests_for_static_files_go_elsewhere(traefik: Traefik) -> None:
    assert _ask(traefik, "/static/a.css").text == "static"
    assert _ask(traefik, "/courses").text.startswith("lms-")


@pytest.mark.parametrize("scheme", [None, "http", "https"], ids=str)
def test_where_tls_ends_before_the_cluster_the_platform_is_told_so(
    behind_tls: Traefik, pods: dict[str, list[Pod]], scheme: str | None
) -> None:
    """Whatever the proxy in front says or leaves out: else Django sends each page on to itself, or makes
    addresses that begin with http."""
    for pod in pods["lms"]:
        pod.asked.clear()
    headers = {"Host": LMS, "X-Forwarded-For": STRANGER}
    with behind_tls.visitor(tls=False) as browser:
        answer = browser.get("/courses", headers=headers | ({"X-Forwarded-Proto": scheme} if scheme else {}))
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    [asked] = [pod for pod in pods["lms"] if pod.asked]
    assert asked.headers["X-Forwarded-Proto"] == "https"
    assert asked.headers["X-Forwarded-For"].startswith(STRANGER)


def test_there_too_the_administration_is_for_its_addresses_alone(behind_tls: Traefik) -> None:
    with behind_tls.visitor(tls=False) as browser:
        codes = [
            browser.get("/admin/", headers={"Host": LMS, "X-Forwarded-For": visitor}).status_code
            for visitor in (ADMINISTRATOR, STRANGER, f"{ADMINISTRATOR}, {STRANGER}")
        ]
    assert codes == [200, 403, 403]
