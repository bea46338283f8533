"""What tests share: stacks, secrets, and graphs that are recorded once for each configuration."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# An Output that is turned into text by mistake raises, rather than ending in a manifest as a warning.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"

import hypothesis
import pytest
from samples import LEAST, said_by
from skips import pytest_sessionfinish, pytest_terminal_summary

from openedx_infra.config import BaseStack, describe
from openedx_infra.config.secrets.catalogue import BY_NAME
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.secrets.secrets import stand_in

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

# A run in the background of a shell ignores Ctrl-C, as does all that it starts. Tests send it to processes.
signal.signal(signal.SIGINT, signal.default_int_handler)

CASES = Path(__file__).parent / "cases"

# Hypothesis' own limits of time fail on a busy machine. In CI its examples are the same each time, so that a
# change is judged by what it changes.
hypothesis.settings.register_profile(
    "unhurried",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("unhurried")

# Recorded graphs are kept for the whole run: to look for garbage in them again and again takes a sixth of it.
gc.set_threshold(100_000, 50, 1000)


@pytest.fixture(scope="session")
def secrets() -> dict[str, str]:
    """Values of all secrets, made as `secrets generate` makes them."""
    return {name: stand_in(secret) for name, secret in BY_NAME.items()}


@pytest.fixture(scope="session")
def needed(secrets: dict[str, str]) -> Callable[[BaseStack], Mapping[str, str]]:
    """The secrets that a stack needs."""
    return lambda stack: {
        secret.name: secrets.get(secret.name, "known-to-the-operator") for secret in required(stack)
    }


@pytest.fixture(scope="session")
def recorded(needed: Callable[[BaseStack], Mapping[str, str]]) -> Callable[..., Graph]:
    """Records graphs, each once."""
    graphs: dict[str, Graph] = {}

    def graph_of(said: Mapping[str, Any] = LEAST, *, name: str = "dev", preview: bool = False) -> Graph:
        key = json.dumps([name, preview, said], sort_keys=True, default=str)
        if key not in graphs:
            stack = describe(name, said)
            graphs[key] = record(stack, needed(stack), preview=preview)
        return graphs[key]

    return graph_of


@pytest.fixture(scope="session")
def everything() -> dict[str, Any]:
    """A stack that says every key there is: a Gateway, cert-manager, many replicas, mail by a provider.

    It has one version: two have tests of their own (test_blue_green.py)."""
    said = said_by(CASES / "everything.ok.yaml")
    del said["blue_green"]
    return said


@pytest.fixture(scope="session", params=["least", "everything"])
def graph(
    request: pytest.FixtureRequest, recorded: Callable[..., Graph], everything: dict[str, Any]
) -> Graph:
    """The graph of the smallest stack file, and of one that says everything: laws hold for both."""
    return recorded(LEAST if request.param == "least" else everything)
