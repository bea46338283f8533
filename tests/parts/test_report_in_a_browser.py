"""A report's page in a real browser: it shows the picture in both themes, and loads nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from openedx_infra.operations.plan.change_summary import summary
from openedx_infra.operations.report import costs
from openedx_infra.operations.report.approvals import DEFAULT
from openedx_infra.operations.report.components import Component
from openedx_infra.operations.report.faces import html
from openedx_infra.operations.report.recordings import Recording
from openedx_infra.operations.report.stack_report import Pair, StackReport, stack_report

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(not shutil.which("chromedriver"), reason="needs chromium and chromium-driver"),
]
ATTACK = "<script>document.title='attacked'</script><img src=x onerror=\"document.title='attacked'\">"


def page(folder: Path) -> Path:
    pair = Pair(name="campus", files=["a"], before=Recording(), now=Recording(problems=[ATTACK]))
    found: StackReport = stack_report(pair, DEFAULT, costs.read())
    drawn = [
        Component(name="mysql", kind="Server"),
        Component(name="lms", kind=ATTACK, state="restarted", waits_for=("mysql",)),
        Component(name="forum", kind="", state="removed"),
    ]
    assert found.summary == summary((), None)
    path = folder / "report.html"
    values = {**vars(found), "components": drawn, "headline": ATTACK}
    path.write_text(html.text([StackReport(**values)], "base"), encoding="utf-8")
    return path


@pytest.fixture(params=["0", "1"], ids=["dark", "light"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,1000"):
        options.add_argument(argument)
    options.add_argument(f"--blink-settings=preferredColorScheme={request.param}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    driver.get(page(tmp_path).as_uri())
    yield driver
    driver.quit()


def _light(colour: str) -> float:
    """How light a colour is, of `rgb(…)`: 0 to 255."""
    numbers = [float(each) for each in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3


def test_the_page_shows_the_picture_and_runs_nothing(browser: Chrome) -> None:
    assert browser.title == "Report of a change"
    assert ATTACK in browser.find_element(By.TAG_NAME, "main").text
    script = "return performance.getEntriesByType('resource').map(each => each.name)"
    assert browser.execute_script(script) == []
    assert browser.get_log("browser") == []
    pictures = browser.find_elements(By.CSS_SELECTOR, "svg[role=img]")
    assert len(pictures) == 1 and pictures[0].size["width"] > 300 and pictures[0].size["height"] > 100
    assert {each.text for each in browser.find_elements(By.CSS_SELECTOR, "svg .name")} == {
        "mysql",
        "↻ lms",
        "- forum",
    }


def test_text_and_boxes_differ_from_what_is_behind_them(browser: Chrome) -> None:
    body = browser.find_element(By.TAG_NAME, "body")
    back, text = (_light(body.value_of_css_property(name)) for name in ("background-color", "color"))
    assert abs(back - text) > 150
    for box in browser.find_elements(By.CSS_SELECTOR, "svg g"):
        name = box.find_elements(By.CSS_SELECTOR, ".name, .note")[0]
        fill = box.find_element(By.CSS_SELECTOR, ".box").value_of_css_property("fill")
        assert abs(_light(fill) - _light(name.value_of_css_property("fill"))) > 100
