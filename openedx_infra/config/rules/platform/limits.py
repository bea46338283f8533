"""Limits of where a value of the stack file ends up: columns of the platform's tables, and disks of nodes."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.quantities import memory_bytes

SITE_DOMAIN = 100
"""Characters of `django_site.domain`, which set-up writes `lms_host` into (Django's model Site)."""
WAFFLE_NAME = 100
"""Characters of `waffle_flag.name` and `waffle_switch.name` (django-waffle's models)."""
LARGEST_BODY = 20 * 2**30
"""Bytes. A body is written to a pod's disk up to five times (`components/edx_platform/platform_pod.py`), and
no node is assumed to have more than 100 GiB for one pod (a guess)."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    host = stack.site.lms_host
    if len(host) > SITE_DOMAIN:
        text = (
            f"{host} has {len(host)} characters, and the platform's table of sites takes {SITE_DOMAIN}: "
            "choose a shorter name"
        )
        yield Conflict(("site", "lms_host"), text)
    yield from _waffle(stack)
    yield from _bodies(stack)


def _waffle(stack: Stack) -> Iterator[Conflict]:
    features = stack.features
    for key in ("waffle_flags", "waffle_switches"):
        for name in getattr(features, key):
            if len(name) > WAFFLE_NAME:
                text = (
                    f"has {len(name)} characters, and the platform's table takes {WAFFLE_NAME}: no code "
                    "knows a longer name"
                )
                yield Conflict(("features", key, name), text)


def _bodies(stack: Stack) -> Iterator[Conflict]:
    for key in ("lms", "studio"):
        body: str = getattr(stack.ingress.bodies, key)
        if memory_bytes(body) > LARGEST_BODY:
            text = (
                f"{body} would need five times as much disk on the node for each pod, as an upload is "
                "written, put together and unpacked there: write at most 20Gi"
            )
            yield Conflict(("ingress", "bodies", key), text)
