"""The Git repository of this checkout: what differs from a base, and the base's files."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from openedx_infra.operations.errors import OperationError

BASES = ("origin/HEAD", "origin/main", "main", "origin/master", "master")
"""What a change is compared with where no base is named: the first that exists."""


@dataclass(frozen=True)
class Repository:
    """The Git repository that a folder is in, seen from that folder."""

    folder: Path

    def base(self, ref: str | None = None) -> str:
        """The commit that this branch left `ref`, or the main branch, at.

        Raises OperationError when there is no such commit.
        """
        if self._try("rev-parse", "--is-inside-work-tree") is None:
            raise OperationError(
                f"{self.folder} is in no Git repository, so there is nothing to compare with.",
                remedy="run it in a clone of your repository, with Git installed",
            )
        for name in (ref,) if ref else BASES:
            if self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"):
                return self._fork_point(name)
        raise OperationError(
            f"There is no commit {ref}." if ref else f"None of {', '.join(BASES)} exists.",
            remedy="name a branch or commit by --base, and fetch it before (`git fetch --unshallow` in CI)",
        )

    def _fork_point(self, name: str) -> str:
        commit = self._try("merge-base", "--end-of-options", name, "HEAD")
        if commit is None:
            raise OperationError(
                f"{name} and this branch have no commit in common.",
                remedy="fetch the whole history: `git fetch --unshallow`",
            )
        return commit.strip()

    def changed(self, base: str) -> tuple[str, ...]:
        """Paths that differ from the base, those that aren't committed or added among them, sorted."""
        compared = self._run("diff", "--name-only", "--no-renames", "--relative", "-z", base)
        new = self._run("ls-files", "--others", "--exclude-standard", "-z")
        return tuple(sorted({*filter(None, compared.split("\0")), *filter(None, new.split("\0"))}))

    def text(self, base: str, path: str) -> str | None:
        """A file as the base has it; None when it has none."""
        return self._try("show", f"{base}:./{path}")

    @contextmanager
    def files(self, base: str) -> Iterator[Path]:
        """A folder with the base's files, which is gone when the context ends."""
        with TemporaryDirectory(prefix="openedx-infra-base-") as folder:
            done = subprocess.run(
                ["git", "archive", "--format=tar", base, "."],
                cwd=self.folder,
                capture_output=True,
                check=False,
            )
            if done.returncode:
                raise OperationError(f"git archive failed: {done.stderr.decode(errors='replace').strip()}")
            with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
                archive.extractall(folder, filter="data")
            yield Path(folder)

    def _run(self, *arguments: str) -> str:
        output = self._try(*arguments)
        if output is None:
            raise OperationError(f"`git {arguments[0]}` failed in {self.folder}.")
        return output

    def _try(self, *arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return None
        return None if done.returncode else done.stdout
