"""Runs of the script that retires accounts, by a stand-in for the platform's client of the LMS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import settings_case as case
import yaml

from openedx_infra import scripts
from openedx_infra.config import Stack, load
from openedx_infra.settings.parts.retirement import configuration

SECRETS = {
    "retirement_oauth2_secret": "the secret",
    "retirement_archive_access_key": "archive",
    "retirement_archive_secret_key": "archive key",
    "retirement_reports_access_key": "reports",
    "retirement_reports_secret_key": "reports key",
}
BUILT = {"openedx": "registry.example.org/o:1", "mfe": "registry.example.org/m:1"}


def stack(release: str = "verawood", enabled: bool = True, **said: Any) -> Stack:
    retirement = {"enabled": enabled, **said.pop("retirement", {})}
    least = {"site": {"lms_host": "learn.example.org"}, "release": release, "images": BUILT}
    return load("campus", {**least, "retirement": retirement, **said})


class Run:
    """One run of the script over accounts, by a stand-in for the platform's client."""

    def __init__(self, folder: Path, accounts: dict[str, Any], secrets: Any = None, **said: Any) -> None:
        said_stack = stack(retirement=said)
        file = folder / "accounts.json"
        states = case.plain("lms", said_stack)["RETIREMENT_STATES"]
        file.write_text(json.dumps({"states": states, "accounts": accounts}), encoding="utf-8")
        (folder / "config.yml").write_text(
            yaml.safe_dump(configuration(said_stack, SECRETS | (secrets or {})))
        )
        (folder / "retire.py").write_text(scripts.text("retire.py"), encoding="utf-8")
        standin = case.DATA / "retirement"
        done = subprocess.run(
            [sys.executable, str(folder / "retire.py"), str(folder / "config.yml")],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(standin),
                "PYTHONDONTWRITEBYTECODE": "1",
                "ACCOUNTS": str(file),
            },
            cwd=standin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.code, self.printed = done.returncode, done.stdout + done.stderr
        self.accounts: dict[str, Any] = json.loads(file.read_text())["accounts"]

    def states(self) -> dict[str, str]:
        return {name: each["state"] for name, each in self.accounts.items()}


def account(number: int, state: str = "PENDING", days: int = 30, **more: Any) -> dict[str, Any]:
    return {"id": number, "state": state, "days": days, **more}
