"""Which stack files do tests use? The least that one can say, and what files of tests/cases say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from openedx_infra.config import PROJECT, SECRETS_KEY

LEAST = {"site": {"lms_host": "learn.example.org"}}


def said_by(path: Path) -> dict[str, Any]:
    """What a stack file says, by the keys of the project."""
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    said = {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}
    return {key: value for key, value in said.items() if key != SECRETS_KEY}
