"""Builds by buildx, on the builder that `tools` starts, with what it prints."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tools.builder import NAME, Builder

# Fetching the image that a stage begins with is no step of it: `FROM` is looked up in each build.
_STEP = re.compile(r"#(?P<number>\d+) \[(?P<name>[^\]]+)\] (?!FROM )\S")
_CACHED = re.compile(r"#(?P<number>\d+) CACHED")


@dataclass(frozen=True)
class Built:
    """What came of a build: its words, how long it took, and the digest of what was pushed."""

    output: str
    seconds: float
    code: int
    digest: str | None = None

    def ran(self) -> set[str]:
        """Stages of which a step was carried out: neither from the cache nor read only."""
        return {name.split()[0] for name in self._steps(cached=False) if " " in name}

    def cached(self) -> set[str]:
        """Stages of which a step came from the cache."""
        return {name.split()[0] for name in self._steps(cached=True) if " " in name}

    def _steps(self, *, cached: bool) -> set[str]:
        names = {match["number"]: match["name"] for match in _STEP.finditer(self.output)}
        from_cache = {match["number"] for match in _CACHED.finditer(self.output)}
        return {name for number, name in names.items() if (number in from_cache) == cached}


@dataclass(frozen=True)
class Buildx:
    """The command, with the environment of the builder."""

    binary: Path
    builder: Builder

    @property
    def registry(self) -> str:
        """The tests' registry."""
        return self.builder.registry

    def environment(self) -> dict[str, str]:
        """The environment of the builder, without anybody's Docker configuration."""
        return self.builder.environment(os.environ)

    def has(self, reference: str) -> bool:
        """Whether the registry has an image."""
        return self._manifest(reference).is_success

    def build(self, folder: Path, **options: Any) -> Built:
        """Build, and fail when the build does; the options are those of `attempt`."""
        built = self.attempt(folder, **options)
        assert built.code == 0, built.output[-6000:]
        return built

    def attempt(
        self,
        folder: Path,
        *,
        tag: str | None = None,
        target: str | None = None,
        arguments: Mapping[str, str] | None = None,
        contexts: Mapping[str, Path | str] | None = None,
        secrets: Mapping[str, Path] | None = None,
        dockerfile: Path | None = None,
        extra: Path | None = None,
        flags: Sequence[str] = (),
    ) -> Built:
        """Build, whatever comes of it; with a tag, the image is pushed."""
        command = [str(self.binary), "build", "--builder", NAME, "--progress", "plain", *flags]
        command += ["--provenance", "false", "--file", str(dockerfile or folder / "Dockerfile")]
        for name, value in (arguments or {}).items():
            command += ["--build-arg", f"{name}={value}"]
        for name, place in (contexts or {}).items():
            command += ["--build-context", f"{name}={place}"]
        for name, path in (secrets or {}).items():
            command += ["--secret", f"id={name},src={path}"]
        if target is not None:
            command += ["--target", target]
        if tag is not None:
            command += ["--tag", tag, "--push"]
        begin = time.monotonic()
        done = subprocess.run(
            [*command, str(extra or folder)],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        digest = self.digest(tag) if tag is not None and done.returncode == 0 else None
        return Built(done.stdout, time.monotonic() - begin, done.returncode, digest)

    def _manifest(self, reference: str) -> httpx2.Response:
        address, _, name = reference.partition("/")
        repository, _, tag = name.rpartition(":")
        accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
        return httpx2.get(
            f"http://{address}/v2/{repository}/manifests/{tag}", headers={"accept": accept}, trust_env=False
        )

    def digest(self, reference: str) -> str:
        """The digest that the registry has by a tag."""
        return str(self._manifest(reference).raise_for_status().headers["docker-content-digest"])

    def manifest(self, reference: str) -> dict[str, Any]:
        """An image's manifest."""
        return dict(self._manifest(reference).raise_for_status().json())

    def configuration(self, reference: str) -> dict[str, Any]:
        """What an image says of itself: user, environment, command, history."""
        return dict(json.loads(self.blob(reference, self.manifest(reference)["config"]["digest"])))

    def layers(self, reference: str) -> Iterator[bytes]:
        """An image's layers from the lowest up, each an archive that is no longer compressed."""
        for layer in self.manifest(reference)["layers"]:
            yield gzip.decompress(self.blob(reference, layer["digest"]))

    def blob(self, reference: str, digest: str) -> bytes:
        """A layer or the configuration of an image."""
        address, _, name = reference.partition("/")
        repository = name.rpartition(":")[0]
        response = httpx2.get(f"http://{address}/v2/{repository}/blobs/{digest}", trust_env=False, timeout=60)
        response.raise_for_status()
        return response.content

    def unpack(self, reference: str, into: Path) -> Path:
        """Lay an image's layers over each other, as a node does."""
        for layer in self.layers(reference):
            with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
                for member in tar:
                    name = Path(member.name)
                    if name.name.startswith(".wh."):
                        _remove(into / name.with_name(name.name.removeprefix(".wh.")))
                        continue
                    if not member.isdir():
                        _remove(into / name)
                    tar.extract(member, into, numeric_owner=True, filter="fully_trusted")
        into.chmod(0o755)
        return into


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
