"""Types of recipes, which `recipes` fills in."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent / "modules"
"""Our own small Go modules: they pin what is built, one folder for each set of shared versions."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """An operating system and a processor, in Go's words."""

    system: str
    machine: str

    @staticmethod
    def current() -> Platform:
        """Return this machine's; an unknown name passes through, and the build says that it cannot."""
        machine = platform.machine().lower()
        names = {"x86_64": "amd64", "aarch64": "arm64"}
        return Platform(system=platform.system().lower(), machine=names.get(machine, machine))

    def words(self) -> dict[str, str]:
        """Return the placeholders that a release's addresses may use."""
        return {
            "os": self.system,
            "arch": self.machine,
            "x64": {"amd64": "x64"}.get(self.machine, self.machine),
            "Os": self.system.title(),
            "uname": {"amd64": "x86_64"}.get(self.machine, self.machine),
            "archive": "zip" if self.system == "darwin" else "tar.gz",
        }


@dataclass(frozen=True, kw_only=True)
class Accept:
    """Which copy found on PATH will do.

    `command` makes the tool's first binary print its version (None: it is a Pulumi provider, which says it
    over its protocol); `minimum` is the least that is accepted, and its first `fixed` numbers must be equal
    (1: the same major version, 2: the same minor too).
    """

    command: tuple[str, ...] | None
    minimum: tuple[int, int, int]
    fixed: int = 1

    def fits(self, version: tuple[int, int, int]) -> bool:
        """Tell whether a version will do."""
        return version[: self.fixed] == self.minimum[: self.fixed] and version >= self.minimum


@dataclass(frozen=True, kw_only=True)
class Release:
    """An official release: where it is and where its checksums are published.

    Addresses may name the words of `Platform.words` and `{binary}`. An address that ends in `.tar.gz`,
    `.tgz` or `.zip` holds all binaries, one in `.bz2` is the packed binary, any other is one binary. The
    checksums are lines of `sha256sum` or `sha512sum`, or GitHub's description of a release, with its digests.
    """

    url: str
    checksums: str
    systems: tuple[str, ...] = ("linux", "darwin")


@dataclass(frozen=True, kw_only=True)
class GoBuild:
    """One `go build`: a package, seen from a folder of `modules/`, becomes a binary.

    `variables` are package variables set by the linker, as the official build sets them.
    """

    folder: str
    package: str
    binary: str
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The step's name in progress and errors."""
        return f"go build of {self.binary}"


@dataclass(frozen=True, kw_only=True)
class TaggedGoBuild(GoBuild):
    """The same, with build tags, which leave parts out."""

    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ModuleFile:
    """One file copied out of a Go module: beside the binaries, or (`embed`) into the folder that is built.

    With `version`, the file is JSON and gets that `version`: a release stamps it so.
    """

    folder: str
    module: str
    path: str
    embed: bool = False
    version: str | None = None

    @property
    def title(self) -> str:
        """The step's name in progress and errors."""
        return f"copy of {Path(self.path).name} from {self.module}"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool, or a few that are only good together: the binaries come from one source, all of them.

    `seconds` is the estimate that is shown: a first build measured on two cores, its modules fetched before.
    `private` are patterns of modules that the public checksum database does not know: `go.sum` pins them.
    `modules` is the folder of the Go modules that `steps` name; where it lies is no part of the key.
    """

    name: str
    version: str
    binaries: tuple[str, ...]
    accept: Accept
    release: Release
    steps: tuple[GoBuild | ModuleFile, ...]
    seconds: int
    private: str = ""
    modules: Path = MODULES

    def key(self, target: Platform) -> str:
        """Return the name of the tool's folder in the cache: it changes whenever the recipe does."""
        digest = hashlib.sha256()
        recipe = (self.name, self.version, self.binaries, self.release, self.steps, self.private, target)
        digest.update(repr(recipe).encode())
        for folder in sorted({step.folder for step in self.steps}):
            for path in sources(self.modules / folder):
                content = (self.modules / folder / path).read_bytes()
                digest.update(path.as_posix().encode() + b"\0" + content)
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"


def sources(module: Path) -> list[Path]:
    """Return the files of one of our Go modules, relative to its folder and in a fixed order.

    Modules that stand in for others lie in folders of it.
    """
    return sorted(
        path.relative_to(module) for path in module.rglob("*") if path.suffix in {".mod", ".sum", ".go"}
    )
