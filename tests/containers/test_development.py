"""A development instance on a real node, with the stand-in platform in a folder: what changes there is served
at once. The seconds are printed; the tests themselves wait as long as a busy machine may take."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from conftest import SIZE, Place
from instances import COMPONENT, Instance
from lightkube.resources.core_v1 import Pod
from machine import Machine, until
from repositories import STANDIN
from standin_images import source

pytestmark = pytest.mark.containers

DOMAIN = "develop.localhost"
PATIENCE = 300.0
AIMS = {"changed view": 3.0, "changed task": 5.0, "changed template": 0.5}
"""Seconds that the design aims at, beside which what was measured is printed."""

VIEWS = """
from importlib.metadata import entry_points

import campus_xblock
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from .models import Execution


def view(request):
    return HttpResponse("first")


def template(request):
    return render(request, "developed.html", {"name": "anna"})


def package(request):
    found = [each.name for each in entry_points(group="xblock.v1") if each.name == "campus"]
    return JsonResponse({"file": campus_xblock.__file__, "value": campus_xblock.VALUE, "entry_points": found})


def versions(request):
    rows = Execution.objects.filter(number=request.GET["number"])
    return JsonResponse({"versions": [row.version for row in rows]})


developed = [
    path("view", view),
    path("template", template),
    path("package", package),
    path("versions", versions),
]
"""


@dataclass
class Developing:
    """The instance, and the folders that it runs."""

    instance: Instance
    machine: Machine
    platform: Path
    package: Path

    def ask(self, path: str, host: str = DOMAIN) -> httpx2.Response:
        """One visitor."""
        url = f"{self.machine.entrance.url}{path}"
        return httpx2.get(url, headers={"Host": host}, timeout=30, trust_env=False)

    def text(self, path: str) -> str:
        """What a page answers. Empty: it doesn't answer at this moment."""
        try:
            answer = self.ask(path)
        except httpx2.HTTPError:
            return ""
        return answer.text if answer.status_code == 200 else ""

    def change(self, file: Path, old: str, new: str) -> None:
        """Replace text in a file, as an editor does: a new file takes its place."""
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old}"
        other = file.with_suffix(".new")
        other.write_text(text.replace(old, new), encoding="utf-8")
        other.chmod(0o644)
        other.rename(file)

    def until(self, holds: Callable[[], object], component: str = "lms") -> None:
        """Wait until something holds; what doesn't is explained by the log of a component."""
        try:
            until(holds, PATIENCE, "it doesn't hold")
        except AssertionError as error:
            raise AssertionError(self.log(component)) from error

    def log(self, component: str) -> str:
        """The end of the log of a component's pods, tracebacks included."""
        client = self.instance.client
        names = [
            str(pod.metadata.name) for pod in client.list(Pod, labels={COMPONENT: component}) if pod.metadata
        ]
        return "\n".join("".join(client.log(name, tail_lines=200)) for name in names)


_seconds: list[tuple[str, float]] = []


def measured(what: str, holds: Callable[[], object], begin: float | None = None) -> None:
    """Wait until something holds, and note how long it took."""
    start = time.monotonic() if begin is None else begin
    end = start + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.1)
    took = time.monotonic() - start
    _seconds.append((what, took))
    aim = f" (aim: {AIMS[what]} s)" if what in AIMS else ""
    print(f"{what}: {took:.1f} s{aim}")


