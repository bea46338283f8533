"""Builds of tools from pinned Go modules, for machines that can't reach the official releases."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tools.errors import ToolError, tail
from tools.model import GoBuild, ModuleFile, TaggedGoBuild, Tool, sources
from tools.on_path import parse_version
from tools.progress import Tick

GO_MINIMUM = (1, 21, 0)
"""The oldest Go that fetches the one our modules ask for (1.26) by itself."""

REMEDY = "install Go 1.26 or later, or allow access to {host}, where the official release is"

TICK_SECONDS = 0.5
"""How often progress is redrawn while the compiler runs."""


def build(tool: Tool, work: Path, into: Path, tick: Tick) -> str:
    """Build a tool's binaries into a folder and return what they were built from.

    `work` takes the sources and logs. Compiled packages stay in Go's own cache: a build that was
    interrupted goes on where it stopped. Raises ToolError, naming the tool and the step.
    """
    _require_go(tool)
    environment = go_environment(tool)
    for step in tool.steps:
        folder = work / step.folder
        if not folder.is_dir():
            for path in sources(tool.modules / step.folder):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(tool.modules / step.folder / path, folder / path)
        log = work / f"{step.title.replace('/', '_').replace(' ', '-')}.log"
        run = _Run(tool, step.title, folder, environment, log, tick)
        if isinstance(step, GoBuild):
            run.go(
                "build",
                "-v",
                "-trimpath",
                "-ldflags",
                _ldflags(step),
                *_tags(step),
                "-o",
                str(into / step.binary),
                step.package,
            )
        else:
            _copy(step, run, folder if step.embed else into)
    return f"Go modules, {', '.join(dict.fromkeys(step.folder for step in tool.steps))}"


def go_environment(tool: Tool) -> dict[str, str]:
    """Return the environment of the build: the user's own, with what would change the outcome set right."""
    environment = {key: value for key, value in os.environ.items() if key not in {"GOOS", "GOARCH", "GOBIN"}}
    unchecked = ",".join(part for part in (environment.get("GONOSUMDB", ""), tool.private) if part)
    flags = f"{environment.get('GOFLAGS', '')} -buildvcs=false".strip()
    return environment | {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": flags, "GONOSUMDB": unchecked}


def _require_go(tool: Tool) -> None:
    remedy = REMEDY.format(host=tool.release.url.split("/")[2])
    try:
        output = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise ToolError(tool.name, "build", "there is no `go` on PATH", remedy=remedy) from None
    except subprocess.CalledProcessError as error:
        raise ToolError(tool.name, "build", f"`go version` fails: {error.stderr}", remedy=remedy) from error
    version = parse_version(output.replace("go version go", "") + ".0")
    if version is None or version < GO_MINIMUM:
        raise ToolError(tool.name, "build", f"Go is too old ({output.strip()})", remedy=remedy)


def _ldflags(step: GoBuild) -> str:
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in step.variables)])


def _tags(step: GoBuild) -> list[str]:
    return ["-tags", ",".join(step.tags)] if isinstance(step, TaggedGoBuild) else []


class _Run:
    """Runs `go` for one step: an error names the step and its log."""

    def __init__(
        self, tool: Tool, title: str, folder: Path, environment: dict[str, str], log: Path, tick: Tick
    ) -> None:
        self._tool = tool
        self._title = title
        self._folder = folder
        self._environment = environment
        self._log = log
        self._tick = tick

    def go(self, *arguments: str) -> str:
        """Run `go` and return what it prints; raises ToolError when it fails."""
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                ["go", *arguments],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
            try:
                output = self._wait(process)
            except BaseException:
                # An interrupt must not leave a compiler running behind the prompt.
                process.terminate()
                process.wait()
                raise
        if process.returncode != 0:
            raise ToolError(
                self._tool.name,
                self._title,
                f"`go {arguments[0]}` ended with code {process.returncode}",
                remedy="see the log; a build goes on where it stopped when it is started again",
                log=self._log,
            )
        return output.decode()

    def _wait(self, process: subprocess.Popen[bytes]) -> bytes:
        while True:
            try:
                output, _ = process.communicate(timeout=TICK_SECONDS)
            except subprocess.TimeoutExpired:
                self._tick("".join(tail(self._log, 1))[-40:])
            else:
                return output


def _copy(step: ModuleFile, run: _Run, into: Path) -> None:
    """Copy a file out of a module, which is fetched when it is not there."""
    run.go("mod", "download", step.module)
    origin = Path(run.go("list", "-m", "-f", "{{.Dir}}", step.module).strip()) / step.path
    target = into / origin.name
    if step.version is None:
        shutil.copyfile(origin, target)
    else:
        content = json.loads(origin.read_text())
        target.write_text(json.dumps(content | {"version": step.version}, separators=(",", ":")))
    if not step.embed:
        target.chmod(0o755)
