"""Runs the preflight as its Job does: the real package, with the real program's parameters."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from servers import SYSTEM_PYTHON

from openedx_infra import scripts
from openedx_infra.components.datastores import external
from openedx_infra.components.datastores.store import Store
from openedx_infra.components.initialization import preflight
from openedx_infra.components.instance import Instance
from openedx_infra.config import load
from openedx_infra.kubernetes.names import Scope
from openedx_infra.settings import paths

RUN = """
import runpy, time
real = time.time
time.time = lambda: real() + {ahead}
runpy.run_module("preflight", run_name="__main__", alter_sys=True)
"""
"""Runs the package on a machine whose clock is so many seconds ahead."""


@dataclass(frozen=True)
class Looked:
    """What a preflight said."""

    code: int
    text: str

    @property
    def faults(self) -> list[str]:
        return self._after("preflight: fault: ")

    @property
    def warnings(self) -> list[str]:
        return self._after("preflight: warning: ")

    def _after(self, beginning: str) -> list[str]:
        return [line.removeprefix(beginning) for line in self.text.splitlines() if line.startswith(beginning)]

    def demand_fit(self) -> Looked:
        assert (self.code, self.faults) == (0, []), self.text
        assert self.text.endswith("preflight: done: all stores are fit\n")
        return self

    def demand_fault(self, *parts: str) -> str:
        """The only fault, which must hold all these."""
        assert self.code == 1, self.text
        [fault] = self.faults
        assert not [part for part in parts if part not in fault], fault
        assert "Traceback" not in self.text
        assert self.text.endswith("preflight: 1 fault: nothing was changed\n")
        return fault


@dataclass
class Looker:
    """Runs preflights in a folder that is what a pod's files are."""

    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    authorities: list[str] = field(default_factory=list)
    """Files of `network.authorities`, by their names in pods."""
    services: dict[str, Any] = field(default_factory=dict)
    """Companion services, as the stack file has them."""
    proxy: str = ""
    """Address of `network.proxy`."""

    def trust_everywhere(self, authority: Path) -> None:
        """Mount the certificate of an authority that all connections trust."""
        self.trust("authorities-0", authority)
        self.authorities.append("authorities-0-ca.pem")

    def trust(self, store: str, authority: Path) -> None:
        """Mount the certificate of an authority for a store."""
        self._certificates.mkdir(parents=True, exist_ok=True)
        shutil.copy(authority, self._certificates / f"{store}-ca.pem")

    def show(self, store: str, certificate: Path, key: Path) -> None:
        """Mount a client's certificate and key for a store."""
        self._certificates.mkdir(parents=True, exist_ok=True)
        shutil.copy(certificate, self._certificates / f"{store}-client.pem")
        self.secrets[f"{store}-client.key"] = key.read_text()

    def look(self, ahead: float = 0, **stores: Mapping[str, Any]) -> Looked:
        """What a preflight says of stores outside, as the stack file has them; our clock may be ahead."""
        proxy = {"proxy": {"url": self.proxy, "target": "learn.example.org:443"}} if self.proxy else {}
        told = json.dumps(
            {
                **proxy,
                "authorities": [f"{paths.CERTIFICATES_DIR}/{name}" for name in self.authorities],
                "stores": {name: self._told(name, said) for name, said in stores.items()},
            }
        )
        told = told.replace(paths.CERTIFICATES_DIR, str(self._certificates))
        told = told.replace(paths.SECRETS_DIR, str(self._secrets))
        _write(self.folder / "parameters", {"preflight.json": told})
        _write(self._secrets, self.secrets)
        _write(self.folder / "preflight", scripts.package("preflight"))
        done = subprocess.run(
            [SYSTEM_PYTHON, "-c", RUN.format(ahead=ahead)],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(self.folder),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PARAMETERS_DIR": str(self.folder / "parameters"),
                "SECRETS_DIR": str(self._secrets),
                "ATTEMPTS": "1",
                "TIMEOUT_SECONDS": "3",
                **self.environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        shown = done.stdout + done.stderr
        leaked = [name for name, value in self.secrets.items() if value in shown]
        assert not leaked, f"shows {leaked}"
        return Looked(done.returncode, done.stdout + done.stderr)

    def _told(self, name: str, said: Mapping[str, Any]) -> dict[str, Any]:
        section = {"mail": {"delivery": said}} if name == "mail" else {"datastores": {name: said}}
        stack = load("dev", {"site": {"lms_host": "learn.example.org"}, **section, "services": self.services})
        scope = Scope(namespace="dev", instance="dev", part_of="openedx")
        instance = Instance(stack=stack, scope=scope, secrets=self.secrets)
        model = stack.mail.delivery if name == "mail" else getattr(stack.datastores, name)
        store: Store[Any] = getattr(external, name)(instance, model)
        return {**preflight.about(name, stack, store), "connection": asdict(store.connection)}

    @property
    def _certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def _secrets(self) -> Path:
        return self.folder / "secrets"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
