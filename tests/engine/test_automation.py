"""The public Python interface brings up several instances at once, by its example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from checkouts import ORIGIN, Checkout
from instances import FirstUp, Instance

pytestmark = pytest.mark.engine

EXAMPLE = ORIGIN / "docs/examples/automation/sites.py"
MOST_MEGABYTES = 1000
"""Of the largest process of one instance, of which there are as many as run at once. Measured: 233."""


def brought_up(checkout: Checkout, folder: Path, *names: str, at_once: int) -> list[dict[str, Any]]:
    """What the example says of sites of these names."""
    requests = [{"name": name, "lms_host": f"{name}.example.org", "protect": False} for name in names]
    (folder / "requests.json").write_text(json.dumps(requests))
    words = (str(EXAMPLE), str(folder / "requests.json"), str(folder), "--at-once", str(at_once))
    said = checkout.run("python", *words)
    assert said.code == 0, said.text
    found = json.loads(said.out)
    assert 0 < found["largest_process_mb"] < MOST_MEGABYTES
    sites: list[dict[str, Any]] = found["sites"]
    return sites


def demand_apart(first: Instance, folder: Path, sites: list[dict[str, Any]]) -> None:
    """Each has its own namespace, addresses and passwords, and the first instance is as it was."""
    assert len({site["namespace"] for site in sites}) == len(sites)
    passwords: set[str] = set()
    for site in sites:
        assert site["lms"] == f"http://{site['name']}.example.org"
        file = folder / f"Pulumi.{site['name']}.yaml"
        instance = Instance(
            checkout=first.checkout, name=site["name"], file=file, kubeconfig=first.kubeconfig
        )
        assert instance.unready() == []
        contents = {json.dumps(secret.data, sort_keys=True) for secret in instance.list("Secret")}
        assert contents and not contents & passwords, "a Secret of one is that of another"
        passwords |= contents
        instance.throw_away()
    assert first.unready() == []


def test_two_at_once_share_nothing(first_up: FirstUp, tmp_path: Path) -> None:
    sites = brought_up(first_up.instance.checkout, tmp_path, "north", "south", at_once=2)
    assert [site["name"] for site in sites] == ["north", "south"]
    assert all(site["resources"] > 100 for site in sites)
    demand_apart(first_up.instance, tmp_path, sites)


@pytest.mark.long
def test_ten_at_once_share_nothing(first_up: FirstUp, tmp_path: Path) -> None:
    names = [f"site-{number}" for number in range(10)]
    sites = brought_up(first_up.instance.checkout, tmp_path, *names, at_once=10)
    demand_apart(first_up.instance, tmp_path, sites)
