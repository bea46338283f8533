"""No management command is called that a release hasn't got, or with an argument that it doesn't take."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from facts import COMMANDS, MODELS, fault
from samples import LEAST

from openedx_infra import scripts
from openedx_infra.components.edx_platform.duties import tasks
from openedx_infra.components.edx_platform.event_bus import consumer_command
from openedx_infra.components.edx_platform.sites import LMS, STUDIO
from openedx_infra.config import Stack, load
from openedx_infra.config.sections.duties import Duties
from openedx_infra.config.sections.event_bus import Consumer
from openedx_infra.releases import RELEASES

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(scripts.__file__).parent
STANDIN = ROOT / "tests/containers/platform/openedx/standin/management/commands"
SITES = {"studio_setup.py": ("cms",), "courses.py": ("cms",), "migrate.py": ("lms", "cms")}
"""Sites whose shell runs a script; the others run in the LMS'."""


def stack(release: str, **said: Any) -> Stack:
    built = {"openedx": "registry.example.org/o:1", "mfe": "registry.example.org/m:1"}
    return load("campus", {**LEAST, "release": release, "images": built, **said})


def called(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Calls by `call_command` in a script, as far as they stand there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "call_command"):
            continue
        command, *rest = node.args
        assert isinstance(command, ast.Constant), f"{path.name} calls a command by no constant name"
        words = [str(each.value) if isinstance(each, ast.Constant) else "x" for each in rest]
        words = [] if any(isinstance(each, ast.Starred) for each in rest) else words
        keywords = {"interactive": "--no-input", "database": "--database=x"}
        yield str(command.value), [*words, *(keywords[str(each.arg)] for each in node.keywords)]


def in_scripts() -> Iterator[tuple[str, str, str, list[str]]]:
    for path in [*SCRIPTS.glob("*.py"), *SCRIPTS.glob("*/*.py")]:
        for command, words in called(path):
            for site in SITES.get(path.name, ("lms",)):
                yield path.name, site, command, words
    for path in [*SCRIPTS.glob("*.sh"), *SCRIPTS.glob("*/*.sh")]:
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"\./manage\.py (\S+ [^|&<>;\n]*)", text):
            site, command, *words = shlex.split(line)
            for each in ("lms", "cms") if "$" in site else (site,):
                yield path.name, each, command, [re.sub(r"^\$\w+$", "x", word) for word in words]


CALLS = list(in_scripts())


@pytest.mark.parametrize("release", RELEASES)
def test_scripts_call_what_a_release_has(release: str) -> None:
    assert {("lms_setup.py", "load_policies"), ("prove.sh", "migrate"), ("courses.py", "import")} <= {
        (name, command) for name, _, command, _ in CALLS
    }
    left = () if RELEASES[release].forum_in_mongodb else ("forum.py",)  # it refuses: test_forum.py
    calls = [call for call in CALLS if call[0] not in left]
    faults = {name: fault(release, site, command, words) for name, site, command, words in calls}
    assert not {name: found for name, found in faults.items() if found}


@pytest.mark.parametrize("release", RELEASES)
def test_duties_are_what_a_release_has(release: str) -> None:
    on = {key: {"enabled": True} for key in Duties.commands()}
    catalog = {f"COURSE_CATALOG_{name}": "https://catalog.example.org" for name in ("API_URL", "URL_ROOT")}
    found = tasks(stack(release, duties=on, settings={"lms": catalog}))
    assert len(found) == len(Duties.commands())
    for task in found:
        program, site, command, *words = task.command
        assert program == "./manage.py" and fault(release, site, command, words) is None, task.name


def test_mails_of_duties_ask_for_the_fields_that_set_up_writes() -> None:
    asked = {name: field for field, names in MODELS["ScheduleConfig"]["fields"].items() for name in names}
    assert {each.name: each.schedule for each in Duties.commands().values() if each.by_site} == asked
    module = MODELS["ScheduleConfig"]["module"]
    assert f"from {module} import ScheduleConfig" in scripts.text("lms_setup_models.py")


@pytest.mark.parametrize("release", RELEASES)
def test_studio_s_index_is_made_as_a_release_makes_it(release: str) -> None:
    runs = RELEASES[release].studio_index
    assert [fault(release, "cms", "reindex_studio", words) for words in runs] == [None] * len(runs)
    # Ulmo's fills an index that is there: without its configuration, nothing in it is found.
    assert (runs == (("--init",), ("--incremental",))) is (release == "ulmo")
    [duty] = [task for task in tasks(stack(release, duties={"reindex_studio": {"enabled": True}}))
              if task.name == "reindex-studio"]  # fmt: skip
    assert tuple(duty.command[3:]) == runs[-1]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("site", [LMS, STUDIO])
def test_consumers_of_the_event_bus_are_started_as_a_release_starts_them(release: str, site: Any) -> None:
    """`--signal` went with openedx-events 9: a consumer that has it ends at once, again and again."""
    consumer = Consumer(topic="catalog", group="campus", signal="org.openedx.x.changed.v1")
    _, _, variant, command, *words = consumer_command(site, consumer)
    assert fault(release, variant, command, words) is None


@pytest.mark.parametrize("release", RELEASES)
def test_the_docs_name_what_a_release_has(release: str) -> None:
    found = []
    for page in (ROOT / "docs").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        lines = re.findall(r"manage (lms|studio)(?: --stack \w+)? -- ([a-z_]+)([^`\n|;]*)", text)
        lines += re.findall(r"\./manage\.py,? (lms|cms),? ([a-z_]+)\b()", text)
        found += [(page.name, "cms" if site == "studio" else site, *rest) for site, *rest in lines]
    assert len(found) > 3
    for page, site, command, rest in found:
        if command != "import_grades":  # a command of the operator's own
            assert command in COMMANDS, f"{page}: {command}"
            words = shlex.split(rest.split(")")[0])
            wrong = fault(release, site, command, words) if words else None
            assert wrong is None, f"{page}: {wrong}"


def test_stand_ins_take_no_more_than_a_release() -> None:
    for path in STANDIN.glob("[a-z]*.py"):
        fact = COMMANDS[path.stem]
        taken = fact.get("every") or fact["releases"]["verawood"]
        text = path.read_text(encoding="utf-8")
        options = set(re.findall(r"add_argument\(\s*\"(--[\w-]+)\"", text))
        assert options <= {option.rstrip("=") for option in taken.get("options", ())}, path.name


def test_a_wrong_call_is_seen() -> None:
    assert fault("ulmo", "cms", "reindex_studio", ["--libraries-only"]) is not None
    assert fault("master", "cms", "reindex_studio", ["--libraries-only"]) is None
    assert fault("ulmo", "lms", "reindex_studio", []) is not None
    assert fault("ulmo", "lms", "import_grades", []) is not None
    assert fault("ulmo", "lms", "manage_user", ["cms"]) is not None
    assert fault("ulmo", "lms", "clearsessions", ["--all"]) is not None
