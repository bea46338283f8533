"""What processes of a development instance run: Django's server, solo workers, the supervisor, a debugger."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_infra.components.development.folders import watched
from openedx_infra.config import Stack
from openedx_infra.settings import paths

_PYTHON = "python"


def developed_command(stack: Stack, component: str, command: Sequence[str], variant: str) -> list[str]:
    """The command of a process that always runs, as a developer wants it.

    `component` is the label of its pod, `variant` the platform's name of its site.
    """
    section = stack.development
    assert section is not None
    plain = _served(stack, variant) if command[0] == "uwsgi" else _alone(list(command), stack)
    if _process(component) in section.debugger.processes:
        return _debugged(stack, plain)
    folders = watched(stack)
    if not section.reload or not folders:
        return plain
    return [_PYTHON, f"{paths.DEVELOPMENT_DIR}/supervise.py", folders, *plain]


def _served(stack: Stack, variant: str) -> list[str]:
    """Django's own server. It leaves reloading to the supervisor, which looks at mounted files alone."""
    address = f"{stack.cluster.any_address}:8000"
    return [_PYTHON, "manage.py", variant, "runserver", "--noreload", "--skip-checks", address]


def _alone(command: list[str], stack: Stack) -> list[str]:
    """A worker as one process, with beat in that of the LMS, where the section sets so."""
    section = stack.development
    assert section is not None
    if "worker" not in command[:3] or not section.one_process:
        return command
    rest = [each for each in command if not each.startswith(("--concurrency", "--max-tasks-per-child"))]
    beat = ["--beat", "--schedule=/tmp/celerybeat-schedule"] if "--app=lms.celery" in command else []
    return [*rest, "--pool=solo", *beat]


def _debugged(stack: Stack, command: Sequence[str]) -> list[str]:
    """The command under debugpy, which listens for an editor and keeps its process: it doesn't reload."""
    section = stack.development
    assert section is not None
    wait = ["--wait-for-client"] if section.debugger.wait else []
    program = list(command[1:]) if command[0] == _PYTHON else ["-m", *command]
    listen = ["--listen", f"{stack.cluster.any_address}:{section.debugger.port}"]
    return [_PYTHON, "-Xfrozen_modules=off", "-m", "debugpy", *listen, *wait, *program]


def _process(component: str) -> str:
    """The process of the section's debugger that a pod is: `lms-worker` of `lms-worker-default`."""
    site, _, rest = component.partition("-")
    return f"{site}-worker" if rest.startswith("worker-") else component
