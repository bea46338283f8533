"""Does a stack load only what it uses?"""

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
graph = record(stack, {{secret.name: secret.make() for secret in required(stack)}})
assert len(graph.resources) > 50, len(graph.resources)
print("pulumi_aws" in sys.modules)
"""
_IN_BUCKETS = {
    "aws": {"region": "eu-west-1", "identity": {"source": "pod-identity", "cluster": "campus"}},
    "datastores": {"storage": {"source": "s3"}},
}


@pytest.mark.parametrize(("said", "loaded"), [({}, "False"), (_IN_BUCKETS, "True")])
def test_the_library_of_aws_is_loaded_for_aws_alone(said: dict[str, object], loaded: str) -> None:
    program = _RECORD.format(root=str(ROOT), tests=str(ROOT / "tests"), said=said)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == loaded, done.stderr
