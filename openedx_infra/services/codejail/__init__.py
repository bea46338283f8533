"""Codejail: runs the Python of problems, confined, in pods that reach nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field

from openedx_infra.config.types.base import KubernetesName
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Memory, memory_bytes
from openedx_infra.services.companion import (
    CompanionService,
    ConfigFile,
    Parts,
    PlatformSettings,
    Process,
    Served,
    ServiceSection,
    Stack,
    django_env,
)

PORT = 8550
USER = 815_206_411
"""Numeric user of its pods. The kernel counts the processes of a user on the whole node, whatever the pod: so
it is a number, made by chance, that nobody else has."""
CONFIG = "/openedx/config"
SANDBOX = "/openedx/sandbox"
"""Folder of the program that codejail finds when it looks for sudo."""
PYTHON = "/sandbox/venv/bin/python"
"""Interpreter of the problems in the image, as upstream's documentation names it."""
PROCESSES = 64
"""Processes and threads of all executions on a node, and of the service itself (a guess). Upstream's 15 are
for a user of which the service isn't one."""
FILE_SIZE = 10 * 2**20
"""Largest file that a problem may write, in bytes, as eduNEXT's plugin for Tutor has it."""

ApparmorProfile = Annotated[
    str,
    Pattern(
        "name of an AppArmor profile",
        r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,252}",
        "at most 253 letters, digits, dots, underscores, hyphens and slashes, as `aa-status` prints it",
        "openedx-codejail",
    ),
]
"""Name of a profile as the nodes' kernels know it."""


class Codejail(ServiceSection):
    """Codejail, which runs the Python of problems. It has no secrets, and its pods connect to nothing. Nodes
    need Landlock (Linux 5.13 and later)."""

    web: Served = Served(cpu="100m", cpu_limit="2", memory="256Mi", memory_limit="1Gi")
    """Size of its pods (a guess: two executions at a time, each below `execution_memory`)."""
    execution_seconds: Annotated[int, Field(strict=True, ge=1, le=20)] = 3
    """Seconds that an execution may take, of the clock and of CPU. The learner waits for it."""
    execution_memory: Memory = "512Mi"
    """Address space of each process of an execution. matplotlib alone needs 300 MiB."""
    runtime_class: KubernetesName | None = None
    """RuntimeClass of the cluster, such as `kata`, that puts one more wall between its pods and the nodes.
    Its kernel needs Landlock, too, which gVisor's hasn't. None: the nodes' usual runtime."""
    apparmor_profile: ApparmorProfile | None = None
    """AppArmor profile, loaded on all nodes that its pods may come to, that confines them in place of the
    container runtime's own. Nodes without AppArmor refuse such pods. None: the runtime's own, where there is
    one."""


def _platform(_stack: Stack, codejail: Codejail) -> PlatformSettings:
    return PlatformSettings(
        common={
            "ENABLE_CODEJAIL_REST_SERVICE": True,
            "CODE_JAIL_REST_SERVICE_HOST": f"http://codejail:{PORT}",
            # What is over time is stopped within a quarter of a second, and answered.
            "CODE_JAIL_REST_SERVICE_READ_TIMEOUT": codejail.execution_seconds + 1.5,
        }
    )


def _parts(stack: Stack, codejail: Codejail) -> Parts:
    web = Process(
        command=[
            *(
                "gunicorn",
                "codejail_service.wsgi:application",
                "--bind",
                f"{stack.cluster.any_address}:{PORT}",
                "--preload",
            ),
            *("--workers", "2", "--worker-tmp-dir", "/tmp", "--max-requests", "1000"),
        ],
        size=codejail.web,
        replicas=codejail.web.replicas,
        port=PORT,
        health="/health/",
        for_platform=True,
    )
    return Parts(
        processes=[web],
        files=[
            ConfigFile(path=f"{CONFIG}/openedx_infra_codejail.py", text=module(codejail)),
            ConfigFile(path=f"{SANDBOX}/sudo", text=sandbox_program(), executable=True),
        ],
        scratch={"/tmp": "512Mi"},
        env={
            **django_env("openedx_infra_codejail", CONFIG),
            # It makes sure at its start that it reaches nobody, and has no name server to wait for.
            "RES_OPTIONS": "timeout:1 attempts:1",
        },
        user=USER,
        runtime_class=codejail.runtime_class,
        apparmor_profile=codejail.apparmor_profile,
        closed=True,
    )


def sandbox_program() -> str:
    """The program that codejail starts for sudo."""
    return Path(__file__).with_name("sandbox.py").read_text(encoding="utf-8")


def module(codejail: Codejail) -> str:
    """Its settings as a Python module over its own defaults."""
    limits = {
        "CPU": codejail.execution_seconds,
        "REALTIME": codejail.execution_seconds,
        "VMEM": memory_bytes(codejail.execution_memory),
        "FSIZE": FILE_SIZE,
        "NPROC": PROCESSES,
        "PROXY": 0,
    }
    return f'''\
"""Codejail's own settings, and those of the instance over them."""

import os

from codejail_service.settings.production import *

ALLOWED_HOSTS = ["*"]
CODEJAIL_ENABLED = True
CODE_JAIL = {json.dumps({"python_bin": PYTHON, "user": "sandbox", "limits": limits}, indent=4)}

# codejail starts `sudo` without an environment, and cleans up with its own: it looks for it here, and there.
os.defpath = "{SANDBOX}:" + os.defpath
os.environ["PATH"] = "{SANDBOX}:" + os.environ.get("PATH", "/usr/bin:/bin")
'''


SERVICE = CompanionService(
    name="codejail",
    title="Codejail",
    summary="problems whose answers Python draws or judges",
    interface=1,
    section=Codejail,
    images={
        "verawood": "docker.io/ednxops/codejailservice:22.0.0",
        "ulmo": "docker.io/ednxops/codejailservice:21.0.1-v2",
    },
    stands_for=["ENABLE_CODEJAIL_REST_SERVICE"],
    platform=_platform,
    parts=_parts,
)
"""Codejail."""