@pytest.fixture(scope="module")
def developing(place: Place, openedx: dict[str, str]) -> Iterator[Developing]:
    """A development instance that was brought up from nothing."""
    work = Path(tempfile.mkdtemp(prefix="openedx-development-"))
    platform, package = source(work / "edx-platform"), work / "campus-xblock"
    shutil.copytree(STANDIN / "packages/campus-xblock", package)
    with (package / "campus_xblock/__init__.py").open("a", encoding="utf-8") as module:
        module.write("\nVALUE = 'first'\n")
    standin = platform / "openedx/standin"
    write(standin / "developed.py", VIEWS)
    (standin / "templates").mkdir()
    write(standin / "templates/developed.html", "first {{ name }}")
    urls = (platform / "lms/urls.py").read_text(encoding="utf-8")
    line = "from openedx.standin.developed import developed\n"
    write(platform / "lms/urls.py", f"{line}{urls}\nurlpatterns += developed\n")
    readable(work)
    instance = place.instance("develop")
    instance.file.write_text("config: {}\n")
    sizes = ("lms", "studio", "mfe", "static", "mysql", "mongodb", "broker", "cache", "search", "smtp")
    instance.say(
        site={"lms_host": DOMAIN},
        datastores={"protect": False},
        images={"openedx": openedx["1"]},
        sizing={"profile": "tiny", **{name: SIZE for name in (*sizes, "beat", "jobs")}},
        duties={"enabled": False},
        development={"mounts": {"edx-platform": str(platform), "campus-xblock": str(package)}},
    )
    made = instance.run("secrets", "generate")
    assert made.code == 0, made.text
    start = time.monotonic()
    instance.up()
    measured("up, from nothing", lambda: True, start)
    try:
        yield Developing(instance, place.machine, platform, package)
    finally:
        instance.throw_away()
        shutil.rmtree(work)


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def readable(folder: Path) -> None:
    """As a developer's folders are: everybody may read them, and nobody else may write."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o444)


def test_a_changed_view_is_served(developing: Developing) -> None:
    developing.until(lambda: developing.text("/view") == "first")
    developing.change(developing.platform / "openedx/standin/developed.py", '"first"', '"second"')
    measured("changed view", lambda: developing.text("/view") == "second")


def test_a_changed_template_is_served_by_the_same_process(developing: Developing) -> None:
    developing.until(lambda: developing.text("/template") == "first anna")
    before = developing.log("lms").count("restarting")
    template = developing.platform / "openedx/standin/templates/developed.html"
    developing.change(template, "first", "second")
    measured("changed template", lambda: developing.text("/template") == "second anna")
    assert developing.log("lms").count("restarting") == before


def test_a_changed_task_runs_in_the_worker(developing: Developing) -> None:
    developing.until(lambda: developing.ask("/enqueue?number=t0").status_code == 202)
    until(
        lambda: '"1"' in developing.text("/versions?number=t0"),
        PATIENCE,
        developing.log("lms-worker-default"),
    )
    begin = time.monotonic()
    developing.change(
        developing.platform / "openedx/standin/tasks.py", "version=VERSION", "version='changed'"
    )
    numbers = iter(range(10_000))

    def changed() -> bool:
        number = f"t-{next(numbers)}"
        try:
            developing.ask(f"/enqueue?number={number}")
        except httpx2.HTTPError:
            return False
        end = time.monotonic() + 3
        while time.monotonic() < end:
            text = developing.text(f"/versions?number={number}")
            if '"versions": []' not in text and text:
                return '"changed"' in text
            time.sleep(0.1)
        return False

    measured("changed task", changed, begin)


def test_a_package_is_installed_editable_and_found_by_its_entry_points(developing: Developing) -> None:
    developing.until(lambda: developing.text("/package"))
    said = developing.ask("/package").json()
    assert said == {
        "file": "/openedx/packages/campus-xblock/campus_xblock/__init__.py",
        "value": "first",
        "entry_points": ["campus"],
    }
    developing.change(developing.package / "campus_xblock/__init__.py", "'first'", "'second'")
    measured("changed package", lambda: '"second"' in developing.text("/package"))
    assert not [path for path in developing.package.rglob("*") if "egg-info" in path.name]


def test_a_file_with_an_error_restarts_no_container(developing: Developing) -> None:
    worker, tasks = "lms-worker-default", developing.platform / "openedx/standin/tasks.py"
    developing.change(tasks, "def record", "def record(")
    developing.until(lambda: "after the next change" in developing.log(worker), worker)
    developing.until(lambda: not developing.text("/view"))
    developing.change(tasks, "def record(", "def record")
    measured("corrected error", lambda: developing.text("/view"))
    developing.until(lambda: developing.ask("/enqueue?number=mended").status_code == 202)
    developing.until(lambda: "changed" in developing.text("/versions?number=mended"), worker)
    for component in ("lms", worker):
        pods = developing.instance.client.list(Pod, labels={COMPONENT: component})
        restarts = [each.restartCount for pod in pods for each in pod.status.containerStatuses or ()]
        assert restarts == [0], component


def test_nothing_is_written_into_the_folders(developing: Developing) -> None:
    for folder in (developing.platform, developing.package):
        others = [path for path in folder.rglob("*") if path.stat().st_uid != os.getuid()]
        written = [path for path in folder.rglob("*") if path.name in ("__pycache__", "openedx_infra")]
        assert others == written == []


def test_the_seconds(developing: Developing) -> None:
    """Prints what was measured, once more and together."""
    assert {what for what, _ in _seconds} >= {*AIMS}
    for what, seconds in _seconds:
        print(f"{seconds:7.1f} s  {what}")
