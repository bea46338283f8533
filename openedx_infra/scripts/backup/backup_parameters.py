"""Parameters of a run: databases from a file, passwords from others, folders from the environment."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Refused(Exception):
    """Something is not as it must be; the text says what, for people."""


def step(text: str) -> None:
    """Say what is done."""
    print(f"backup: {text}", flush=True)


def databases_dir() -> Path:
    """The folder of dumps."""
    return Path(os.environ["DATABASES_DIR"])


def files_dir() -> Path:
    """The folder of uploaded files, one folder for each kind."""
    return Path(os.environ["FILES_DIR"])


def kinds_of_files() -> list[str]:
    """Kinds of uploaded files that are kept; none where they are not in backups."""
    return os.environ.get("KINDS", "").split()


def kinds_of_services() -> list[str]:
    """Those of them that belong to companion services."""
    return os.environ.get("SERVICE_KINDS", "").split()


def parameters() -> Mapping[str, Any]:
    """What the instance is, and how its databases are reached: `mysql` by file name (`main`, `history`), as
    Django says it; `mongodb` as the platform's DOC_STORE_CONFIG. A database that is not kept is not there."""
    folder = Path(os.environ.get("PARAMETERS_DIR", "/openedx/parameters"))
    result: Mapping[str, Any] = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
    return result


def secret(name: str) -> str:
    """A secret by the name of its file."""
    return (
        Path(os.environ.get("SECRETS_DIR", "/openedx/secrets"), name).read_text(encoding="utf-8").rstrip("\n")
    )
