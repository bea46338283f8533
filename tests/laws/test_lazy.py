"""A stack loads only what it uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_RECORD = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from samples import LEAST
from openedx_infra.config import load
from openedx_infra.config.secrets.needed import required
from openedx_infra.operations.offline.recording import record
stack = load("dev", {{**LEAST, **{said!r}}})
graph = record(stack, {{secret.name: secret.make() if secret.make else "x" for secret in required(stack)}})
assert len(graph.resources) > 50, len(graph.resources)
print(*(name for name in {modules!r} if name in sys.modules))
"""
_IN_BUCKETS = {
    "aws": {"region": "eu-west-1", "identity": {"source": "pod-identity", "cluster": "campus"}},
    "datastores": {"storage": {"source": "s3"}},
}
OF_FEW = {
    "pulumi_aws": _IN_BUCKETS,
    "openedx_infra.components.backups.backups": {
        "backups": {"destination": {"endpoint": "https://s3.example.org", "bucket": "kept"}, "files": False}
    },
    "openedx_infra.components.monitoring.monitoring": {"monitoring": {"prometheus": True}},
}
"""Modules that take a while to load, each with a stack that needs it."""


def _loaded(said: dict[str, object]) -> list[str]:
    program = _RECORD.format(root=str(ROOT), tests=str(ROOT / "tests"), said=said, modules=[*OF_FEW])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_small_stack_loads_nothing_of_what_few_have() -> None:
    assert _loaded({}) == []


@pytest.mark.parametrize("module", OF_FEW)
def test_what_a_stack_needs_is_loaded_for_it(module: str) -> None:
    assert _loaded(OF_FEW[module]) == [module]
