"""Caddy answers people, programs, forms and caches while the site is being worked on."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from samples import LEAST
from servers import HOST, Process, demand, wait

from openedx_infra.config import load
from openedx_infra.settings.paths import CADDY_DIR
from openedx_infra.settings.servers.maintenance import maintenance_files
from openedx_infra.settings.servers.mfe import HEALTH_PATH, MFE_PORT

pytestmark = pytest.mark.parts

MESSAGE = 'Back "at ten" {http.request.uri} <b>'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    demand("caddy")
    folder = tmp_path_factory.mktemp("page")
    server = Process(folder)
    said = {**LEAST, "maintenance": {"message": MESSAGE, "retry_seconds": 120}}
    for name, text in maintenance_files(load("mine", said)).items():
        text = text.replace(CADDY_DIR, str(folder))
        (folder / name).write_text(text.replace(f":{MFE_PORT} {{", f"http://:{server.port} {{"))
    server.run(
        ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], HOME=str(folder)
    )
    wait(server.open, "caddy", server.log)
    with httpx2.Client(base_url=f"http://{HOST}:{server.port}", trust_env=False) as client:
        yield client
    server.stop()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_people_read_the_page_whatever_they_did(page: httpx2.Client, method: str) -> None:
    answer = page.request(method, "/courses/course-v1:a+b+c/courseware?x=1", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Back &quot;at ten&quot; {http.request.uri} &lt;b&gt;" in answer.text
    assert '<html lang="en">' in answer.text and "<title>" in answer.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/user/v1/me", {}),
        ("/oauth2/access_token", {}),
        ("/courses/x/api/y", {}),
        ("/dashboard", {"Accept": "application/json, text/plain, */*"}),
        ("/dashboard", {"X-Requested-With": "XMLHttpRequest"}),
    ],
)
def test_programs_read_json(page: httpx2.Client, path: str, headers: dict[str, str]) -> None:
    answer = page.post(path, headers=headers)
    assert answer.status_code == 503 and answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"detail": MESSAGE, "retry_after": 120}


def test_nobody_keeps_it_and_all_are_asked_to_come_again(page: httpx2.Client) -> None:
    headers = page.get("/").headers
    assert headers["cache-control"] == "no-store" and headers["retry-after"] == "120"
    assert headers["x-robots-tag"] == "noindex"
    assert "etag" not in headers and "last-modified" not in headers and "server" not in headers


@pytest.mark.parametrize(
    "headers",
    [{"If-Modified-Since": "Tue, 01 Jan 2999 00:00:00 GMT"}, {"If-None-Match": "*"}, {"Range": "bytes=0-9"}],
)
def test_it_is_never_half_nor_unchanged(page: httpx2.Client, headers: dict[str, str]) -> None:
    answer = page.get("/", headers=headers)
    assert answer.status_code == 503 and answer.text.endswith("</html>\n")


def test_its_own_files_are_no_addresses(page: httpx2.Client) -> None:
    for path in ("/Caddyfile", "/maintenance.json", "/../Caddyfile"):
        answer = page.get(path)
        assert answer.status_code == 503 and "<title>" in answer.text


def test_the_kubelet_finds_it_well(page: httpx2.Client) -> None:
    assert page.get(HEALTH_PATH).status_code == 200
