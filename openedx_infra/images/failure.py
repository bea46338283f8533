"""Why a build failed: one sentence for people, from BuildKit's output.

It reads BuildKit's plain progress: from `docker buildx build --progress plain` as it is, and as Pulumi's
docker-build plugin hands it on, with the engine's prefix before each line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from openedx_infra.images.reasons import Reason, reason

_STEP = re.compile(r"#(?P<number>\d+) \[(?P<name>[^\]]+)\] (?P<instruction>\S.*)$")
_LINE = re.compile(r"#(?P<number>\d+) (?:(?P<time>\d+\.\d+) )?(?P<text>.*)$")
_EXPORT = re.compile(r"#(?P<number>\d+) (?P<what>exporting|pushing|writing|importing|sending)\b")
_CAUSE = re.compile(
    r"^(?:.*\b(?:ERROR|error): )?(?:failed to build: )?failed to solve: (?P<text>.*)", re.S | re.M
)
_PROCESS = re.compile(r'process "/bin/sh -c (?P<command>.*)" did not complete successfully: exit code: \d+')
_MOUNT = re.compile(r"--mount=\S+\s+")
_NUMBERED = re.compile(r"\s+\d+/\d+$")
_FROM = re.compile(r"^FROM\s+(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?", re.IGNORECASE)
_FETCH = re.compile(r"^ADD\s+(?P<repository>\S+)#(?P<ref>\S+)\s")
_EXCERPT = re.compile(r">>> FROM \S+ AS (?P<stage>\S+)", re.IGNORECASE)

STEP_LENGTH = 80
"""Longest text of a step that a message shows, in characters: enough to find the line in the Dockerfile."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One failed build."""

    image: str
    """Which image, by its name in this program: `openedx`, `mfe`, `theme`."""
    stage: str
    """Stage of the Dockerfile, or `export` when the image was whole and could not be delivered."""
    step: str
    """The instruction, without its mounts."""
    reason: Reason

    def __str__(self) -> str:
        """One line: what failed where, and why; another: what can be done."""
        where = f"Image {self.image}: stage {self.stage}, step `{self.step}` failed"
        remedy = f"\n{self.reason.remedy}" if self.reason.remedy else ""
        return f"{where}: {self.reason.text}{remedy}"


@dataclass
class _Vertex:
    name: str
    instruction: str
    lines: list[str]
    done: bool = False


def explain(image: str, output: str, dockerfile: str = "") -> Failure | None:
    """Why the build of an image failed; None when the output tells of no failed build.

    The text of the Dockerfile helps with what fails before BuildKit has named a step, which the plugin
    doesn't pass on.
    """
    match = _CAUSE.search(output)
    if match is None:
        return None
    cause = match["text"].strip()
    vertices = _vertices(output)
    vertex = _failed(vertices, cause)
    if vertex is None or (_only_open(vertex, cause) and _fetching(dockerfile, cause)):
        vertex = _fetch(dockerfile, cause)
    log = [*vertex.lines, cause]
    return Failure(
        image=image,
        stage=_stage(vertex.name, output),
        step=_short(vertex.instruction),
        reason=reason(log, cause, registry="metadata" in vertex.instruction or vertex.name == "export"),
    )


def _vertices(output: str) -> dict[str, _Vertex]:
    """What BuildKit did, by number, each with what it wrote."""
    vertices: dict[str, _Vertex] = {}
    for line in output.splitlines():
        step, export, written = _STEP.search(line), _EXPORT.search(line), _LINE.search(line)
        if step is not None:
            vertices.setdefault(step["number"], _Vertex(step["name"], step["instruction"], []))
        elif written is not None and written["number"] in vertices:
            vertex = vertices[written["number"]]
            text = written["text"].strip()
            if text.startswith(("DONE", "CACHED", "CANCELED")):
                vertex.done = not text.startswith("CANCELED")
            vertex.lines.append(text)
        elif export is not None:
            vertices[export["number"]] = _Vertex("export", "push", [])
    return vertices


def _fetch(dockerfile: str, cause: str) -> _Vertex:
    """The instruction that fetches what the cause is about; the delivery of the image, if there is none."""
    stage, instruction = _fetching(dockerfile, cause) or ("export", "push")
    return _Vertex(stage, instruction, [])


def _failed(vertices: dict[str, _Vertex], cause: str) -> _Vertex | None:
    """The step that failed: the one that says so, or runs the command that the cause names, or ended last."""
    for vertex in vertices.values():
        if any(line.startswith("ERROR: ") for line in vertex.lines) and not _canceled(vertex):
            return vertex
    process = _PROCESS.search(cause)
    if process is not None:
        command = _plain(process["command"].replace('\\"', '"'))
        for vertex in vertices.values():
            if not vertex.done and _plain(_MOUNT.sub("", vertex.instruction)).endswith(command):
                return vertex
    open_ones = [vertex for vertex in vertices.values() if not vertex.done]
    return open_ones[-1] if open_ones else None


def _only_open(vertex: _Vertex, cause: str) -> bool:
    """Whether it may have been merely at work when another one failed unnamed: it tells of no error, and the
    cause names no command."""
    return _PROCESS.search(cause) is None and not any(line.startswith("ERROR: ") for line in vertex.lines)


def _canceled(vertex: _Vertex) -> bool:
    return any(line.startswith("ERROR: context canceled") for line in vertex.lines)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _stage(name: str, output: str) -> str:
    """A stage's name: `requirements 2/2` is of stage `requirements`; `internal` comes before any stage.

    Which stage an image was asked for is only in buildx's excerpt of the Dockerfile.
    """
    if name != "internal":
        return _NUMBERED.sub("", name)
    excerpt = _EXCERPT.search(output)
    return excerpt["stage"] if excerpt is not None else "(images that stages begin with)"


def _short(instruction: str) -> str:
    text = _plain(_MOUNT.sub("", instruction))
    return text if len(text) <= STEP_LENGTH else f"{text[: STEP_LENGTH - 2]} …"


def _fetching(dockerfile: str, cause: str) -> tuple[str, str] | None:
    """Stage and instruction that fetch what a failure's cause is about, or None when none fits.

    That is the ADD of a repository, or the FROM of an image, whose address the cause has; or else the only
    ADD of a repository that build arguments name.
    """
    places = _places(dockerfile)
    for stage, instruction, address in places:
        if "$" not in address and address != "scratch" and address in cause:
            return stage, instruction
    repositories = [
        (stage, line) for stage, line, address in places if line.startswith("ADD") and "$" in address
    ]
    return repositories[0] if len(repositories) == 1 and "metadata" not in cause else None


def _places(dockerfile: str) -> list[tuple[str, str, str]]:
    """Instructions that fetch: each with its stage, its text, and the address of what it fetches."""
    places: list[tuple[str, str, str]] = []
    stage = ""
    for line in dockerfile.splitlines():
        begin, fetch = _FROM.match(line), _FETCH.match(line)
        if begin is not None:
            stage = begin["stage"] or begin["image"]
            places.append((stage, line, begin["image"]))
        elif fetch is not None:
            places.append((stage, line, fetch["repository"]))
    return places
