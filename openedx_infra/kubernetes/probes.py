"""Startup, readiness and liveness probes of containers."""

from __future__ import annotations

from dataclasses import dataclass

from openedx_infra.kubernetes.models import (
    ExecActionArgs,
    HTTPGetActionArgs,
    HTTPHeaderArgs,
    ProbeArgs,
    TCPSocketActionArgs,
)


@dataclass(frozen=True, kw_only=True)
class Probes:
    """The probes of one container; None where there is none."""

    startup: ProbeArgs | None = None
    """Until it succeeds the others wait, and when it gives up the container is restarted."""
    readiness: ProbeArgs | None = None
    """While it fails the pod gets no requests."""
    liveness: ProbeArgs | None = None
    """When it fails the container is restarted: never let it depend on another server."""


NO_PROBES = Probes()
"""For what ends by itself, or can't be asked at a sensible price."""


def http(
    path: str, port: int, *, host: str | None = None, every: int = 10, failures: int = 3, timeout: int = 5
) -> ProbeArgs:
    """Succeeds on an answer of status 200 to 399.

    `host` is the Host header; seconds `every` and `timeout`.
    """
    headers = [HTTPHeaderArgs(name="Host", value=host)] if host else None
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=path, port=port, http_headers=headers),
        period_seconds=every,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )


def tcp(port: int, *, every: int = 10, failures: int = 3, timeout: int = 3) -> ProbeArgs:
    """Succeeds when the port takes a connection, whatever the server behind it is waiting for."""
    return ProbeArgs(
        tcp_socket=TCPSocketActionArgs(port=port),
        period_seconds=every,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )


def command(*words: str, every: int = 30, failures: int = 3, timeout: int = 10) -> ProbeArgs:
    """Succeeds when a command in the container does. Its process counts against the container's limits."""
    return ProbeArgs(
        exec_=ExecActionArgs(command=list(words)),
        period_seconds=every,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )


def fresh(path: str, minutes: int) -> ProbeArgs:
    """Succeeds when a file was changed within so many minutes.

    Without a shell: `find` fails when the command fails that it runs on an older file, or when there is none.
    """
    words = ("find", path, "-mmin", f"+{minutes}", "-exec", "false", "{}", "+")
    return command(*words, every=30, failures=2)


def server(port: int, *, start_seconds: int = 300) -> Probes:
    """Probes of a server that listens as soon as it can serve: ready by TCP, restarted when it no longer
    accepts."""
    return Probes(
        startup=tcp(port, every=5, failures=max(1, start_seconds // 5)),
        readiness=tcp(port, every=10),
        liveness=tcp(port, every=20, failures=6),
    )


def seconds_of(probe: ProbeArgs) -> int:
    """How long a probe goes on asking before it gives up. Raises ValueError for one that this file did not
    make."""
    every, failures = probe.period_seconds, probe.failure_threshold
    if not isinstance(every, int) or not isinstance(failures, int):
        raise ValueError(f"the probe sets neither or one of periodSeconds and failureThreshold: {probe}")
    return every * failures
