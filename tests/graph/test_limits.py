"""Names and labels that are made of keys stay within Kubernetes' limits, whatever the stack file may set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from samples import LEAST
from shape import Record, containers, find, template, templates

from openedx_infra.config import ConfigError, load
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.operations.offline.recording import Graph

LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
LONGEST = {"CronJob": 52, "Service": 63, "StatefulSet": 52, "Deployment": 63, "Namespace": 63}
"""Characters of names: pods and their labels are called after these objects, and get a suffix."""
AUTO = 8
"""Characters that Pulumi adds to a name, and Kubernetes to those of a Job's pods."""

NAME = "n" * 40
STACK = "s" * 63
EXTREME: dict[str, Any] = {
    "site": {"lms_host": f"{'l' * 63}.{'m' * 23}.example.org", "theme": "t" * 100},
    "cluster": {"namespace": "k" * 57},
    "duties": {"extra": {NAME: {"command": ["./x"], "schedule": "0 1 * * *", "secrets": ["s" * 31]}}},
    "sizing": {
        "lms_workers": {NAME: {"queues": ["default", "high", "high_mem"]}},
        "studio_workers": {NAME: {"queues": ["default", "high", "low"]}},
    },
    "event_bus": {
        "consumers": {
            NAME: {"topic": "t" * 127, "signal": "org.openedx.x.y.published.v1", "group": "g" * 127}
        }
    },
    "blue_green": {
        "green": {"release": "verawood", "openedx": "r.example.org/o:1", "mfe": "r.example.org/m:1"}
    },
    "images": {"registries": {"r" * 31: {"host": "registry.example.org", "username": "u"}}},
    "features": {"waffle_flags": {"f" * 100: True}},
}
"""The longest that each key takes which becomes part of a name or a label."""


@pytest.fixture(scope="module")
def extreme(recorded: Record) -> Graph:
    return recorded(EXTREME, name=STACK)


def test_names_are_within_kubernetes_limits(extreme: Graph) -> None:
    for each in extreme.objects():
        name, kind = each["metadata"].get("name", ""), each["kind"]
        auto = AUTO if kind == "Job" else 0
        assert SUBDOMAIN.fullmatch(name), f"{kind} {name}"
        assert len(name) + auto <= LONGEST.get(kind, 253), f"{kind} {name}: {len(name)} characters"
        if kind in ("Service", "Namespace"):
            assert DNS_LABEL.fullmatch(name), f"{kind} {name}"


def test_labels_are_values_of_labels(extreme: Graph) -> None:
    for each in extreme.objects():
        for labels in _labels(each):
            for key, value in labels.items():
                assert LABEL_VALUE.fullmatch(value), (
                    f"{each['kind']} {each['metadata']['name']}: {key}={value}"
                )


def test_containers_and_volumes_have_names(extreme: Graph) -> None:
    for resource, container in containers(extreme):
        assert DNS_LABEL.fullmatch(container["name"]), resource.name
    for resource, pod in templates(extreme):
        assert all(DNS_LABEL.fullmatch(volume["name"]) for volume in pod["spec"]["volumes"]), resource.name


@pytest.mark.parametrize("name", ["s" * 64, "campus.", "_campus", "-x"])
def test_a_stack_whose_name_is_no_label_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="the stack's name: "):
        load(name, LEAST)


@pytest.mark.parametrize("body", ["16Mi", "250Mi", "1Gi", "8Gi", "20Gi"])
def test_what_may_be_uploaded_fits_onto_the_scratch_folders(recorded: Record, body: str) -> None:
    """Twice in /tmp, by uWSGI and Django; three times where it is put together and unpacked."""
    graph = recorded({**LEAST, "ingress": {"bodies": {"studio": body}}})
    for kind, name in (("Deployment", "studio"), ("Deployment", "studio-worker-default")):
        pod = template(graph, find(graph, kind, name))["spec"]
        sizes = {
            volume["name"]: memory_bytes(volume["emptyDir"]["sizeLimit"])
            for volume in pod["volumes"]
            if "emptyDir" in volume
        }
        assert sizes["tmp"] >= 2 * memory_bytes(body) and sizes["data"] >= 3 * memory_bytes(body)
        limit = pod["containers"][0]["resources"]["limits"]["ephemeral-storage"]
        assert memory_bytes(limit) >= sizes["tmp"] + sizes["data"]


def _labels(value: Any) -> Iterator[dict[str, str]]:
    """All maps of labels in an object: its own, of its pods, and of selectors."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("labels", "matchLabels") and isinstance(inner, dict):
                yield inner
            yield from _labels(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _labels(inner)
