"""Copies uploaded files: those that the target lacks or has otherwise, as one archive for each folder."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.transfer.copying import SCRIPT, Pod
from openedx_infra.operations.transfer.place import Stream
from openedx_infra.operations.transfer.report import Report
from openedx_infra.operations.transfer.source import Folder

SAMPLE = 50
"""Files of each folder that are compared by checksum (a choice: bytes are compared by size anyway)."""
SEED = 16
"""So that a repeated run compares the same files."""
_LIST = "%s\\t%T@\\t%P\\0"


@dataclass(frozen=True, kw_only=True)
class FileCopying:
    """A copy of uploaded files. Run again, it sends what changed since, and what a kill left out."""

    pod: Pod
    report: Report
    console: Console

    def run(self, folder: Folder) -> None:
        """Copy and compare one folder. Raises OperationError where files are still lacking, or differ."""
        with self.report.step(f"files of {folder.kind}"):
            listed = folder.place.text(
                ["find", f"{folder.place.path}/", "-type", "f", "-printf", _LIST]
            ).encode()
            answer = self._asked(folder, listed)
            if answer["wanted"]:
                self._send(folder, answer["wanted"])
                answer = self._asked(folder, listed)
            compared = self._compared(folder, listed)
        if answer["wanted"]:
            shown = ", ".join(answer["wanted"][:5])
            raise OperationError(
                f"{len(answer['wanted'])} files of {folder.kind} did not come: {shown}.",
                remedy="some may have been deleted at the source meanwhile: run the same command again",
            )
        self.report.files[folder.kind] = {
            "count": answer["count"], "bytes": answer["bytes"], "compared": compared
        }  # fmt: skip
        if answer["left_out"]:
            self.report.notes.append(f"{answer['left_out']} files of {folder.kind} have no place here")

    def _asked(self, folder: Folder, listed: bytes) -> dict[str, Any]:
        request = {"action": "files_wanted", "kind": folder.kind}
        answer: dict[str, Any] = self.pod.ask(SCRIPT, request, data=io.BytesIO(listed))
        return answer

    def _send(self, folder: Folder, paths: list[str]) -> None:
        self.console.print(f"Copying {len(paths)} files of {folder.kind}", style="bold", highlight=False)
        names = b"\0".join(path.encode(errors="surrogateescape") for path in paths)
        options = ["--ignore-failed-read", "--warning=no-file-changed", "--no-recursion"]
        words = ["tar", "-C", folder.place.path, "-cf", "-", *options, "--null", "-T", "-"]
        with Stream(folder.place, words, names) as stream:
            self.pod.ask(SCRIPT, {"action": "files_put", "kind": folder.kind}, data=stream)

    def _compared(self, folder: Folder, listed: bytes) -> int:
        """Compare a sample by checksum; return its number."""
        paths = sorted(line.split(b"\t", 2)[2] for line in listed.split(b"\0") if line)
        sample = random.Random(SEED).sample(paths, min(SAMPLE, len(paths)))
        if not sample:
            return 0
        words = ["sh", "-c", 'cd "$1" && exec xargs -0 sha256sum --zero', "sh", folder.place.path]
        lines = folder.place.text(words, b"\0".join(sample)).split("\0")
        there = {path: checksum for checksum, _, path in (line.partition("  ") for line in lines if line)}
        answer = self.pod.ask(SCRIPT, {"action": "files_checksums", "kind": folder.kind, "paths": there})
        if answer["different"]:
            raise OperationError(
                f"Files of {folder.kind} differ from the source's: {', '.join(answer['different'][:5])}.",
                remedy="put the old site to rest, and run the same command: they are sent again",
            )
        return int(answer["compared"])
