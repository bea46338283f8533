"""A stack loads only what it uses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from openedx_infra.config.services.registry import BUILT_IN

ROOT = Path(__file__).parents[2]
_RECORD = """
import json, os, sys
sys.path[:0] = [{root!r}, {tests!r}]
from samples import LEAST
from openedx_infra.config import load
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.offline import check
from openedx_infra.operations.secrets.secrets import stand_ins
for values in {cases!r}:
    sys.stdout.flush()
    child = os.fork()  # so that no case has what another one loaded
    if child:
        assert os.waitpid(child, 0)[1] == 0
        continue
    stack = load("dev", {{**LEAST, **values}})
    secrets = stand_ins(stack)
    graph = check.recorded(stack, secrets)
    objects = graph.objects()
    assert len(objects) > 50 and not check.complaints(stack, graph, secrets)
    assert check.reservation(objects).running.memory > 0
    print(json.dumps([name for name in {modules!r} if name in sys.modules]))
    sys.stdout.flush()
    os._exit(0)
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

SERVICES = {name: place.partition(":")[0] for name, place in BUILT_IN.items()}
"""Modules of all services of this program."""
COMPANIONS = "openedx_infra.components.companions.companion"
OF_NONE = (
    *SERVICES.values(),
    COMPANIONS,
    "lightkube",
    "httpx2",
    "cryptography.x509",
)
"""Modules of services, of other commands, and of files of certificates, which none of these stacks has."""
ONE_SERVICE = "notes"


@pytest.fixture(scope="module")
def loaded() -> list[list[str]]:
    """What is loaded for the smallest stack, and for each of the others, to check it."""
    program = _RECORD.format(
        root=str(ROOT),
        tests=str(ROOT / "tests"),
        cases=[{}, *OF_FEW.values(), {"services": {ONE_SERVICE: {}}}],
        modules=[*OF_FEW, *OF_NONE],
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_small_stack_loads_nothing_of_what_few_have(loaded: list[list[str]]) -> None:
    assert loaded[0] == []


def test_what_a_stack_needs_is_loaded_for_it(loaded: list[list[str]]) -> None:
    assert loaded[1:-1] == [[module] for module in OF_FEW]


def test_a_service_loads_no_other_one(loaded: list[list[str]]) -> None:
    assert set(loaded[-1]) == {SERVICES[ONE_SERVICE], COMPANIONS}
