from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.model import Accept, Tool
from tools.on_path import find, parse_version
from tools.paths import cache_dir

Script = Callable[[Path, str], Path]


@given(
    st.tuples(*[st.integers(0, 10_000)] * 3),
    st.sampled_from(["v{}", "{}", "tool version v{}-dev (x)", "etcd Version: {}\n"]),
)
def test_a_version_is_read_out_of_what_a_tool_says(version: tuple[int, int, int], said: str) -> None:
    assert parse_version(said.format(".".join(map(str, version)))) == version


def test_nonsense_has_no_version() -> None:
    assert parse_version("usage: pulumi [command]") is None


@pytest.mark.parametrize(
    ("fixed", "version", "fits"),
    [
        (1, (3, 259, 0), True),
        (1, (3, 300, 1), True),
        (1, (3, 258, 9), False),
        (1, (4, 0, 0), False),
        (2, (3, 259, 7), True),
        (2, (3, 260, 0), False),
    ],
)
def test_a_found_version_must_be_recent_and_of_the_same_series(
    fixed: int, version: tuple[int, int, int], fits: bool
) -> None:
    assert Accept(command=(), minimum=(3, 259, 0), fixed=fixed).fits(version) is fits


def test_a_recent_copy_on_path_is_found(
    tool: Tool, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "old" / "spade", "echo v1.1.9")
    script(tmp_path / "new" / "spade", "echo v1.4.0")
    monkeypatch.setenv("PATH", f"{tmp_path}/old:{tmp_path}/new:/usr/bin:/bin")
    assert find(tool) == tmp_path / "new"


def test_a_copy_that_fails_or_says_nothing_is_not(
    tool: Tool, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "a" / "spade", "exit 3")
    script(tmp_path / "b" / "spade", "true")
    monkeypatch.setenv("PATH", f"{tmp_path}/a:{tmp_path}/b:/usr/bin:/bin")
    assert find(tool) is None


def test_all_binaries_must_lie_together_where_the_first_one_is_or_leads(
    tool: Tool, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = replace(tool, binaries=("spade", "spade-language-python"))
    script(tmp_path / "real" / "spade", "echo v1.2.3")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "spade").symlink_to(tmp_path / "real" / "spade")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    assert find(pair) is None
    script(tmp_path / "real" / "spade-language-python", "true")
    assert find(pair) == tmp_path / "real"


def test_our_own_wrapper_and_our_own_links_are_never_taken(
    tool: Tool, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "venv" / "bin" / "spade", "echo v1.2.3")
    script(cache_dir() / "toolchain" / "bin-1" / "spade", "echo v1.2.3")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("PATH", f"{tmp_path}/venv/bin:{cache_dir()}/toolchain/bin-1:/usr/bin:/bin")
    assert find(tool) is None


def test_a_program_that_is_no_provider_is_not_taken_for_one(
    tool: Tool, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = replace(tool, accept=Accept(command=None, minimum=(1, 2, 0), fixed=2))
    script(tmp_path / "a" / "spade", "echo usage: v1.2.3")
    monkeypatch.setenv("PATH", f"{tmp_path}/a:/usr/bin:/bin")
    assert find(provider) is None
