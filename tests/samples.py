"""Stack files of tests: the least that one can write, and those of tests/cases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.config import PROJECT, SECRETS_KEY, Stack, describe

DIGEST = "@sha256:" + "0f" * 32
"""A digest that no image has."""
AUTHORITY = "tests/data/certificates/ca.pem"
"""Certificate of an authority that nobody trusts; it stands for those of Amazon RDS."""
LEAST = {"site": {"lms_host": "learn.example.org"}}


def said_by(path: Path) -> dict[str, Any]:
    """What a stack file says, by the keys of the project."""
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    said = {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}
    return {key: value for key, value in said.items() if key != SECRETS_KEY}


def decide(text: str) -> str:
    """A stack file whose operator has decided all that it leaves open: ids of AWS are hexadecimal."""
    return re.sub(r"\b(vpc|subnet|sg)-CHANGEME", r"\1-0a1b2c3d4e5f6071", text).replace("CHANGEME", "campus")


def decided(path: Path) -> dict[str, Any]:
    """What a stack file says once its operator has decided all that it leaves open."""
    said: dict[str, Any] = yaml.safe_load(decide(yaml.safe_dump(said_by(path))))
    stack = describe("campus", said, placeholders=True)
    if not isinstance(stack, Stack):
        return said
    if stack.images.require_digest:
        images = {name: image for name, image in stack.published_images.items() if image}
        said["images"] = {**said["images"], **{name: f"{image}{DIGEST}" for name, image in images.items()}}
    for name in ("mysql", "mongodb"):
        if hasattr(getattr(stack.datastores, name), "ca"):
            said["datastores"][name]["ca"] = AUTHORITY
    return said
