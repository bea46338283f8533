"""Packages register companion services by an entry point, and what is wrong with one is one clear error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import ConfigError, load
from openedx_infra.config.services import registry
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.secrets.secrets import stand_ins

SOURCE = """
from openedx_infra.services.companion import (
    CompanionService, Parts, Process, Resources, Secret, ServiceSection
)

class Badges(ServiceSection):
    '''Badges of learners.'''

    colour: str = "red"
    '''Colour of a badge.'''

SERVICE = CompanionService(
    name={name!r},
    title="Badges",
    summary="learners get badges",
    interface={interface},
    section=Badges,
    images={{"verawood": "registry.example.org/badges:1"}},
    secrets=lambda stack, section: [
        Secret(name="badges_key", meaning="signs badges", rotation="new badges have the new one")
    ],
    parts=lambda stack, section: Parts(
        processes=[
            Process(command=["badge", section.colour], size=Resources(cpu="10m", memory="32Mi"), port=80)
        ]
    ),
)
"""


class Packages:
    """Packages that are installed beside openedx-infra, as far as importlib looks at them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(
        self, module: str, source: str, *, package: str = "campus-badges", name: str = "badges"
    ) -> None:
        """A package with one module that registers `SERVICE` of it under a name."""
        (self._folder / f"{module}.py").write_text(source, encoding="utf-8")
        about = self._folder / f"{package.replace('-', '_')}-2.1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.1\n")
        (about / "entry_points.txt").write_text(f"[openedx_infra.services]\n{name} = {module}:SERVICE\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """None at first. What was loaded of them is forgotten."""
    before = set(sys.modules)
    registry.service.cache_clear()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Packages(tmp_path)
    registry.service.cache_clear()
    for module in set(sys.modules) - before:
        if getattr(sys.modules[module], "__file__", None) and module.startswith("badges_"):
            del sys.modules[module]


def source(*, name: str = "badges", interface: int = 1) -> str:
    return SOURCE.format(name=name, interface=interface)


def said(**badges: Any) -> dict[str, Any]:
    return {**LEAST, "services": {"badges": badges}}


def problem(config: dict[str, Any]) -> str:
    """The one line that is wrong."""
    with pytest.raises(ConfigError) as caught:
        load("dev", config)
    [line] = caught.value.problems
    return line


def test_a_package_s_service_is_one_like_ours(packages: Packages) -> None:
    packages.install("badges_right", source())
    stack = load("dev", said(colour="blue"))
    assert [each.name for each in registry.companions(stack)] == ["badges"]
    assert "badges_key" in {secret.name for secret in required(stack)} & stand_ins(stack).keys()
    assert "unknown key; did you mean `colour`?" in problem(said(color="blue"))


def test_its_module_is_loaded_for_stack_files_that_name_it_alone(packages: Packages) -> None:
    packages.install("badges_lazy", source())
    load("dev", LEAST)
    assert "badges_lazy" not in sys.modules
    load("dev", said())
    assert "badges_lazy" in sys.modules


def test_a_service_of_no_package(packages: Packages) -> None:
    line = problem(said())
    assert line.startswith("openedx:services.badges: no such service: there are ")
    assert "registers it as an entry point of `openedx_infra.services`" in line


def test_a_misspelt_service_of_a_package(packages: Packages) -> None:
    packages.install("badges_near", source())
    assert "did you mean badges?" in problem({**LEAST, "services": {"badge": {}}})


def test_a_package_that_can_t_be_imported(packages: Packages) -> None:
    packages.install("badges_broken", "import a_library_that_nobody_has\n")
    assert problem(said()) == (
        "openedx:services.badges: the package campus-badges 2.1 can't be loaded (ModuleNotFoundError: No "
        "module named 'a_library_that_nobody_has'): install a version of it for interface 1 of "
        "openedx-infra, with all that it needs, or remove this section"
    )


def test_a_package_that_says_what_the_interface_does_not_know(packages: Packages) -> None:
    text = source().replace('summary="learners get badges"', 'summary="x", colours=3')
    packages.install("badges_newer", text)
    assert "can't be loaded (TypeError:" in problem(said())


def test_a_package_for_another_version_of_the_interface(packages: Packages) -> None:
    packages.install("badges_old", source(interface=0))
    assert problem(said()) == (
        "openedx:services.badges: the package campus-badges 2.1 was made for interface 0 of openedx-infra, "
        "which has 1: install a version of it for interface 1, or remove this section"
    )


def test_two_packages_of_one_name(packages: Packages) -> None:
    packages.install("badges_one", source())
    packages.install("badges_two", source(), package="other-badges")
    assert problem(said()) == (
        "openedx:services.badges: the package campus-badges 2.1 and the package other-badges 2.1 both "
        "register a service of this name: uninstall one of them"
    )


def test_a_package_with_the_name_of_one_of_ours(packages: Packages) -> None:
    packages.install("badges_ours", source(name="xqueue"), name="xqueue")
    line = problem({**LEAST, "services": {"xqueue": {}}})
    assert "registers a service of this name, which is one of this program's own" in line


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SERVICE = 1\n", "registers int rather than a CompanionService"),
        (source(name="medals"), "registers it as badges, but calls it medals: the two must be one name"),
        (source().replace("section=Badges", "section=int"), "has no section that is a ServiceSection"),
    ],
    ids=["no service", "two names", "no section"],
)
def test_what_is_no_service(packages: Packages, text: str, wanted: str) -> None:
    packages.install(f"badges_{len(text)}", text)
    assert wanted in problem(said())


@pytest.mark.parametrize("name", ["Badges", "bad_ges", "b" * 21, "2badges"])
def test_names_that_objects_can_t_have(packages: Packages, name: str) -> None:
    packages.install("badges_named", source(name=name), name=name)
    assert "at most 20 lower-case letters and digits" in problem({**LEAST, "services": {name: {}}})


def test_a_wrong_service_hides_no_other_fault(packages: Packages) -> None:
    config = {"site": {"lms_host": "learn example"}, "services": {"badges": {}, "xqueue": {"wbe": 1}}}
    with pytest.raises(ConfigError) as caught:
        load("dev", config)
    keys = [line.split(": ", 1)[0] for line in caught.value.problems]
    assert keys == ["openedx:services.badges", "openedx:site.lms_host", "openedx:services.xqueue.wbe"]
