"""Credentials of registries, from Docker's configuration on this machine or for it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HUB_KEYS = ("https://index.docker.io/v1/", "docker.io", "index.docker.io")
"""Names of Docker Hub in Docker's configuration."""


@dataclass(frozen=True)
class Login:
    """A user and a password."""

    username: str
    password: str = field(repr=False)

    @property
    def packed(self) -> str:
        """As Docker's configuration has it."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    @property
    def basic(self) -> str:
        """As a header of HTTP says it."""
        return f"Basic {self.packed}"


def docker_login(host: str) -> Login | None:
    """The login of a registry in Docker's configuration, or in the keychain that it names; None if there is
    none."""
    config = docker_settings()
    for key in HUB_KEYS if host == "docker.io" else (host, f"https://{host}"):
        helper = config.get("credHelpers", {}).get(key) or config.get("credsStore")
        if helper and (login := _from_helper(helper, key)):
            return login
        if packed := config.get("auths", {}).get(key, {}).get("auth"):
            username, _, password = base64.b64decode(packed).decode().partition(":")
            return Login(username, password)
    return None


def docker_config(logins: Mapping[str, Login], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A configuration file of Docker's with logins by host, added to another one's content."""
    config = dict(before or {})
    auths = dict(config.get("auths") or {})
    for host, login in logins.items():
        auths[HUB_KEYS[0] if host == "docker.io" else host] = {"auth": login.packed}
    # What is in a keychain would hide them.
    helpers = {
        host: helper for host, helper in (config.get("credHelpers") or {}).items() if host not in logins
    }
    return {**config, "auths": auths, **({"credHelpers": helpers} if helpers else {})}


def docker_settings(folder: Path | None = None) -> Mapping[str, Any]:
    """What Docker's configuration file says; nothing where there is none."""
    folder = folder or Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _from_helper(helper: str, key: str) -> Login | None:
    """Ask a credential helper, by Docker's protocol."""
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"], input=key, capture_output=True, text=True, check=True
        )
        answer = json.loads(done.stdout)
        return Login(answer["Username"], answer["Secret"])
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError):
        return None
