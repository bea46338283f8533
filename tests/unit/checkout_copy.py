"""A copy of the program, in which a test follows a recipe of CONTRIBUTING.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PARTS = ("openedx_infra", "stacks", "policies", "tools", "images")
FILES = ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "pyproject.toml")


@dataclass(frozen=True)
class Copy:
    """A copy of the program in a folder of its own."""

    root: Path

    @classmethod
    def into(cls, folder: Path) -> Copy:
        """Copy the program, and what Python compiled of it."""
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part)
        for name in FILES:
            shutil.copy2(ROOT / name, folder / name)
        return cls(folder)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        (self.root / path).write_text(text, encoding="utf-8")

    def change(self, path: str, *changes: tuple[str, str]) -> None:
        """Replace texts, each of which must be there once."""
        text = (self.root / path).read_text(encoding="utf-8")
        for before, after in changes:
            assert text.count(before) == 1, (path, before)
            text = text.replace(before, after)
        self.write(path, text)

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run Python in the copy, which its modules come from; what it prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr
