"""A pod of the platform: the mounted files, the environment, and a stand-in for the platform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import settings_case as case

from openedx_infra import settings
from openedx_infra.config import Stack
from openedx_infra.settings import Site, paths
from openedx_infra.settings.connections import Connections

SHOW = """
import json, os
from importlib import import_module
module = import_module(os.environ["DJANGO_SETTINGS_MODULE"])
from codejail import jail_code
shown = {name: value for name, value in vars(module).items() if name.isupper()}
shown["ENV_TOKENS"] = None
shown["_flag"] = module.FEATURES["ENABLE_DISCUSSION_SERVICE"]
shown["_jail"] = jail_code.COMMANDS
shown["_environment"] = os.environ[os.environ["SITE"].upper() + "_CFG"]
descriptors = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
shown["_files"] = [os.readlink(name) for name in descriptors if os.path.islink(name)]
shown["_names"] = [name for name in vars(module) if not name.startswith("__")]
print(json.dumps(shown, default=str))
"""


class Pod:
    """A folder with all that a pod of a site has: the platform, the mounted files, and the environment."""

    def __init__(
        self,
        folder: Path,
        site: Site,
        known: Connections | None = None,
        *,
        stack: Stack | None = None,
        own: Mapping[str, str] | None = None,
    ) -> None:
        """`own` are secrets of the operator's, by name, to which settings of `stack` refer."""
        stack = stack or case.stack()
        self.site, self.folder = site, folder
        for name in ("config", "secrets", "platform"):
            (folder / name).mkdir()
        self._write("config", case.plain(site, stack, known))
        self._write("secrets", case.secret(site, stack, known, own))
        for source in (case.DATA / "platform").rglob("*.py"):
            target = folder / "platform" / source.relative_to(case.DATA / "platform")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        facts = (case.DATA / "releases/production.json").read_text(encoding="utf-8")
        (folder / "platform/production.json").write_text(facts, encoding="utf-8")
        package = folder / "platform" / site / "envs" / paths.MODULE
        package.mkdir()
        for name, text in settings.module_files(site, stack).items():
            (package / name).write_text(
                text.replace(paths.PRIVATE_DIR, str(folder / "private")), encoding="utf-8"
            )

    def _write(self, folder: str, said: Mapping[str, Any]) -> None:
        """Settings as a file, with the folders of this pod instead of those of a real one."""
        text = settings.dump(said)
        for mount in (paths.CERTIFICATES_DIR, paths.SECRETS_DIR):
            text = text.replace(mount, str(self.folder / Path(mount).name))
        (self.folder / folder / f"{self.site}.yml").write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What every process in it has."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.folder / "platform"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SITE": self.site,
            "DJANGO_SETTINGS_MODULE": paths.settings_module(self.site),
            "OPENEDX_SECRETS_DIR": str(self.folder / "secrets"),
            f"{self.site.upper()}_CFG": str(self.folder / "config" / f"{self.site}.yml"),
        }

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def loaded(self, **environment: str) -> dict[str, Any]:
        done = self.run(SHOW, **environment)
        assert done.returncode == 0, done.stderr
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown
