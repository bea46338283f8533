"""The configuration of k3s' own Traefik: whether somebody else has written it already."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack

KIND = "HelmChartConfig"
INSTANCE = "app.kubernetes.io/instance"


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """One for an object of the same name that isn't the stack's: there can be one for a chart, and what it
    sets would be lost."""
    for each in objects:
        if each["kind"] != KIND:
            continue
        for there in facts.chart_configs or ():
            if _place(there) == _place(each) and _owner(there) != _owner(each):
                yield Lack(
                    key="openedx:cluster.k3s_traefik",
                    found=f"HelmChartConfig {'/'.join(_place(there))} exists already, written by "
                    f"{_owner(there) or 'somebody else'}",
                    remedy="Merge the values that docs/network.md names into it, and leave the key out",
                )


def _place(item: Item) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _owner(item: Item) -> str:
    owner: str = (item["metadata"].get("labels") or {}).get(INSTANCE, "")
    return owner
