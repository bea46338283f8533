"""Installs mounted Python packages so that the platform finds them, and compares what the platform requires.

Each package is copied, and installed editable from the copy without its dependencies, into a folder that
precedes the image's packages. The pod's other containers see the mounted folder where the copy is here: so no
file is written into the developer's folder, and a change of it needs no installation.
"""

import contextlib
import importlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCES = Path(os.environ.get("OPENEDX_DEVELOPMENT_SOURCES", "/openedx/sources"))
"""Where the mounted folders are, by the names of their mounts."""
COPIES = Path(os.environ.get("OPENEDX_DEVELOPMENT_COPIES", "/openedx/packages"))
"""Where they are copied to; in other containers, where they are mounted."""
ADDED = Path(os.environ.get("OPENEDX_DEVELOPMENT_ADDED", "/openedx/added"))
"""Where they are installed."""
PLATFORM = Path(os.environ.get("OPENEDX_DEVELOPMENT_PLATFORM", "/openedx/edx-platform"))
"""The image's platform, which no folder hides from this script."""

LEFT_OUT = shutil.ignore_patterns(
    ".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", "*.egg-info"
)
REQUIREMENTS = (
    "requirements/edx/base.txt",
    "requirements/edx/development.txt",
    "requirements/edx/assets.txt",
    "uv.lock",
    "package-lock.json",
)
"""Files that the image's packages were installed from."""
METADATA = ("setup.py", "pyproject.toml")
"""Files that the entry points of the platform itself are from."""


class Failure(Exception):
    """A package can't be installed. The message names it, the reason and the remedy."""


def install(name: str) -> None:
    """Install one package. Raises Failure."""
    copy = COPIES / name
    shutil.copytree(SOURCES / name, copy, ignore=LEFT_OUT, symlinks=True, dirs_exist_ok=True)
    backend_name = _backend_name(copy, name)
    try:
        backend = _backend(copy, backend_name)
    except ImportError:
        _by_uv(name, copy, backend_name)
        return
    before, output = Path.cwd(), io.StringIO()
    os.chdir(copy)
    try:
        with tempfile.TemporaryDirectory() as wheels:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                wheel = backend.build_editable(wheels)
            with zipfile.ZipFile(Path(wheels, wheel)) as archive:
                archive.extractall(ADDED)
    except (Exception, SystemExit) as error:
        print(output.getvalue(), file=sys.stderr)
        raise Failure(f"{name} can't be installed by {backend_name}: {error}") from error
    finally:
        os.chdir(before)


def _backend_name(folder: Path, name: str) -> str:
    file = folder / "pyproject.toml"
    if not file.is_file():
        return "setuptools.build_meta:__legacy__"
    try:
        system = tomllib.loads(file.read_text(encoding="utf-8")).get("build-system", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{name} has a pyproject.toml that is no TOML: {error}") from error
    return str(system.get("build-backend", "setuptools.build_meta:__legacy__"))


def _backend(folder: Path, name: str) -> Any:
    module, _, attribute = name.partition(":")
    sys.path[:0] = [str(folder)]  # a setup.py may import its own package
    try:
        backend: Any = importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
    return getattr(backend, attribute) if attribute else backend


def _by_uv(name: str, folder: Path, backend: str) -> None:
    """Let uv, which the image `development` has, fetch the build backend."""
    uv = shutil.which("uv")
    if uv is None:
        module = backend.partition(".")[0]
        raise Failure(f"{name} is built by {module}, which the image lacks: use the image `development`")
    command = [uv, "pip", "install", "--no-deps", "--target", str(ADDED), "--editable", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{name} can't be installed by uv: {done.stderr.strip()}")


def differences(checkout: Path) -> Iterator[str]:
    """What of the mounted platform asks for another image, one line for each file."""
    for file in REQUIREMENTS:
        ours, theirs = _lines(PLATFORM / file), _lines(checkout / file)
        if ours is None or theirs is None or ours == theirs:
            continue
        more = ", ".join(sorted(theirs - ours)[:3])
        detail = f" ({more}, …)" if more and file.endswith(".txt") else ""
        yield (
            f"{file} of the mounted platform asks for other packages than the image has{detail}: build the "
            "image anew, which builds the layers of these files alone"
        )
    for file in METADATA:
        ours, theirs = _lines(PLATFORM / file), _lines(checkout / file)
        if ours is not None and theirs is not None and ours != theirs:
            yield (
                f"{file} of the mounted platform isn't the image's: its entry points are those of the image, "
                "until that is built anew"
            )


def _lines(file: Path) -> set[str] | None:
    if not file.is_file():
        return None
    lines = (line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def main(packages: list[str], platform: str) -> int:
    """Install all packages, and write what people should read. Return the exit code."""
    ADDED.mkdir(parents=True, exist_ok=True)
    notes = list(differences(SOURCES / platform)) if platform else []
    failures = []
    for name in packages:
        try:
            install(name)
        except Failure as error:
            failures.append(str(error))
    (ADDED / "notes").write_text("".join(f"{note}\n" for note in notes), encoding="utf-8")
    for line in [*notes, *failures]:
        print(f"development: {line}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], sys.argv[1]))
