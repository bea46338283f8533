"""Pods of the platform in a development instance: folders, packages, user, and processes that start again."""

from __future__ import annotations

from dataclasses import replace

from openedx_infra.components.development.commands import developed_command
from openedx_infra.components.development.folders import moved_settings, platform_folders, sources
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import WHY
from openedx_infra.config.development.mounts import mounted
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.pod import Container, FixedSize, Pod
from openedx_infra.kubernetes.probes import NO_PROBES, Probes
from openedx_infra.settings import paths

REASON = "folders of the developer's machine are mounted (openedx:development)"
"""Why pods and their namespace need more than others."""
ADDED_SIZE = "256Mi"
"""Room for packages that are installed at start: a guess, as their code stays in the mounted folders."""
COPIES_SIZE = "1Gi"
"""Room for copies of the mounted packages while they are installed: a guess."""
_SIZE = FixedSize(cpu="50m", memory="128Mi", memory_limit="512Mi")
"""Of the installation: setuptools, once for each package (a guess)."""


def developed(pod: Pod, instance: Instance) -> Pod:
    """A pod of the platform with what the section `development` sets.

    Pods that end, such as Jobs, get folders, packages and user; what always runs gets its command as a
    developer wants it, too.
    """
    files, stack = instance.development, instance.stack
    assert files is not None and stack.development is not None
    container = _with_folders(pod.container, instance, files)
    if runs_always(container):
        variant = str(container.env["SERVICE_VARIANT"])
        host = stack.site.studio_host if variant == "cms" else stack.site.lms_host
        command = developed_command(stack, pod.component, list(container.command or ()), variant)
        container = replace(
            container,
            command=command,
            probes=_probes(container, host),
            drain_seconds=1,
            leaving=None,
            terminal=True,  # for breakpoint()
        )
        pod = replace(pod, grace_seconds=30)
    pod = replace(pod, container=container, before=[*pod.before, *_installation(container, instance, files)])
    if stack.development.mounts:
        pod = replace(pod, annotations={**pod.annotations, WHY: REASON})
    user = stack.development.user
    return replace(pod, user=user, group=pod.group or pod.user) if user else pod


def runs_always(container: Container) -> bool:
    """Whether a container is a server, a worker, beat or a consumer, rather than a Job or a duty."""
    command = list(container.command or ())
    return command[:1] in (["uwsgi"], ["celery"]) or "consume_events" in command


def _with_folders(container: Container, instance: Instance, files: Files) -> Container:
    stack = instance.stack
    env = {"PYTHONPATH": paths.DEVELOPMENT_DIR}
    mounts = list(container.mounts)
    if mounted(stack, "platform"):
        mounts = moved_settings(mounts)
        env["OPENEDX_DEVELOPMENT_SETTINGS"] = paths.DEVELOPMENT_SETTINGS_DIR
    mounts += platform_folders(stack)
    mounts.append(volumes.mounted("development", paths.DEVELOPMENT_DIR, [files]))
    if sources(stack):
        mounts.append(volumes.scratch("added", paths.ADDED_PACKAGES_DIR, ADDED_SIZE))
    return replace(container, mounts=mounts, env={**container.env, **env})


def _installation(container: Container, instance: Instance, files: Files) -> list[Container]:
    """What installs mounted packages, and compares requirements, before the pod's container starts."""
    stack = instance.stack
    seen = sources(stack)
    if not seen:
        return []
    packages = [each.mount for each in mounted(stack, "package")]
    platform = [each.mount for each in mounted(stack, "platform")][:1] or [""]
    script = f"{paths.DEVELOPMENT_DIR}/install_packages.py"
    scratch = [each for each in container.mounts if each.path == "/tmp"]
    mounts = [
        *seen,
        *scratch,
        volumes.mounted("development", paths.DEVELOPMENT_DIR, [files]),
        volumes.scratch("added", paths.ADDED_PACKAGES_DIR, ADDED_SIZE),
        volumes.scratch("copies", paths.MOUNTED_PACKAGES_DIR, COPIES_SIZE),
    ]
    return [
        Container(
            name="packages",
            image=container.image,
            size=_SIZE,
            command=["python", script, *platform, *packages],
            env={"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
            mounts=mounts,
            disk_limit="3Gi",
        )
    ]


def _probes(container: Container, host: str) -> Probes:
    """A server is ready when it answers, and keeps its visitors for half a minute while it starts again.

    Nothing is killed for not answering within an hour: it may stand at a breakpoint, or have an error in a
    file, and starts again after the next change.
    """
    if container.port is None:
        return NO_PROBES
    return Probes(
        readiness=probes.http("/heartbeat", container.port, host=host, every=2, failures=15),
        liveness=probes.tcp(container.port, every=60, failures=60),
    )
