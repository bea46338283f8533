"""The documentation's site in a real browser: accessible, searchable, with nothing from outside."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(not shutil.which("chromedriver"), reason="needs chromium and chromium-driver"),
]
ROOT = Path(__file__).parents[2]
AXE = Path(axe_core_python.__file__).parent / "axe.min.js"
PAGES = ("", "first-day", "reference/command-line", "alerts", "comparison")
"""One of each kind: a picture, code, the longest, coloured expressions, a wide table."""
PATIENCE = 60.0
"""Seconds for a script or an element: two cores are shared with other tests."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """A request is no news."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)
    serve = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1300,1000"):
        options.add_argument(argument)
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    driver.set_script_timeout(PATIENCE)
    yield driver
    driver.quit()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_pages_are_accessible(driver: Chrome, address: str, colours: str) -> None:
    preference = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", preference)
    found: dict[str, Any] = {}
    for page in PAGES:
        driver.get(address + page)
        driver.execute_script("localStorage.clear()")  # the theme remembers the colours of the page before
        driver.refresh()
        scheme = driver.find_element(By.TAG_NAME, "body").get_attribute("data-md-color-scheme")
        assert scheme == {"light": "default", "dark": "slate"}[colours]
        driver.execute_script(AXE.read_text(encoding="utf-8"))
        result = driver.execute_async_script("axe.run().then(arguments[0])")
        assert result["passes"]
        if result["violations"]:
            found[page] = [(each["id"], each["nodes"][0]["html"]) for each in result["violations"]]
    assert found == {}


def test_search_finds_a_page(driver: Chrome, address: str) -> None:
    driver.get(address)
    wait = WebDriverWait(driver, PATIENCE)
    field = driver.find_element(By.CSS_SELECTOR, ".md-search__input")
    wait.until(lambda _: field.is_displayed())
    field.click()
    field.send_keys("storage class")
    links = wait.until(lambda _: driver.find_elements(By.CSS_SELECTOR, ".md-search-result__link"))
    assert any("clusters" in (link.get_attribute("href") or "") for link in links)


def test_nothing_comes_from_elsewhere(driver: Chrome, address: str) -> None:
    driver.get(address)
    names = driver.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert names and [name for name in names if not name.startswith(address)] == []
