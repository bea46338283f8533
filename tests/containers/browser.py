"""A real browser: Debian's chromium, which reaches the sites by their names through the entrance."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

NEEDED = ("chromium", "chromedriver")
"""Programs of Debian's packages chromium and chromium-driver."""
PATIENCE = 60.0
"""Seconds until a page shows something: two cores are shared with all that the site runs on."""


class Browser:
    """A window of a browser that has been nowhere yet."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver

    @property
    def address(self) -> str:
        """Where it is, without the query."""
        return urlsplit(self._driver.current_url)._replace(query="").geturl()

    def open(self, url: str) -> None:
        """Go to an address, wherever that leads."""
        self._driver.get(url)

    def fill(self, fields: Mapping[str, str]) -> None:
        """Fill the form that is shown, as somebody types, and send it."""
        for name, text in fields.items():
            [field] = [each for each in self._all(f"input[name={name}]") if each.is_displayed()]
            field.clear()
            field.send_keys(text)
        [button] = [each for each in self._all("button") if each.is_displayed()]
        button.click()

    def wait_for(self, selector: str, text: str) -> None:
        """Wait until an element has a text. Raises AssertionError with what the page shows instead."""

        def has_text(_: object) -> bool:
            return any(each.text == text for each in self._all(selector))

        try:
            WebDriverWait(self._driver, PATIENCE, ignored_exceptions=[WebDriverException]).until(has_text)
        except TimeoutException as error:
            shown = self._driver.execute_script("return document.documentElement.innerText")
            raise AssertionError(
                f"{selector} is not {text!r} at {self.address}, which shows {shown!r}"
            ) from error

    def _all(self, selector: str) -> list[WebElement]:
        return self._driver.find_elements(By.CSS_SELECTOR, selector)


@contextmanager
def browser(entrance: str, domain: str, folder: Path) -> Iterator[Browser]:
    """A browser to which all hosts of a domain are at the entrance, and no others exist."""
    place = urlsplit(entrance).netloc
    rules = (f"MAP {domain} {place}", f"MAP *.{domain} {place}", "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1")
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in (
        "--headless=new",
        "--no-sandbox",  # chromium refuses to run as root with it
        "--no-proxy-server",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        f"--user-data-dir={folder}",
        f"--host-resolver-rules={', '.join(rules)}",
    ):
        options.add_argument(option)
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
