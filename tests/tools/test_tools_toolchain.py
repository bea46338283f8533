from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from rich.console import Console
from testing_tools import BACKUPS, NODE, PARTS, TESTING

from tools.errors import ToolError
from tools.model import GoBuild, ModuleFile, Platform, Tool
from tools.paths import cache_dir
from tools.recipes import ALL, IMAGES, TOOLS
from tools.toolchain import Toolchain, ensure

Go = Callable[[str], Path]
Have = Callable[[], tuple[Toolchain, str]]
HERE = Platform.current()
NAME = f"spade-{HERE.system}.tar.gz"
BUILDS = "echo '#!/bin/sh' > $OUT; chmod +x $OUT"


@pytest.fixture
def have(tool: Tool) -> Have:
    """Have the tool, and return what was said to the person who waits."""

    def run() -> tuple[Toolchain, str]:
        said = io.StringIO()
        toolchain = ensure(["spade"], extra={"spade": tool}, console=Console(file=said, width=200))
        return toolchain, said.getvalue()

    return run


def place(tool: Tool) -> Path:
    return cache_dir() / "toolchain" / tool.key(HERE)


def test_first_what_is_on_path(
    have: Have,
    script: Callable[[Path, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    releases: Any,
) -> None:
    script(tmp_path / "own" / "spade", "echo v1.2.3")
    monkeypatch.setenv("PATH", f"{tmp_path}/own:/usr/bin:/bin")
    assert have()[0].paths["spade"] == tmp_path / "own" / "spade"
    assert releases.asked == []


def test_then_the_official_release_and_then_the_cache(
    have: Have, tool: Tool, releases: Any, packed: Callable[..., bytes]
) -> None:
    releases.publish(NAME, packed(spade=b"released"))
    toolchain, _ = have()
    assert toolchain.paths["spade"] == place(tool) / "spade"
    assert (toolchain.bin_dir / "spade").read_bytes() == b"released"
    assert (place(tool) / "origin.txt").read_text() == f"{releases.url}/{NAME}\n"
    asked = list(releases.asked)
    assert have() == (toolchain, "")
    assert releases.asked == asked


def test_then_a_build_and_the_person_is_told_why_and_how_long(have: Have, tool: Tool, go: Go) -> None:
    calls = go(BUILDS)
    toolchain, said = have()
    assert toolchain.paths["spade"].exists()
    assert "SHA256SUMS answers 404" in said
    assert "spade 1.2.3: build from Go modules (about 1 s the first time)" in said
    assert "build -v -trimpath" in calls.read_text()


def test_a_refused_release_is_told_and_built_instead(
    have: Have, releases: Any, packed: Callable[..., bytes], go: Go
) -> None:
    go(BUILDS)
    releases.publish(NAME, packed(spade=b"good"))
    releases.files[f"/{NAME}"] = packed(spade=b"evil")
    toolchain, said = have()
    assert "refused" in said
    assert toolchain.paths["spade"].read_bytes() != b"evil"


def test_a_failing_build_says_tool_step_why_and_what_to_do(have: Have, tool: Tool, go: Go) -> None:
    go("echo 'pkg/x.go:1: undefined: y' >&2; exit 1")
    with pytest.raises(ToolError) as caught:
        have()
    text = str(caught.value)
    assert text.startswith("spade: go build of spade failed: `go build` ended with code 1")
    assert "pkg/x.go:1: undefined: y" in text
    assert "full log: " in text and "what to do: " in text
    assert caught.value.log is not None and caught.value.log.exists()
    assert not place(tool).exists()


def test_without_go_the_error_says_what_to_install_or_allow(
    have: Have, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        ToolError, match=r"no `go` on PATH[^$]*install Go 1.26 or later, or allow access to 127"
    ):
        have()


def test_a_build_that_gives_nothing_is_an_error(have: Have, go: Go) -> None:
    go("true")
    with pytest.raises(ToolError, match="did not give all of spade"):
        have()


def test_an_interrupted_build_leaves_no_half_tool_and_goes_on(have: Have, tool: Tool, go: Go) -> None:
    calls = go("echo half > $OUT; chmod +x $OUT; kill -INT $PPID; sleep 5")
    with pytest.raises(KeyboardInterrupt):
        have()
    assert not place(tool).exists()
    go(BUILDS)
    assert have()[0].paths["spade"].read_text() == "#!/bin/sh\n"
    assert calls.read_text().count("build -v") == 2


def test_a_second_run_waits_for_the_first_and_takes_what_it_made(have: Have, tool: Tool, go: Go) -> None:
    go("exit 1")
    held = threading.Event()

    def first_run() -> None:
        place(tool).mkdir(parents=True)
        with FileLock(f"{place(tool)}.lock"):
            held.set()
            time.sleep(1.0)
            (place(tool) / "spade").write_text("")
            (place(tool) / "spade").chmod(0o755)

    thread = threading.Thread(target=first_run)
    thread.start()
    held.wait()
    toolchain, said = have()
    thread.join()
    assert "waiting for another run" in said
    assert toolchain.paths["spade"] == place(tool) / "spade"


def test_a_tool_that_lost_a_binary_is_made_again(have: Have, go: Go) -> None:
    go(BUILDS)
    binary = have()[0].paths["spade"]
    binary.unlink()
    assert have()[0].paths["spade"].exists()


def test_the_key_changes_with_the_recipe_and_with_its_modules(tool: Tool, tmp_path: Path) -> None:
    key = tool.key(HERE)
    changed = [
        replace(tool, version="1.2.4"),
        replace(tool, steps=(GoBuild(folder="spade", package="example.org/other", binary="spade"),)),
    ]
    assert len({key, *(other.key(HERE) for other in changed)}) == 3
    assert replace(tool, seconds=99).key(HERE) == key
    assert tool.key(Platform(system="plan9", machine="amd64")) != key
    (tmp_path / "modules" / "spade" / "go.sum").write_text("a new line\n")
    assert tool.key(HERE) != key


def test_the_environment_puts_the_tools_before_this_python_and_keeps_logins(have: Have, go: Go) -> None:
    go(BUILDS)
    toolchain, _ = have()
    base = {
        "PATH": "/usr/bin",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "1",
        "PULUMI_HOME": "/home/me/.pulumi",
        "A": "b",
    }
    environment = toolchain.environment(base)
    assert environment["PATH"].split(os.pathsep) == [str(toolchain.bin_dir), f"{sys.prefix}/bin", "/usr/bin"]
    assert environment["PULUMI_CREDENTIALS_PATH"] == "/home/me/.pulumi"
    assert environment["PULUMI_HOME"] == str(toolchain.pulumi_home)
    assert "PULUMI_IGNORE_AMBIENT_PLUGINS" not in environment and environment["A"] == "b"
    assert toolchain.environment(environment)["PULUMI_CREDENTIALS_PATH"] == "/home/me/.pulumi"


def test_every_recipe_is_whole() -> None:
    assert {*ALL, *IMAGES} == set(TOOLS)
    assert {*PARTS, *NODE, *BACKUPS} == set(TESTING)
    for name, tool in {**TOOLS, **TESTING}.items():
        made = {step.binary for step in tool.steps if isinstance(step, GoBuild)}
        copied = {
            Path(step.path).name for step in tool.steps if isinstance(step, ModuleFile) and not step.embed
        }
        assert made | copied == set(tool.binaries), name
        for step in tool.steps:
            assert {"go.mod", "go.sum"} <= {path.name for path in (tool.modules / step.folder).iterdir()}
        for system in tool.release.systems:
            for machine in ("amd64", "arm64"):
                words = Platform(system=system, machine=machine).words()
                for template in (tool.release.url, tool.release.checksums):
                    address = template.format(binary=tool.binaries[0], **words)
                    assert address.startswith("https://") and "{" not in address


def test_nothing_that_is_fetched_is_kept_in_the_checkout() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "tools/modules", "tests/toolchain/modules"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {Path(path).suffix for path in tracked} <= {".mod", ".sum", ".go"}


def test_pulumi_keeps_no_logs_of_its_own() -> None:
    logs = ensure([]).pulumi_home / "logs"
    assert logs.is_file()
    logs.unlink()
    logs.mkdir()
    (logs / "pulumi-20260730.log").write_text("from before")
    ensure([])
    assert logs.is_file()
