"""Caddy serves the micro-frontends by the configuration that a stack has of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import settings_case as case
from servers import Process, demand, wait

from openedx_infra import settings
from openedx_infra.settings.paths import DIST_DIR
from openedx_infra.settings.servers.mfe import MFE_PORT

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module", params=["dev", "campus"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the server: with a frontend-base site that answers for every path, and (campus) another."""
    demand("caddy")
    folder = tmp_path_factory.mktemp("mfe")
    for name in ("learning", "site"):
        (folder / name).mkdir()
        (folder / name / "index.html").write_text(name)
    process = Process(folder)
    text = settings.mfe_caddyfile(case.stack(request.param)).replace(DIST_DIR, str(folder))
    assert f":{MFE_PORT} {{" in text
    (folder / "Caddyfile").write_text(text.replace(f":{MFE_PORT} {{", f":{process.port} {{"))
    process.run(
        ["caddy", "run", "--config", str(Path(folder, "Caddyfile")), "--adapter", "caddyfile"],
        HOME=str(folder),
    )
    wait(process.open, "caddy", process.log)
    yield f"http://127.0.0.1:{process.port}"
    process.stop()


def test_a_browser_that_looks_for_an_icon_gets_the_lms_s(server: str) -> None:
    """And no page of an app, which answers for every path that nobody else has."""
    answer = httpx2.get(f"{server}/favicon.ico", trust_env=False)
    assert answer.status_code == 302
    assert answer.headers["location"] in {
        "http://local.openedx.io/favicon.ico",
        "https://learn.campus.example.org/favicon.ico",
    }


def test_pages_are_those_of_their_apps(server: str) -> None:
    pages = {
        path: httpx2.get(f"{server}{path}", trust_env=False) for path in ("/learning/course/1", "/nowhere")
    }
    assert pages["/learning/course/1"].text == "learning"
    assert pages["/nowhere"].text == "site"
    assert pages["/nowhere"].headers["cache-control"] == "no-cache"
