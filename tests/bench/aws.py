"""Stacks on AWS, made on this machine with the embedded cluster and an AWS that is simulated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.engine import session
from openedx_infra.operations.engine.session import Request, Session
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.checkout import CHECKOUT
from openedx_infra.operations.state.open_stack import open_stack, tools
from tests.bench import stacks
from tests.samples import decided
from tools.control_plane import CONTEXT

PLUGIN = CHECKOUT / "tests" / "simulated_aws" / "bin"
DIRECTORY = "SIMULATED_AWS_DIR"
"""Variable of the simulated AWS with its folder."""


def have_at_hand(folder: Path) -> None:
    """Let Pulumi find the simulated AWS instead of the real provider, with its cloud in a folder."""
    os.environ["PATH"] = f"{PLUGIN}{os.pathsep}{os.environ['PATH']}"
    os.environ[DIRECTORY] = str(folder / "cloud")


def stack(folder: Path, name: str, said: Mapping[str, Any]) -> Session:
    """A stack that says so, with secrets, of which nothing was made yet."""
    file = folder / f"Pulumi.{name}.yaml"
    file.write_text(yaml.safe_dump({"config": {f"{PROJECT}:{key}": value for key, value in said.items()}}))
    quiet = Console(quiet=True)
    read = stack_file.read(name, file)
    described = stack_file.validated(read, placeholders=True)
    live = open_stack(read, tools(quiet))
    live.create()
    secrets.generate(read, described, live)
    for secret in required(described):
        if not secret.make:
            key = f"{PROJECT}:{SECRETS_KEY}.{secret.name}"
            words = ("--stack", name, "--config-file", str(file))
            live.run("config", "set", "--secret", "--path", key, *words, stdin="known-to-the-operator")
    return session.begin(Request(name=name, config_file=file), quiet)


def embedded(name: str) -> dict[str, str]:
    """What a stack says to go to the embedded cluster, as if it were somebody else's."""
    kubeconfig = stacks.kubeconfig()
    return {"context": CONTEXT, "kubeconfig": kubeconfig, "namespace": f"openedx-{name}"}


@cache
def prod(folder: Path) -> Session:
    """The production example, with all that it leaves open decided, complete."""
    said = decided(CHECKOUT / "Pulumi.prod.yaml")
    made = stack(folder, "prod", {**said, "cluster": embedded("prod")})
    stacks.up(made)
    return made
