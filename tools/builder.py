"""A private BuildKit and registry, for tests and for machines without Docker.

The builder is BuildKit, whose steps run in runc with the machine's own network; the registry keeps
what it is given in a folder. Both listen on this machine only: the builder at a socket that its owner alone
may use, the registry at loopback.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2
from filelock import FileLock

from tools import ports
from tools.errors import ToolError
from tools.paths import private_dir, state_dir
from tools.processes import POLL_SECONDS, Daemon, stop_all
from tools.recipes import IMAGES
from tools.toolchain import Toolchain, ensure

NAME = "openedx-infra"
"""Name of the builder: `builder={"name": NAME}` on an Image, or `buildx build --builder NAME`."""

START_SECONDS = 60.0
"""How long a process may take to answer: both take about a second; guessed for a busy machine."""

RUNC = ("buildkit-runc", "runc")
"""Names under which the program that runs a build's steps is looked for: BuildKit's own release, Debian's."""

_BUILDKITD = """\
root = "{root}"

[grpc]
address = ["unix://{socket}"]

[worker.oci]
enabled = true
binary = "{runc}"
networkMode = "host"
max-parallelism = {parallelism}
gc = true
maxUsedSpace = "{keep}GB"
{reserved}

[worker.containerd]
enabled = false

[registry."{registry}"]
http = true
"""

_REGISTRY = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""


class Builder:
    """The builder and the registry in a folder; they outlive the program that starts them.

    `storage` is where BuildKit keeps its cache (default: in the folder). `parallelism` is how many steps run
    at once: webpack takes 2 to 4 GB each, so it is not simply the number of processors. `keep` is how many
    gigabytes of cache stay: what was used last. `reserved` is how many of them stay even where the disk has
    little room, a fifth of it or less (default: BuildKit's own, a tenth of the disk).
    """

    def __init__(
        self,
        directory: Path,
        toolchain: Toolchain | None = None,
        *,
        storage: Path | None = None,
        parallelism: int = 4,
        keep: int = 40,
        reserved: int | None = None,
    ) -> None:
        self._directory = directory
        self._toolchain = toolchain
        self._storage = storage or directory / "buildkit"
        self._parallelism = parallelism
        self._keep = keep
        self._reserved = reserved
        self._daemons = {
            name: Daemon(name, directory / f"{name}.log", directory / f"{name}.json")
            for name in ("registry", "buildkitd")
        }

    @property
    def registry(self) -> str:
        """Address of the registry, such as `127.0.0.1:20123`; the builder must have been started once."""
        return f"127.0.0.1:{ports.remembered(self._ports)['registry']}"

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which buildx and Pulumi's docker-build plugin find this builder."""
        return {**base, "BUILDX_CONFIG": str(self._directory / "buildx"), "BUILDX_BUILDER": NAME}

    def start(self) -> None:
        """Start both and wait until they answer; what runs is left alone.

        Raises ToolError when there is no runc, when this is not root, or with a process' log.
        """
        runc = _require_runc()
        private_dir(self._directory)
        with self._lock():
            toolchain = self._toolchain or ensure(IMAGES)
            if self._daemons["registry"].pid() is None:
                ports.choose(self._ports, ["registry"])
                self._start_registry(toolchain)
            if self._daemons["buildkitd"].pid() is None:
                self._start_buildkitd(toolchain, runc)
            self._introduce(toolchain)

    def stop(self) -> None:
        """Stop both and wait until they are gone; images and cache stay."""
        if self._directory.is_dir():
            with self._lock():
                stop_all([self._daemons["buildkitd"], self._daemons["registry"]])

    def destroy(self) -> None:
        """Stop both and delete what they keep."""
        self.stop()
        for folder in (self._storage, self._directory):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _ports(self) -> Path:
        return self._directory / "ports.json"

    @property
    def _socket(self) -> Path:
        return self._directory / "buildkitd.sock"

    def _lock(self) -> FileLock:
        return FileLock(self._directory.parent / f"{self._directory.name}.lock")

    def _start_registry(self, toolchain: Toolchain) -> None:
        configuration = self._directory / "registry.yml"
        configuration.write_text(_REGISTRY.format(root=self._directory / "images", address=self.registry))
        daemon = self._daemons["registry"]
        daemon.start([str(toolchain.paths["registry"]), "serve", str(configuration)], os.environ)
        _wait(daemon, self._registry_answers)

    def _registry_answers(self) -> bool:
        try:
            return httpx2.get(f"http://{self.registry}/v2/", trust_env=False).is_success
        except httpx2.HTTPError:
            return False

    def _start_buildkitd(self, toolchain: Toolchain, runc: Path) -> None:
        configuration = self._directory / "buildkitd.toml"
        configuration.write_text(
            _BUILDKITD.format(
                root=self._storage,
                socket=self._socket,
                runc=runc,
                registry=self.registry,
                parallelism=self._parallelism,
                keep=self._keep,
                reserved="" if self._reserved is None else f'reservedSpace = "{self._reserved}GB"',
            )
        )
        self._socket.unlink(missing_ok=True)
        daemon = self._daemons["buildkitd"]
        daemon.start([str(toolchain.paths["buildkitd"]), "--config", str(configuration)], os.environ)
        _wait(daemon, self._socket.exists)

    def _introduce(self, toolchain: Toolchain) -> None:
        """Tell buildx of the builder, in a configuration of its own: the user's stays as it is."""
        command = [str(toolchain.paths["buildx"]), "create", "--name", NAME, "--driver", "remote"]
        environment = self.environment(os.environ)
        if (self._directory / "buildx" / "instances" / NAME).exists():
            return
        done = subprocess.run(
            [*command, f"unix://{self._socket}"], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ToolError("buildx", "create", done.stderr.strip())


def builder_dir(checkout: Path) -> Path:
    """Return the folder of a checkout's own builder."""
    return state_dir(checkout) / "builder"


def _require_runc() -> Path:
    if os.geteuid() != 0:
        raise ToolError(
            "buildkitd",
            "start",
            "the private builder needs root",
            remedy="run as root, or name a builder of Docker's (`docker buildx ls`) in the stack file",
        )
    for name in RUNC:
        path = shutil.which(name)
        if path is not None:
            return Path(path)
    raise ToolError(
        "buildkitd",
        "start",
        "there is no runc on PATH",
        remedy="apt-get install runc, or name a builder of Docker's in the stack file",
    )


def _wait(daemon: Daemon, answers: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not answers():
        if daemon.pid() is None:
            raise ToolError(daemon.name, "start", "it ended at once", log=daemon.log)
        if time.monotonic() > end:
            raise ToolError(daemon.name, "start", f"no answer in {START_SECONDS:.0f} s", log=daemon.log)
        time.sleep(POLL_SECONDS)
