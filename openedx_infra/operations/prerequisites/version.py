"""The versions of Kubernetes that an instance runs on."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.operations.prerequisites.facts import Facts
from openedx_infra.operations.prerequisites.lack import Lack

OLDEST = (1, 30)
"""Web pods sleep before they stop (lifecycle.preStop.sleep), which older API servers refuse."""
NEWEST = (1, 35)
"""The newest version that this program is tested with: that of the embedded cluster."""


def problems(facts: Facts) -> Iterator[Lack]:
    """A cluster that is too old, and a note on one that is newer than the tests."""
    if facts.version is None or OLDEST <= facts.version <= NEWEST:
        return
    found = f"the cluster runs {_text(facts.version)}"
    if facts.version < OLDEST:
        yield Lack(
            key="Kubernetes",
            found=f"{found}, and the oldest that works is {_text(OLDEST)}",
            remedy="Upgrade the cluster",
        )
    else:
        yield Lack(
            key="Kubernetes",
            found=f"{found}, and the newest that was tested is {_text(NEWEST)}",
            remedy="It most likely works",
            fatal=False,
        )


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
