"""JUnit reports of pytest: what ran, what failed, and each test by the name that pytest takes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Ending = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Case:
    """One test of a report."""

    test: str
    """Its name, as pytest takes it: `lms/tests.py::TestPage::test_title`. A file that can't be imported is
    its path."""
    ending: Ending


def cases(report: bytes) -> Iterator[Case]:
    """The tests of a report. A test that passed and failed at its end is there twice."""
    for element in ET.fromstring(report).iter("testcase"):
        yield Case(_name(element), _ending(element))


def summary(report: bytes) -> str:
    """A report in a line, such as `12 tests, 1 failed, 2 skipped, 3.4 s`."""
    root = ET.fromstring(report)
    runs = [root] if root.tag == "testsuite" else root.findall("testsuite")
    counts = {
        key: sum(int(run.get(key, 0)) for run in runs) for key in ("tests", "failures", "errors", "skipped")
    }
    parts = [f"{counts['tests']} tests", f"{counts['failures'] + counts['errors']} failed"]
    parts += [f"{counts['skipped']} skipped", f"{sum(float(run.get('time', 0)) for run in runs):.1f} s"]
    return ", ".join(parts)


def _name(element: ET.Element) -> str:
    """The name that pytest takes. A report has the module and the classes in one, with dots between them."""
    place, name, file = (element.get(key, "") for key in ("classname", "name", "file"))
    if not file:
        return f"{place}.{name}" if place else name
    if not place:
        return file
    module = re.sub(r"\.py$", "", file).replace("/", ".")
    classes = place.removeprefix(module).strip(".")
    return "::".join([file, *(classes.split(".") if classes else ()), name])


def _ending(element: ET.Element) -> Ending:
    if any(element.find(tag) is not None for tag in ("failure", "error")):
        return "failed"
    return "passed" if element.find("skipped") is None else "skipped"
