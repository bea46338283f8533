"""Each room imports only the rooms and libraries that it may, and uses only its own nouns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OURS = ("openedx_infra", "stacks", "policies", "tools")

MAY_IMPORT: dict[str, set[str]] = {
    "openedx_infra/releases": set(),
    "openedx_infra/config": {"releases"},
    "openedx_infra/settings": {"config", "releases"},
    "openedx_infra/scripts": {"config", "releases", "settings"},
    "openedx_infra/images": {"config", "releases"},
    "openedx_infra/kubernetes": set(),
    "openedx_infra/aws": set(),
    "openedx_infra/monitoring": {"config"},
    "openedx_infra/services": {"config", "settings", "kubernetes"},
    "openedx_infra/components": {
        "config",
        "releases",
        "settings",
        "scripts",
        "images",
        "kubernetes",
        "monitoring",
        "services",
        "aws",
    },
    "stacks": {"config", "releases", "images", "kubernetes", "components"},
    "policies": {"config"},
    "tools": set(),
}
"""Rooms of ours that a room may import besides itself.

Who is not listed, such as operations, may import all.
"""

OPERATIONS = (
    ("errors", "urn"),
    ("stack_files",),
    ("cluster",),
    ("state", "pods"),
    ("secrets", "aws_certificates", "drift"),
    ("images", "offline"),
    ("prerequisites",),
    ("engine", "platform_tests", "configuration", "users_and_courses"),
    ("plan", "services"),
    ("deploy",),
    ("versions", "support", "init"),
    ("backups", "maintenance", "imports", "report"),
    ("development", "transfer"),
    ("cli",),
)
"""Rooms of operations from the ground up: each imports itself and those below, never its neighbours."""

MUST_NOT_KNOW: dict[str, tuple[str, ...]] = {
    "openedx_infra/releases": ("pulumi", "pydantic", "pulumi_kubernetes"),
    "openedx_infra/config": ("pulumi", "pulumi_kubernetes", "subprocess"),
    "openedx_infra/settings": ("pulumi", "pulumi_kubernetes", "subprocess"),
    "openedx_infra/scripts": ("pulumi", "pulumi_kubernetes"),
    "openedx_infra/images": ("pulumi", "pulumi_docker_build", "subprocess"),
    "openedx_infra/monitoring": ("pulumi", "pulumi_kubernetes", "subprocess", "time", "datetime"),
    "openedx_infra/services": ("pulumi", "subprocess", "pulumi.automation", "pulumi_aws"),
    "openedx_infra/kubernetes": ("pydantic", "subprocess", "pulumi_aws"),
    "openedx_infra/aws": ("pydantic", "subprocess", "pulumi_kubernetes", "pulumi.automation"),
    "openedx_infra/components": (
        "subprocess",
        "pulumi.automation",
        "pulumi_aws",
        "random",
        "time",
        "datetime",
    ),
    "stacks": ("subprocess", "pulumi.automation", "pulumi_aws"),
}
"""Libraries that would bring another room's work into a room."""


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        yield from _imports_of(node)


def _imports_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] not in OURS:
        return None
    return parts[1] if parts[0] == "openedx_infra" and len(parts) > 1 else parts[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {Path(room).name}
    assert _files(room)
    trespasses = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in _files(room)
        for module in _imports(path)
        if (other := _room_of(module)) and other not in allowed
    ]
    assert trespasses == []


def test_rooms_of_operations_import_downwards() -> None:
    levels = {room: level for level, rooms in enumerate(OPERATIONS) for room in rooms}
    upwards = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in _files("openedx_infra/operations")
        for module in _imports(path)
        if module.startswith("openedx_infra.operations.")
        and (room := path.relative_to(ROOT / "openedx_infra/operations").with_suffix("").parts[0])
        != (other := module.split(".")[2])
        and levels[other] >= levels[room]
    ]
    assert upwards == []


@pytest.mark.parametrize("room", MUST_NOT_KNOW)
def test_a_room_does_no_other_rooms_work(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in _files(room)
        for module in _imports(path)
        for barred in MUST_NOT_KNOW[room]
        if module == barred or module.startswith(f"{barred}.")
    ]
    assert found == []


def test_only_who_is_asked_for_aws_loads_it() -> None:
    """Its library is large: what every stack imports must not import it."""
    at_the_top = [
        f"{path.relative_to(ROOT)}: {module}"
        for room in ("openedx_infra/components", "stacks")
        for path in _files(room)
        if path.parent.name != "aws" and path.name != "shared_servers.py"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for module in _imports_of(node)
        if module.startswith(("openedx_infra.aws", "openedx_infra.components.datastores.aws"))
    ]
    assert at_the_top == []


@pytest.mark.parametrize("room", ["kubernetes", "aws"])
def test_how_we_write_clouds_knows_no_noun_of_open_edx(room: str) -> None:
    noun = re.compile(r"\b(lms|studio|cms|mfe|course|edx|openedx|learner|celery|uwsgi)\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _files(f"openedx_infra/{room}")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if noun.search(re.sub(r"openedx_infra[.\w]*", "", line))
    ]
    assert found == []


def test_no_stack_is_known_by_name() -> None:
    """`dev` and `prod` are words of stack files: a difference between stacks is a key."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in (
            "stacks",
            "openedx_infra/components",
            "openedx_infra/kubernetes",
            "openedx_infra/settings",
        )
        for path in _files(room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in ("dev", "prod")
    ]
    assert found == []


def test_pods_are_written_in_one_place() -> None:
    """Security contexts, resources, spread and affinity: nobody else writes those words."""
    words = {
        "PodSpecArgs",
        "ContainerArgs",
        "SecurityContextArgs",
        "PodSecurityContextArgs",
        "ResourceRequirementsArgs",
    }
    writers = {
        path.name
        for room in ("openedx_infra/kubernetes", "openedx_infra/components", "stacks")
        for path in _files(room)
        for module in _imports(path)
        if module.rpartition(".")[2] in words and path.name != "models.py"
    }
    assert writers == {"pod.py"}


def test_nothing_is_registered_by_an_output() -> None:
    """A resource in `apply` is missing from previews: components call it for texts, and name no class."""
    calls = [
        (path, node)
        for room in ("openedx_infra/components", "openedx_infra/kubernetes", "openedx_infra/aws", "stacks")
        for path in _files(room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply"
    ]
    assert calls
    for path, call in calls:
        names = {n.id for n in ast.walk(call.args[0]) if isinstance(n, ast.Name)}
        assert not any(name[0].isupper() and not name.isupper() for name in names), path


@pytest.mark.parametrize(
    "room", ["openedx_infra/kubernetes", "openedx_infra/aws", "openedx_infra/components", "stacks"]
)
def test_files_and_functions_are_small(room: str) -> None:
    for path in _files(room):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 80, f"{path}: {node.name}"
