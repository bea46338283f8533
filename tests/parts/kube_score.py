"""Runs kube-score over a stack: its complaints, and which of them are explained."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

EXPLAINED = Path(__file__).parent / "kube-score.yaml"
KUBERNETES = "v1.35"
OPTIONAL = ("container-seccomp-profile", "container-ports-check")
"""Checks that kube-score makes only when asked."""
GOOD = 10


@dataclass(frozen=True, order=True)
class Complaint:
    """One thing that it finds."""

    stack: str
    where: str
    """Kind and name of the object, such as `Deployment/lms`; what Pulumi adds to a name is left out."""
    check: str
    text: str


@dataclass(frozen=True)
class Explained:
    """Complaints that a decision explains."""

    check: str
    reason: str
    objects: Sequence[str] = ("*",)
    """Patterns of the objects that it is about."""
    text: str = "*"
    """Pattern of what is said of them."""
    stacks: Sequence[str] = field(default=("*",))

    def covers(self, complaint: Complaint) -> bool:
        return (
            self.check == complaint.check
            and fnmatch(complaint.text, self.text)
            and any(fnmatch(complaint.where, pattern) for pattern in self.objects)
            and any(fnmatch(complaint.stack, pattern) for pattern in self.stacks)
        )


def explained() -> list[Explained]:
    """All that is explained."""
    return [Explained(**said) for said in yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))]


def complaints(binary: Path, stack: str, files: Sequence[Path]) -> list[Complaint]:
    """What kube-score finds in the objects of a stack. It sees them all at once, as they belong together."""
    options = [word for name in OPTIONAL for word in ("--enable-optional-test", name)]
    command = [str(binary), "score", "-o", "json", "--kubernetes-version", KUBERNETES, *options]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True)
    # 1 says that something is critical; of what it can't read it says so, and nothing in JSON.
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    return sorted({found for scored in json.loads(done.stdout) for found in _of(stack, scored)})


def _of(stack: str, scored: Mapping[str, Any]) -> Iterator[Complaint]:
    name = scored["object_meta"]["name"].removesuffix("-00000000")
    for check in scored["checks"]:
        if not check["skipped"] and check["grade"] < GOOD:
            for comment in check["comments"] or [{"summary": check["check"]["name"]}]:
                where = f"{scored['type_meta']['kind']}/{name}"
                yield Complaint(stack, where, check["check"]["id"], comment["summary"])
