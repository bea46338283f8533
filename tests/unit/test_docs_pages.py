"""The pages' stack files pass `check`, their commands parse, their links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import typed
import yaml
from pages import PAGES, ROOT, Block, blocks, operator_files, stack_files, whole
from samples import AUTHORITY

from openedx_infra.config import PROJECT, SECRETS_KEY, checkout_files
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.offline import check as verb
from openedx_infra.operations.offline import missing_files
from openedx_infra.operations.stack_files import stack_file

FILES = (
    "certificates/mysql.pem",
    "certificates/mongodb.pem",
    "certificates/aws-rds.pem",
    "certificates/campus-ca.pem",
)
FOLDERS = ("themes/campus", "xblocks/third")
"""What the pages tell to put beside the stack file."""
STACK_FILES = stack_files()
RECORDED = ("README.md", "datastores.md", "scaling.md")
"""Pages whose first stack file goes through all of `check` in `make test`; overrides and extras do so, too,
as nothing else tells whether they match an object or are refused by a rule. The rest goes through it by
night."""


def goes_first(block: Block) -> bool:
    first = next(each for each in STACK_FILES if each.page == block.page)
    whole = ("overrides:\n", "openedx:extras:\n")
    return (block is first and block.page.name in RECORDED) or any(key in block.text for key in whole)


MOUNTED = (
    *(f"src/edx-platform/{name}" for name in ("manage.py", "lms/a", "cms/a", "openedx/a")),
    "src/my-xblock/pyproject.toml",
    "src/themes/campus/lms/static/a",
)
"""Files by which folders of a developer's home that the pages mount are recognized."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with all files that the pages name."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / AUTHORITY, tmp_path / name)
    for name, text in operator_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in FOLDERS:
        (tmp_path / name).mkdir(parents=True)
    for name in MOUNTED:
        (tmp_path / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / name).touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(checkout_files, "PROJECT_FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(block: Block, folder: Path) -> stack_file.StackFile:
    """The stack file of a block, with all secrets that it needs."""
    content = whole(block)
    path = folder / "Pulumi.campus.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    stack = stack_file.examined(stack_file.read("campus", path)).stack
    made = {secret.name: {"secure": "v1:made:up"} for secret in (required(stack) if stack else ())}
    if made:
        content["config"][f"{PROJECT}:{SECRETS_KEY}"] = made
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return stack_file.read("campus", path)


@pytest.mark.parametrize("block", STACK_FILES, ids=str)
def test_stack_files_are_right(block: Block, folder: Path) -> None:
    """Keys, rules on them, files and secrets: all of `check` but the objects."""
    file = written(block, folder)
    found = stack_file.examined(file)
    assert found.problems == () and found.stack is not None
    assert stack_file.missing_secrets(file, found.stack) == []
    if found.stack.kind == "instance":
        assert missing_files.problems(found.stack) == []


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=str(block), marks=[] if goes_first(block) else pytest.mark.long)
        for block in STACK_FILES
    ],
)
def test_stack_files_pass_check(block: Block, folder: Path) -> None:
    report = verb.check("campus", written(block, folder).path)
    assert report.resources > 0
    assert not [note for note in report.notes if "will refuse" in note]


def test_the_pages_have_stack_files() -> None:
    assert len(STACK_FILES) >= 50, "or they are not found any more"
    assert {block.page.name for block in STACK_FILES if goes_first(block)} > set(RECORDED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_are_known(page: Path) -> None:
    for block in blocks(page, "console"):
        for call in typed.calls(block.text.replace("…", "X"), "openedx-infra"):
            typed.demand_known(call)


def anchors(page: Path) -> set[str]:
    """What a link may name on a page: its headings, as GitHub writes them."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ours = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return ours | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        there = page.parent / link if link else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), f"{link}#{anchor}"
